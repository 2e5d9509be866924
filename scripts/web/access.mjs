// Accessibility, weight and pictures of each page.
import { createRequire } from "node:module";
import { check, logIn, site } from "./check.mjs";

const axe = createRequire(import.meta.url)("axe-core");
const paths = ["/", "/set-up/thunderbird", "/set-up/outlook", "/set-up/apple", "/set-up/android", "/set-up/printer", "/set-up/other",
  "/log-in", "/me", "/people", "/people/mail", "/status", "/system", "/no-such-page"];

export async function access(browser, shots) {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [320, 1280]) {
      const context = await browser.newContext({ ignoreHTTPSErrors: true, colorScheme, viewport: { width, height: 800 } });
      const page = await context.newPage();
      await logIn(page, "mail", "mail-and-more");
      for (const path of paths) {
        await onePage(page, path, `${colorScheme}-${width}`, shots);
      }
      await context.close();
    }
  }
  await keyboard(browser);
}

async function onePage(page, path, kind, shots) {
  await page.waitForLoadState("networkidle"); // what the page before has loaded does not count
  const asked = [];
  const bodies = [];
  const note = (response) => {
    asked.push(response.url());
    bodies.push(response.body());
  };
  page.on("response", note);
  await page.goto(site + path, { waitUntil: "networkidle" });
  page.off("response", note);
  const weight = (await Promise.all(bodies)).reduce((sum, body) => sum + body.length, 0);
  const others = asked.filter((url) => !url.startsWith(site));
  check(`${kind} ${path}: ${asked.length} requests, ${weight} octets`, asked.length <= 2 && others.length === 0 && weight <= 12288, asked);
  const wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
  check(`${kind} ${path} needs no scrolling to the side`, wide <= 0, wide);
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})");
  check(`${kind} ${path}: axe`, violations.length === 0, JSON.stringify(violations.map((v) => [v.id, v.nodes.map((n) => n.html)])));
  await page.screenshot({ path: `${shots}/${kind}${path.replaceAll("/", "_")}.png`, fullPage: true });
}

// keyboard logs in and sends a test message without a pointer.
async function keyboard(browser) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  await page.goto(`${site}/log-in`);
  const focused = () => page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()");
  const tabTo = async (what) => {
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press("Tab");
      if ((await focused()) === what) {
        return;
      }
    }
    throw new Error(`FAIL the keyboard does not reach ${what}`);
  };
  await tabTo("Skip to the content");
  await tabTo("user");
  await page.keyboard.type("mail");
  await tabTo("password");
  await page.keyboard.type("mail-and-more");
  await page.keyboard.press("Enter");
  await page.waitForURL(`${site}/me`);
  await tabTo("Send me a test message");
  await page.keyboard.press("Enter");
  await page.waitForURL(`${site}/me?done=sent`);
  check("the keyboard alone is enough", (await page.textContent("[role=status]")).includes("test message"));
  await context.close();
}
