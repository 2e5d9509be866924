// screenshots.mjs DIR SHOTS: starts the server, gives it a family and some mail, and writes the
// pictures of README to SHOTS, each at most 60 KB. PNG files of these and of narrow pages are left in
// DIR for those who look at them.
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { connect as plain } from "node:net";
import { connect as secured } from "node:tls";
import { chromium } from "playwright-core";
import { check, logIn, site, wait } from "./check.mjs";

const [dir, shots] = process.argv.slice(2);
const most = 60 * 1024;
writeFileSync(`${dir}/box.toml`, `
hostname = "nas.home.arpa"
state = "${dir}/state"
mdns = "off"
[spool]
volatile = true
capacity = "256MiB"
`);
const box = spawn(`${dir}/pillarbox`, ["serve", "-config", `${dir}/box.toml`], { stdio: ["ignore", "ignore", "pipe"] });
process.on("exit", () => box.kill("SIGKILL"));
let log = "";
box.stderr.on("data", (text) => { log += text; });

// talk sends lines, each after an answer, and resolves when the server closes the connection.
function talk(socket, lines) {
  return new Promise((resolve, reject) => {
    const left = [...lines];
    socket.setEncoding("utf8");
    socket.on("error", reject);
    socket.on("close", resolve);
    socket.on("data", () => left.length > 0 && socket.write(`${left.shift()}\r\n`));
  });
}

const deliver = (to, subject, octets) => talk(plain(25, "127.0.0.1"), ["EHLO printer.lan", "MAIL FROM:<printer@home.arpa>",
  `RCPT TO:<${to}@home.arpa>`, "DATA", `Subject: ${subject}\r\n\r\n${"page 1\r\n".repeat(octets / 8)}.`, "QUIT"]);
const fetch = (user, password, at) => talk(secured({ port: 995, host: at, localAddress: at, rejectUnauthorized: false }),
  [`USER ${user}`, `PASS ${password}`, "QUIT"]);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  args: ["--no-sandbox", "--host-resolver-rules=MAP nas.home.arpa 192.168.7.2, MAP nas.local 192.168.7.2"],
});

// picture writes what a page shows to SHOTS/NAME.webp and DIR/NAME.png.
async function picture(page, name) {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 80 });
  const octets = Buffer.from(data, "base64");
  check(`${name}.webp has ${octets.length} octets`, octets.length <= most);
  writeFileSync(`${shots}/${name}.webp`, octets);
  await page.screenshot({ path: `${dir}/${name}.png` });
}

try {
  await wait("the server is ready", () => log.includes(" ready "));
  const password = /^.*Password\s+(\S+)/m.exec(readFileSync(`${dir}/state/first-login`, "utf8"))[1];
  const context = await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: false, viewport: { width: 720, height: 620 } });
  const page = await context.newPage();
  await page.goto("http://nas.local/");
  await picture(page, "set-up");
  await logIn(page, "mail", password);
  for (const [name, from, messages] of [["anna", "192.168.7.21", 12], ["ben", "192.168.7.30", 3]]) {
    await page.goto(`${site}/people`);
    await page.fill("#name", name);
    await page.click('button:text-is("Add")');
    const made = (await page.textContent("dd.print")).trim();
    for (let i = 0; i < messages; i++) {
      await deliver(name, `scan ${i + 1}`, 4096 * (i + 1));
    }
    await fetch(name, made, from);
  }
  await page.goto(`${site}/status`);
  await picture(page, "status");
  const phone = await browser.newContext({ colorScheme: "dark", javaScriptEnabled: false, viewport: { width: 360, height: 640 }, deviceScaleFactor: 1 });
  const small = await phone.newPage();
  await small.goto("http://nas.local/set-up/thunderbird");
  await small.screenshot({ path: `${dir}/phone.png` });
  const narrow = await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: false, viewport: { width: 320, height: 700 } });
  const page320 = await narrow.newPage();
  await logIn(page320, "mail", password);
  for (const path of ["status", "system", "people", "me"]) {
    await page320.goto(`${site}/${path}`);
    await page320.screenshot({ path: `${dir}/320-${path}.png`, fullPage: true });
  }
} finally {
  await browser.close();
  if (box.exitCode === null) {
    box.kill("SIGTERM");
    await new Promise((resolve) => box.once("exit", resolve));
  }
}
