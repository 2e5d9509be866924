// What the checks have in common.
export function check(what, holds, detail) {
  if (!holds) {
    throw new Error(`FAIL ${what}${detail === undefined ? "" : `: ${detail}`}`);
  }
  console.log(`ok   ${what}`);
}

export async function wait(what, holds) {
  for (let i = 0; i < 200; i++) {
    if (await holds()) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`FAIL ${what}: not within 10 s`);
}

export const site = "https://nas.home.arpa";

export async function logIn(page, user, password, at = site) {
  await page.goto(`${at}/log-in`);
  await page.fill("#user", user);
  await page.fill("#password", password);
  await page.click("main button");
}
