// What a person does with the chat, done by a real browser. browser_test.go
// starts it with the daemon's side scripted; each line "ok NAME" or "not NAME: why"
// on standard output is one result.
import { createRequire } from "node:module";
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const { BASE, NODE, SHOTS, ONLY } = process.env;
const require = createRequire(join(NODE, "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

const control = async (what) => (await fetch(BASE + "/control/" + what)).text();
const contexts = [];

// visit opens the chat in a browser of its own and watches that it breaks no rule.
async function visit(options = {}) {
  const context = await browser.newContext({ locale: "de-DE", viewport: { width: 1180, height: 860 }, timezoneId: "Europe/Berlin", ...options });
  contexts.push(context);
  context.setDefaultTimeout(30000);
  const page = await context.newPage();
  watch(page);
  await page.goto(await control("url"));
  await page.waitForSelector('#log[aria-live="polite"]', { state: "attached" });
  return page;
}

let faults = [];
function watch(page) {
  page.on("console", (m) => { if (m.type() === "error" && !/Failed to load resource|net::ERR/.test(m.text())) faults.push(m.text()); });
  page.on("pageerror", (e) => faults.push(String(e)));
  page.on("dialog", (d) => { faults.push("dialog: " + d.message()); d.dismiss(); });
  page.on("request", (r) => { if (!r.url().startsWith(BASE) && !r.url().startsWith("data:")) faults.push("request to " + r.url()); });
}

// until waits for what only the daemon knows.
async function until(what, met) {
  for (const end = Date.now() + 30_000; !await met();) assert.ok(Date.now() < end, "waited in vain until " + what);
}

const ask = async (page, text) => {
  const before = await page.locator(".reply").count();
  await page.fill("#box", text);
  await page.press("#box", "Enter");
  await page.locator(".reply").nth(before).waitFor();
  return page.locator(".reply").nth(before);
};

async function drop(page, files) {
  const data = await page.evaluateHandle((files) => {
    const d = new DataTransfer();
    for (const f of files) d.items.add(new File([f.content.repeat(f.times ?? 1)], f.name, { type: f.type ?? "" }));
    return d;
  }, files);
  await page.dispatchEvent("main", "dragenter", { dataTransfer: data });
  assert.ok(await page.isVisible("#drop"), "the page shows where to drop");
  await page.dispatchEvent("main", "drop", { dataTransfer: data });
  assert.ok(await page.isHidden("#drop"), "the page no longer shows where to drop");
}

const letter = { name: "Widerspruch.eml", content: "From: Jana Wieczorek <jana@buerger.example>\r\nSubject: Widerspruch\r\n\r\nBitte prüfen.\r\n" };

async function audit(page, what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  assert.deepEqual(violations.map((v) => v.id + ": " + v.nodes.map((n) => n.target + " " + n.failureSummary).join(" | ")), [], what);
}

const shot = (page, name, options = {}) => SHOTS && page.screenshot({ path: join(SHOTS, name + ".png"), ...options });

const tests = {
  async "the address works once and is cleaned"() {
    const url = await control("url");
    const context = await browser.newContext();
    contexts.push(context);
    const page = await context.newPage();
    await page.goto(url);
    assert.equal(page.url(), BASE + "/web/");
    const cookie = (await context.cookies()).find((c) => c.name === "amtsbote-web");
    assert.ok(cookie.httpOnly && cookie.sameSite === "Strict" && cookie.path === "/web/", JSON.stringify(cookie));
    const other = await browser.newContext({ locale: "de-DE" });
    contexts.push(other);
    const second = await other.newPage();
    assert.equal((await second.goto(url)).status(), 401);
    assert.match(await second.textContent("h2"), /Adresse vom Start/);
    await audit(second, "the closed door");
    await shot(second, "door");
  },

  async "a question is answered, Enter sends, Shift+Enter does not"() {
    const page = await visit();
    await shot(page, "empty");
    await page.click("#box");
    await page.keyboard.type("Guten Tag,");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("wie lange gilt ein Bewohnerparkausweis?");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".reply");
    assert.equal(await page.locator(".said .text").textContent(), "Guten Tag,\nwie lange gilt ein Bewohnerparkausweis?");
    assert.equal(await page.locator(".reply .answer strong").first().textContent(), "ein Jahr");
    assert.match(await page.locator(".reply .notice").textContent(), /Mit KI erstellt \(Testmodell, Rechenzentrum der Stadt\)/);
    assert.equal(await page.locator(".waiting").count(), 0);
    assert.equal(await page.evaluate(() => document.activeElement.id), "box");
    assert.equal(await page.inputValue("#box"), "");
  },

  async "dropped files are sent with progress and read, with sources"() {
    const page = await visit();
    await drop(page, [{ name: "Bescheid.pdf", content: "x".repeat(1024), times: 3000 }, { name: "Mietvertrag.pdf", content: "y" }]);
    await page.locator("#files li.ready").nth(1).waitFor();
    await page.fill("#box", "Was steht darin?");
    await page.press("#box", "Enter");
    const reply = page.locator(".reply").last();
    await reply.waitFor();
    assert.match(await reply.textContent(), /Bescheid\.pdf \(3072000 Bytes\), Mietvertrag\.pdf \(1 Bytes\)/);
    assert.equal(await page.locator("#files li").count(), 0);
    assert.match(await reply.locator("details.part").first().textContent(), /1 von 2 gelesen.*Mietvertrag\.pdf.*nicht gelesen.*mit Passwort geschützt/s);
    const sources = reply.locator("details.sources");
    assert.equal(await sources.evaluate((d) => d.open), false);
    await sources.locator("summary").click();
    assert.match(await sources.textContent(), /\[1\] Bescheid\.pdf, S\. 2.*25,00 €/s);
    assert.match(await reply.locator(".warnings").textContent(), /Beträge weichen ab/);
    const [file] = await Promise.all([page.waitForEvent("download"), page.locator(".said .files a").first().click()]);
    assert.equal(file.suggestedFilename(), "Bescheid.pdf");
    assert.equal(readFileSync(await file.path()).length, 3072000);
    const [ics] = await Promise.all([page.waitForEvent("download"), reply.locator(".files a").click()]);
    assert.equal(readFileSync(await ics.path(), "utf8"), "BEGIN:VCALENDAR");
  },

  async "what is sent while a file is under way goes once it is there"() {
    const page = await visit();
    let go;
    const gate = new Promise((resolve) => { go = resolve; });
    await page.route("**/web/files?*", async (route) => { await gate; await route.continue(); });
    await drop(page, [{ name: "spaet.pdf", content: "x" }]);
    await page.fill("#box", "Was steht darin?");
    await page.press("#box", "Enter");
    assert.equal(await page.inputValue("#box"), "Was steht darin?");
    assert.equal(await page.locator(".said").count(), 0);
    go();
    const reply = page.locator(".reply").last();
    await reply.waitFor();
    assert.match(await reply.textContent(), /spaet\.pdf/);
    assert.equal(await page.inputValue("#box"), "");
  },

  async "a file can be broken off, removed, pasted, and be too large"() {
    const page = await visit();
    const network = await page.context().newCDPSession(page);
    const slow = (bytes) => network.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytes });
    await network.send("Network.enable");
    await slow(150_000);
    await drop(page, [{ name: "haengt.pdf", content: "x".repeat(1 << 20), times: 4 }]);
    await page.waitForFunction(() => { const bar = document.querySelector("#files progress"); return bar?.value > 5 && bar.value < 95; });
    await page.fill("#box", "schon fertig?");
    await page.press("#box", "Enter");
    assert.match(await page.textContent("#announce"), /sobald alle Dateien übertragen sind/);
    await page.getByRole("button", { name: "Entfernen: haengt.pdf" }).click();
    assert.equal(await page.locator("#files li").count(), 0);
    await slow(-1);
    await page.fill("#box", "");
    await page.evaluate(() => {
      const d = new DataTransfer();
      d.items.add(new File(["bild"], "Bildschirmfoto.png", { type: "image/png" }));
      document.getElementById("box").dispatchEvent(new ClipboardEvent("paste", { clipboardData: d, bubbles: true, cancelable: true }));
    });
    await page.locator("#files li.ready").waitFor();
    await page.getByRole("button", { name: "Entfernen: Bildschirmfoto.png" }).click();
    await drop(page, [{ name: "riesig.pdf", content: "x".repeat(1 << 20), times: 6 }]);
    await page.locator("#files li.bad").waitFor();
    assert.match(await page.textContent("#files li.bad"), /Ich lese Dateien bis 5 MB/);
    await page.getByRole("button", { name: "Entfernen: riesig.pdf" }).click();
    assert.equal(await page.locator("#files li").count(), 0);
  },

  async "a mail dropped on the page is a letter; its draft can be copied and saved"() {
    const page = await visit({ permissions: ["clipboard-read", "clipboard-write"] });
    await drop(page, [letter]);
    await page.locator("#files li.ready").waitFor();
    await page.focus("#box");
    await page.keyboard.press("Enter");
    const draft = page.locator(".draft");
    await draft.waitFor();
    assert.match(await draft.textContent(), /Jana Wieczorek <jana@buerger\.example>/);
    assert.match(await draft.textContent(), /2 Lücken zu ergänzen/);
    assert.equal(await draft.locator("mark").first().textContent(), "[bitte ergänzen: Sachstand oder Antwort]");
    assert.equal(await draft.locator(".letter b").count(), 0, "the letter is text");
    await draft.getByRole("button", { name: "Text kopieren" }).click();
    await page.getByText("Kopiert", { exact: true }).waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(copied, /^Sehr geehrte Frau Wieczorek,\n\n/);
    assert.ok(copied.includes("\n[bitte ergänzen: Sachstand oder Antwort]\n") && copied.includes("<b>"), copied);
    await page.evaluate(() => { navigator.clipboard.writeText = () => Promise.reject(new Error("no")); });
    await draft.getByRole("button", { name: "Text kopieren" }).click();
    await page.getByText("Der Text ist markiert").waitFor();
    assert.match(await page.evaluate(() => getSelection().toString()), /^Sehr geehrte Frau Wieczorek,/);
    const [file] = await Promise.all([page.waitForEvent("download"), draft.getByRole("link", { name: "Als E-Mail öffnen" }).click()]);
    assert.equal(file.suggestedFilename(), "AW Widerspruch Bewohnerparkausweis, Az. 32.4-BPA-1873 26.eml");
    const eml = readFileSync(await file.path(), "utf8");
    assert.match(eml, /^X-Unsent: 1\r$/m);
    assert.match(eml, /^To: "?Jana Wieczorek"? <jana@buerger\.example>\r$/m);
    assert.doesNotMatch(eml, /^From:/m);
    await page.evaluate(() => { getSelection().removeAllRanges(); scrollTo(0, 0); });
    await shot(page, "letter", { fullPage: true });
  },

  async "all can be done by keyboard"() {
    const page = await visit();
    await page.focus("#new");
    await page.keyboard.press("Shift+Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    assert.ok((await page.locator(".skip").boundingBox()).y >= 0, "the skip link shows when focused");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "box");
    await page.keyboard.type("hallo");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".reply");
    await page.focus(".skip");
    const seen = [];
    for (let i = 0; i < 12 && seen.at(-1) !== "send"; i++) {
      await page.keyboard.press("Tab");
      seen.push(await page.evaluate(() => document.activeElement.id));
    }
    assert.deepEqual(seen, ["new", "help", "delete", "switch", "attach", "box", "send"]);
    await page.focus("#delete");
    const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.equal(ring, "solid", "focus is visible");
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog[open]");
    assert.equal(await page.evaluate(() => document.activeElement.id), "askNo");
    await audit(page, "the dialog");
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("dialog[open]").count(), 0);
    assert.equal(await page.evaluate(() => document.activeElement.id), "delete");
  },

  async "a reload and a second tab show the same, once"() {
    const page = await visit();
    await ask(page, "hallo");
    await page.getByRole("button", { name: "Hilfe" }).click();
    await page.locator(".reply").nth(1).waitFor();
    assert.equal(await page.locator(".chip").textContent(), "Hilfe");
    await page.reload();
    await page.locator(".reply").nth(1).waitFor();
    assert.equal(await page.locator(".said").count(), 1);
    assert.equal(await page.locator(".reply").count(), 2);
    assert.equal(await page.locator(".waiting").count(), 0);
    const second = await page.context().newPage();
    watch(second);
    await second.goto(BASE + "/web/");
    await second.locator(".reply").nth(1).waitFor();
    await ask(second, "aus dem zweiten Fenster");
    await page.locator(".reply").nth(2).waitFor();
    assert.match(await page.locator(".said").last().textContent(), /aus dem zweiten Fenster/);
  },

  async "a lost connection is shown; what was missed and what was written then arrives once"() {
    const page = await visit();
    await ask(page, "hallo");
    await page.fill("#box", "langsam");
    await page.press("#box", "Enter");
    await page.getByText("Seite 12 von 80").waitFor();
    await control("cut");
    await page.getByText("Verbindung unterbrochen").waitFor();
    await page.fill("#box", "während der Pause");
    await page.press("#box", "Enter");
    await page.getByText("wird erneut gesendet").waitFor();
    await control("release"); // the slow answer is sent while the page is away
    await control("back");
    await page.locator(".reply").nth(2).waitFor();
    assert.equal(await page.isHidden("#status"), true);
    assert.equal(await page.locator(".unsent").count(), 0);
    const all = await page.locator(".reply .answer").allTextContents();
    assert.equal(all.filter((a) => a.includes("Fertig")).length, 1, all.join("|"));
    assert.equal(await page.locator(".said", { hasText: "während der Pause" }).count(), 1);
    assert.equal(await control("count/während der Pause"), "1");
  },

  async "progress and partial text are shown, and an answer can be stopped"() {
    const page = await visit();
    await page.fill("#box", "langsam");
    await page.press("#box", "Enter");
    await page.getByText("Seite 12 von 80").waitFor();
    assert.equal(await page.locator(".work progress").evaluate((p) => p.value / p.max), 12 / 80);
    assert.equal(await page.locator(".partial em").textContent(), "Zwischenstand");
    await shot(page, "working");
    await audit(page, "while an answer is in work");
    await page.reload(); // progress comes again without waiting for the next
    await page.getByText("Seite 12 von 80").waitFor();
    await page.getByRole("button", { name: "Anhalten" }).click();
    await page.getByText("Angehalten").waitFor();
    assert.equal(await page.locator(".waiting").count(), 0);
    await until("the daemon hears of it", async () => /^[0-9a-f]{32}\.[0-9a-f-]{36}$/.test(await control("stopped")));
    await page.reload();
    await page.getByText("Angehalten").waitFor();
    assert.equal(await page.locator(".waiting").count(), 0);
    await control("release");
  },

  async "a hostile answer does nothing"() {
    const page = await visit();
    const reply = await ask(page, "böse");
    assert.equal(await page.evaluate(() => globalThis.pwned), undefined);
    assert.equal(await reply.locator("script, img, iframe, style, object, form, [onclick], [onerror], [style]").count(), 0);
    const links = await page.locator("article a").evaluateAll((all) => all.map((a) => a.href));
    assert.deepEqual(links.filter((l) => !/^(https?|mailto):/.test(l)), []);
    assert.match(await reply.textContent(), /<script>/);
    for (const link of await reply.locator("a[target]").all()) assert.match(await link.getAttribute("rel"), /noopener/);
  },

  async "deleting empties every tab and leaves the receipt"() {
    const page = await visit();
    await ask(page, "hallo");
    const second = await page.context().newPage();
    watch(second);
    await second.goto(BASE + "/web/");
    await second.locator(".reply").waitFor();
    await page.click("#delete");
    await page.click("#askYes");
    await page.getByText("Gelöscht: dieses Gespräch").waitFor();
    await second.getByText("Gelöscht: dieses Gespräch").waitFor();
    for (const p of [page, second]) {
      assert.equal(await p.locator(".said").count(), 0);
      assert.equal(await p.locator(".reply").count(), 1);
    }
    assert.match(await control("keys"), /^[es,i]+$/, "nothing but the receipt is kept");
  },

  async "the page speaks English, and keeps what is being written when switched"() {
    const page = await visit({ locale: "en-GB" });
    assert.equal(await page.getAttribute("html", "lang"), "en");
    assert.match(await page.textContent("#empty"), /Hello!/);
    await page.fill("#box", "halb geschrieben");
    await page.click("#switch");
    await page.waitForSelector('html[lang="de"]', { state: "attached" });
    await page.waitForFunction(() => document.getElementById("box").value === "halb geschrieben");
    assert.match(await page.textContent("#empty"), /Guten Tag!/);
  },

  async "it reads well: no barrier, light and dark, wide and narrow"() {
    for (const [name, options] of Object.entries({
      light: {}, dark: { colorScheme: "dark" }, narrow: { viewport: { width: 360, height: 780 } },
    })) {
      const page = await visit(options);
      await audit(page, name + ", empty");
      await ask(page, "Wie lange gilt ein Bewohnerparkausweis?");
      await drop(page, [letter]);
      await page.locator("#files li.ready").waitFor();
      await shot(page, name + "-file");
      await page.focus("#box");
      await page.keyboard.press("Enter");
      await page.locator(".draft").waitFor();
      await drop(page, [{ name: "Bescheid.pdf", content: "x" }, { name: "Mietvertrag.pdf", content: "y" }]);
      await page.locator("#files li.ready").nth(1).waitFor();
      await ask(page, "Was steht in den Dateien?");
      for (const d of await page.locator("details").all()) await d.evaluate((d) => { d.open = true; });
      await audit(page, name);
      const frame = (await ask(page, "breit")).locator(".frame");
      await frame.focus();
      await page.keyboard.press("ArrowRight");
      await page.waitForFunction(() => [...document.querySelectorAll(".frame")].at(-1).scrollLeft > 0);
      await audit(page, name + ", a wide table");
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, name + " is " + wide + " px too wide");
      assert.equal(await page.locator("#box").evaluate((b) => b.rows), 1, "an empty box has one row");
      await page.evaluate(() => scrollTo(0, 0));
      await shot(page, name, { fullPage: true });
      const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      assert.equal(background, name === "dark" ? "rgb(17, 22, 29)" : "rgb(244, 246, 249)");
    }
  },

  async "a picture for the README"() {
    const page = await visit({ viewport: { width: 1000, height: 1180 }, deviceScaleFactor: 1.5 });
    await drop(page, [letter]);
    await page.locator("#files li.ready").waitFor();
    await page.focus("#box");
    await page.keyboard.press("Enter");
    await page.locator(".draft").waitFor();
    await page.evaluate(() => scrollTo(0, 0));
    await page.evaluate(() => document.activeElement.blur());
    await shot(page, "chat");
  },
};

let bad = 0;
for (const [name, test] of Object.entries(tests)) {
  if (ONLY && !name.includes(ONLY)) continue;
  faults = [];
  try {
    await test();
    assert.deepEqual(faults, [], "the browser complains");
    console.log("ok " + name);
  } catch (e) {
    bad++;
    console.log("not " + name + ": " + JSON.stringify(String(e.stack ?? e).slice(0, 2500)));
  }
  await control("back");
  await control("release");
  for (const context of contexts.splice(0)) await context.close();
}
await browser.close();
process.exit(bad ? 1 : 0);
