// What a person does with the bot in Microsoft's Agents Playground, done by a real
// browser. playground_test.go starts it with the bot's side scripted; each line
// "NAME" or "NAME: why not" on standard output is one result.
//
// What is shown is looked for in the chat only: the page's log repeats what came,
// also if it was never shown.
import { createRequire } from "node:module";
import { strict as assert } from "node:assert";
import { join } from "node:path";

const { BASE, CONTROL, NODE, SHOTS } = process.env;
const require = createRequire(join(NODE, "package.json"));
const { chromium } = require("playwright-core");

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const context = await browser.newContext({ locale: "de-DE", viewport: { width: 1400, height: 1000 }, timezoneId: "Europe/Berlin" });
context.setDefaultTimeout(10000);
const page = await context.newPage();
const faults = [];
page.on("pageerror", (e) => faults.push(String(e).slice(0, 300)));
page.on("dialog", (d) => { faults.push("dialog: " + d.message()); d.dismiss(); });
// It wants fonts from Microsoft: nothing leaves this machine.
await page.route((url) => !url.href.startsWith(BASE), (route) => route.abort());

const control = async (what) => (await fetch(CONTROL + "/" + what)).text();

async function until(what, met) {
  for (const end = Date.now() + 10000; !await met();) assert.ok(Date.now() < end, "waited in vain until " + what);
}

async function scene(name, act) {
  let why = "";
  try {
    await act();
    assert.deepEqual(faults.splice(0), [], "the page broke");
  } catch (e) {
    why = ": " + String(e.message).replace(/\x1b\[\d+m/g, "").replaceAll("\n", " ").slice(0, 1500);
  }
  if (SHOTS) await page.screenshot({ path: join(SHOTS, name.replaceAll(" ", "-") + ".png") });
  console.log(name + why);
}

const bubbles = page.locator(".fai-OutputCard"); // what the bot says, in a chat
const posts = page.locator(".fui-Card");         // in a channel: the box for a new one is the first

// write writes into a box; @ picks the bot from the list that comes up.
async function write(box, text) {
  await box.click();
  if (text.startsWith("@")) {
    await page.keyboard.type("@Amts");
    await page.locator("#typeahead-menu [role=menuitem]").first().click();
    text = text.slice(1);
  }
  await page.keyboard.type(text);
}

// ask writes a message and returns the bubble with what the bot says then.
async function ask(text) {
  const before = await bubbles.count();
  await write(page.locator('[role=textbox][contenteditable=true]').first(), text);
  await page.getByRole("button", { name: "Send Message" }).first().click();
  await bubbles.nth(before).waitFor();
  return bubbles.nth(before);
}

const open = (room) => page.locator("[role=treeitem]", { hasText: room }).first().click();

// formatted checks the answer about the fee.
async function formatted(where) {
  await where.locator("strong", { hasText: "25,00 €" }).waitFor();
  const shown = await where.innerText();
  for (const raw of ["**", "*nicht*", "&lt;", "&amp;", "`", "](", "&#"]) assert.ok(!shown.includes(raw), raw + " in " + shown);
  for (const text of ["Öffnungszeiten: 8 < 12 & „nachmittags“", "Größe & Maß", "30,70 €", "Mit KI erstellt"]) assert.ok(shown.includes(text), text + " not in " + shown);
  for (const [what, n] of [["ol > li", 2], ["ul > li", 1], ["em", 2], ["blockquote", 1]]) assert.equal(await where.locator(what).count(), n, what);
  assert.equal(await where.locator("code").first().innerText(), "Az. 32_4");
  assert.equal(await where.locator("a", { hasText: "Seite" }).getAttribute("href"), "https://www.stadt.example/geb%C3%BChr?a=1&b=2");
}

await page.goto(BASE);

await scene("greeting", async () => {
  await bubbles.first().waitFor();
  assert.equal((await bubbles.first().innerText()).trim(), "Guten Tag, ich bin Amtsbote, ein KI-Assistent der Stadt Musterstadt.");
  assert.equal(await bubbles.first().locator("strong").innerText(), "Amtsbote");
});

await scene("formatting", async () => {
  await formatted(await ask("Was kostet das?"));
  assert.equal(await bubbles.count(), 2, "one greeting, one answer");
  await page.getByText("AI generated", { exact: true }).waitFor();
});

await scene("citation", async () => {
  await bubbles.nth(1).getByText("1", { exact: true }).first().hover();
  await page.getByText("Gebührensatzung.pdf, S. 2").first().waitFor();
  await page.mouse.move(0, 0);
});

await scene("feedback", async () => {
  await page.getByLabel("Feedback Button").first().locator("button").first().click();
  await page.getByRole("button", { name: /submit/i }).click();
  await page.getByText("We appreciate your feedback").waitFor(); // so it says if the bot answers well. It does not name the message, as Teams does.
  await page.getByRole("button", { name: "Close" }).click();
});

await scene("hostile", async () => {
  const shown = await (await ask("böse")).innerText();
  for (const text of ["<script>globalThis.pwned=1</script>", '<img src=x onerror="globalThis.pwned=1">', "<at>Alle</at>", "<b>", "*Stern"])
    assert.ok(shown.includes(text), text + " not in " + shown);
  assert.equal(await bubbles.last().locator("script, img, a, at").count(), 0);
  assert.equal(await page.evaluate(() => globalThis.pwned), undefined);
});

await scene("stream", async () => {
  const bubble = await ask("langsam");
  await bubble.getByText("Seite 3 von 12").waitFor();
  await control("release");
  await bubble.getByText("Gebühr geprüft").waitFor();
  assert.equal(await bubble.locator("strong").innerText(), "vollständig");
  assert.ok(!(await bubble.innerText()).includes("Seite 3"), "the progress is still there");
  await control("release");
  await bubble.getByText("Fertig mit Prüfung").waitFor();
  const shown = await bubble.innerText();
  assert.ok(shown.includes("Mit KI erstellt") && !shown.includes("**"), shown);
  assert.equal(await bubble.locator("ul > li").count(), 2);
  assert.equal(await bubbles.count(), 4, "the stream and the answer are one message");
  assert.equal(await page.getByText("AI generated", { exact: true }).count(), 3);
});

// What mentions nobody the Playground does not deliver: that the bot stays out of it
// is for the fake.
await scene("group", async () => {
  await open("Gruppe");
  await bubbles.getByText("Guten Tag").waitFor();
  assert.equal(await bubbles.count(), 1, "one greeting");
  await formatted(await ask("@ was kostet das?"));
  assert.ok((await control("said")).includes('text "was kostet das?"'), "without the bot's name");
});

await scene("channel", async () => {
  await open("Schalter");
  await posts.getByText("Guten Tag").waitFor();
  await write(posts.first().locator("[role=textbox]"), "@ was kostet das?");
  await posts.getByRole("button", { name: "Post" }).click();
  const thread = posts.filter({ hasText: "was kostet das?" });
  await formatted(thread);
  assert.equal(await posts.filter({ hasText: "25,00 €" }).count(), 1, "the answer is in the thread");
});

await scene("channel long work", async () => {
  await write(posts.first().locator("[role=textbox]"), "@ langsam");
  await posts.getByRole("button", { name: "Post" }).click();
  const thread = posts.filter({ hasText: "langsam" });
  await thread.getByText("Seite 3 von 12").waitFor();
  await control("release");
  await until("the second half began", async () => (await control("said")).includes("half"));
  await control("release");
  await thread.getByText("Fertig mit Prüfung").waitFor();
  assert.equal(await thread.locator("strong", { hasText: "vollständig" }).count(), 1);
  assert.ok(!(await thread.innerText()).includes("Seite 3"), "the progress is still there");
});

await browser.close();
