// Pages of an attacker, with scripts: they must change nothing and read nothing.
import { createServer } from "node:http";
import { check, logIn, site } from "./check.mjs";

const form = (action, fields) => `<form method=post action="${action}">${Object.entries(fields).map(([k, v]) => `<input name="${k}" value="${v}">`).join("")}</form><script>document.forms[0].submit()</script>`;

const evil = {
  "/csrf": form(`${site}/me/test`, { token: "0".repeat(64) }),
  "/csrf-http": form("http://nas.home.arpa/me/test", {}),
  "/login": form(`${site}/log-in`, { user: "mail", password: "mail-and-more", token: "0".repeat(64) }),
  "/frame": `<iframe src="${site}/me" width=800 height=600></iframe>`,
  "/read": "<title>wait</title><script>fetch('https://nas.home.arpa/me',{credentials:'include'}).then(r=>r.text()).then(t=>document.title='read '+t.length,e=>document.title='blocked')</script>",
};

export async function attacks(browser) {
  const server = createServer((request, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end(evil[request.url] || "nothing");
  });
  await new Promise((resolve) => server.listen(8080, resolve));
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  await logIn(page, "mail", "mail-and-more");
  // The same host on another port is same-site: its forms bring the cookie along.
  const sameSite = createServer((request, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end(evil["/csrf"]);
  });
  await new Promise((resolve) => sameSite.listen(8081, resolve));
  for (const address of ["http://evil.test:8080/csrf", "http://evil.test:8080/csrf-http", "http://evil.test:8080/login", "http://nas.home.arpa:8081/"]) {
    const attacked = await context.newPage();
    const answered = attacked.waitForResponse((r) => r.request().method() === "POST");
    attacked.goto(address).catch(() => {}); // the form leaves the page at once
    const status = (await answered).status();
    check(`a form of ${address} is refused`, status === 403, status);
    await attacked.close();
  }
  await page.goto("http://evil.test:8080/frame");
  const frame = page.frames().find((f) => f !== page.mainFrame());
  check("a frame stays empty", !(await frame.content()).includes("Your mail"));
  await page.goto("http://evil.test:8080/read");
  await page.waitForFunction("document.title !== 'wait'");
  check("another site reads nothing", (await page.title()) === "blocked");
  const rebound = await page.goto("http://rebound.test/");
  check("a name that was rebound gets 421 and no data", rebound.status() === 421 && !(await page.content()).includes("nas.home.arpa"));
  const secured = await page.goto("https://rebound.test/me");
  check("by HTTPS as well", secured.status() === 421);
  await page.goto(`${site}/me`);
  check("nothing was changed", (await page.textContent("main")).includes("0 messages,"));
  for (const cookie of await context.cookies(site)) {
    check(`the flags of ${cookie.name}`, cookie.secure && cookie.httpOnly && cookie.sameSite === "Strict" && cookie.path === "/");
  }
  await context.close();
  server.close();
  sameSite.close();
}
