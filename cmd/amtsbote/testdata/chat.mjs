// A person with a real browser at the real daemon: a file is summed up, the summary
// saved as a file, a letter gets a draft, the conversation is deleted. web_test.go starts it; it ends with
// code 0 or says what failed.
import { createRequire } from "node:module";
import { strict as assert } from "node:assert";
import { join } from "node:path";

const { URL_, NODE, NOTICE, LETTER, OUT, SHOT } = process.env;
const { chromium } = createRequire(join(NODE, "package.json"))("playwright-core");
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
try {
  const context = await browser.newContext({ locale: "de-DE", viewport: { width: 1180, height: 1720 }, timezoneId: "Europe/Berlin" });
  context.setDefaultTimeout(60000);
  const page = await context.newPage();
  await page.goto(URL_);

  const send = async (text, files) => {
    const before = await page.locator(".reply").count();
    if (files) await page.setInputFiles('input[type="file"]', files);
    await page.fill("#box", text);
    await page.press("#box", "Enter");
    const reply = page.locator(".reply").nth(before);
    await reply.waitFor();
    return reply;
  };

  const summary = await send("Fass das in drei Punkten zusammen.", [NOTICE]);
  const text = await summary.innerText();
  assert.match(text, /20,50 €/);
  assert.match(text, /Ohne Sprachmodell/);

  for (const wish of ["Als Word-Datei bitte", "und als ODT und PDF?"]) { // web_test.go reads them
    const files = (await send(wish)).locator("a[download]");
    for (let i = 0; i < await files.count(); i++) {
      const [saved] = await Promise.all([page.waitForEvent("download"), files.nth(i).click()]);
      await saved.saveAs(join(OUT, saved.suggestedFilename()));
    }
  }

  const draft = await send("", [LETTER]);
  const all = await draft.innerText();
  assert.match(all, /Sehr geehrte Frau Wieczorek/);
  assert.match(all, /Mietvertrag\.pdf/);
  assert.equal((all.match(/Ohne Sprachmodell/g) ?? []).length, 1, "the notice stands once");
  if (SHOT) {
    await draft.scrollIntoViewIfNeeded();
    await page.screenshot({ path: SHOT });
  }

  const info = await send("!info");
  assert.match(await info.innerText(), /Datenklasse hier: intern/);
  await page.fill("#box", "!löschen");
  await page.press("#box", "Enter");
  await page.locator(".reply", { hasText: "Gelöscht: dieses Gespräch" }).waitFor();
  assert.equal(await page.locator(".reply").count(), 1, "only the receipt is left");
  await page.reload();
  await page.locator(".reply").waitFor();
  assert.equal(await page.locator(".reply").count(), 1, "only the receipt is left after a reload");
} finally {
  await browser.close();
}
