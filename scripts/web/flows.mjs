// The main flows, with scripts switched off in the browser.
import { check, logIn, site } from "./check.mjs";

export const anna = { name: "anna", password: "a-long-secret" };

export async function flows(browser, shots, password, server) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: false });
  const page = await context.newPage();
  for (const address of ["http://nas.home.arpa/", "http://127.0.0.1/", "http://[::1]:1080/", "https://[::1]/", "https://127.0.0.1:1443/", "http://nas.local/"]) {
    const answer = await page.goto(address);
    check(`${address} shows the set-up`, answer.status() === 200 && (await page.textContent("h1")) === "Set up mail");
  }
  await page.goto("http://nas.home.arpa/log-in");
  check("HTTP has no form for a password", (await page.locator("input").count()) === 0);
  await page.click("text=Go to the log-in");
  check("HTTP leads to HTTPS", page.url() === `${site}/log-in`);

  await logIn(page, "mail", "wrong-password");
  check("a wrong password is refused in words", (await page.textContent("[role=alert]")).includes("is wrong"));
  await logIn(page, "mail", password);
  check("the printed password opens it", page.url() === `${site}/me`);

  await page.click("nav >> text=People");
  await page.fill("#name", "anna");
  await page.click('button:text-is("Add")');
  const made = await page.textContent("dd.print");
  check("a person is added, and the sheet has the password", /^[a-z2-9]{4}(-[a-z2-9]{4}){3}$/.test(made.trim()), made);
  check("the sheet has codes", (await page.locator("svg.qr").count()) === 2);
  await page.pdf({ path: `${shots}/sheet.pdf` });
  await page.screenshot({ path: `${shots}/sheet.png`, fullPage: true });
  await page.goto(`${site}/people`);
  check("the password is nowhere else", !(await page.content()).includes(made.trim()));

  const before = server.files();
  for (const path of ["/", "/me", "/people", "/people/anna", "/status", "/system", "/set-up/apple"]) {
    const answer = await page.goto(site + path);
    check(`${path} opens`, answer.status() === 200);
  }
  check("a page view writes nothing", server.files() === before);

  const other = await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: false });
  const hers = await other.newPage();
  await logIn(hers, "anna", made.trim());
  check("the person logs in", hers.url() === `${site}/me`);
  check("who is no administrator sees no people", (await hers.locator("nav >> text=People").count()) === 0 && (await hers.goto(`${site}/people`)).status() === 403);
  await hers.goto(`${site}/me`);
  await hers.click("text=Send me a test message");
  check("a test message arrives", (await hers.textContent("[role=status]")).includes("test message") && (await hers.textContent("main")).includes("1 message,"));
  await hers.fill("#old", made.trim());
  await hers.fill("#new", anna.password);
  await hers.click('button:text-is("Change the password")');
  check("after a change of the password one logs in again", hers.url().startsWith(`${site}/log-in`));
  await logIn(hers, "anna", made.trim());
  check("the old password is refused", (await hers.locator("[role=alert]").count()) === 1);
  await logIn(hers, "anna", anna.password);
  check("the new one is taken", hers.url() === `${site}/me`);

  await page.goto(`${site}/people/anna`);
  await page.fill("#confirm", "ben");
  await page.click("text=Remove the account");
  check("a removal needs the name", (await page.textContent("[role=alert]")).includes("Nothing was removed"));
  await page.fill("#confirm", "anna");
  await page.click("text=Remove the account");
  check("the person is removed", page.url().startsWith(`${site}/people`) && !(await page.textContent("table")).includes("anna"));
  await hers.goto(`${site}/me`);
  check("the removal ends the sessions", hers.url() === `${site}/log-in`);
  check("the log has who, from where, what", server.log().includes("changed on the page: account removed remote=127.0.0.1 user=mail account=anna"));
  check("the log has no password", !server.log().includes(made.trim()) && !server.log().includes(anna.password));

  await page.goto(`${site}/me`);
  await page.fill("#old", password);
  await page.fill("#new", "mail-and-more");
  await page.click('button:text-is("Change the password")');
  await logIn(page, "mail", "mail-and-more");
  check("the first account has a password of its own", page.url() === `${site}/me`);
  await page.click("text=Log out mail");
  check("log-out", page.url().startsWith(`${site}/log-in`) && (await page.goto(`${site}/status`)).url() === `${site}/log-in`);
  await context.close();
  await other.close();
}
