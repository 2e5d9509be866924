// main.mjs DIR SHOTS: starts the server and runs all checks. The first failure ends it.
import { spawn, execFileSync } from "node:child_process";
import { readFileSync, writeFileSync, existsSync, rmSync } from "node:fs";
import { chromium } from "playwright-core";
import { check, wait } from "./check.mjs";
import { flows } from "./flows.mjs";
import { attacks } from "./attacks.mjs";
import { access } from "./access.mjs";

const [dir, shots] = process.argv.slice(2);
writeFileSync(`${dir}/box.toml`, `
hostname = "nas.home.arpa"
state = "${dir}/state"
mdns = "off"
[web]
listen = [":80", ":1080"]
listen_tls = [":443", ":1443"]
[spool]
volatile = true
capacity = "128MiB"
`);
const box = spawn(`${dir}/pillarbox`, ["serve", "-config", `${dir}/box.toml`], { stdio: ["ignore", "ignore", "pipe"] });
process.on("exit", () => box.kill("SIGKILL")); // after a failure as well
let log = "";
box.stderr.on("data", (text) => { log += text; });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  args: ["--no-sandbox", "--host-resolver-rules=MAP nas.home.arpa 127.0.0.1, MAP nas.local 127.0.0.1, MAP evil.test 127.0.0.1, MAP rebound.test 127.0.0.1"],
});
try {
  await wait("the server is ready", () => log.includes("ready") && log.includes("web.listen_tls"));
  const password = /^.*Password\s+(\S+)/m.exec(readFileSync(`${dir}/state/first-login`, "utf8"))[1];
  const files = () => execFileSync("find", [`${dir}/state`, "-newermt", "2000-01-01", "-printf", "%p %T@ %s\n"], { encoding: "utf8" });
  await flows(browser, shots, password, { files, log: () => log });
  await attacks(browser);
  await access(browser, shots);
  for (const path of ["/", "/set-up/thunderbird", "/log-in"]) {
    const text = execFileSync("w3m", ["-dump", "-cols", "80", `http://127.0.0.1${path}`], { encoding: "utf8" });
    check(`w3m reads ${path} in order`, text.indexOf("Set up") >= 0 && text.indexOf("Set up") < text.search(/Which device|Existing Mail|User name/));
  }
  check("no page failed", !log.includes("a page failed"));
  console.log("all checks passed");
} catch (fault) {
  console.log(log.split("\n").slice(-20).join("\n"));
  throw fault;
} finally {
  await browser.close();
  if (box.exitCode === null) {
    box.kill("SIGTERM");
    await new Promise((resolve) => box.once("exit", resolve));
  }
}
