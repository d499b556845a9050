// View shows a room: what the person wrote, the answers with their drafts, files
// and sources, and what is in work. HTML comes only from the daemon, which has
// made it harmless; all else is set as text.
import { bytes } from "./files.js";
import { draftCard } from "./draft.js";
import { h, setHTML, time, day } from "./dom.js";

const waitLimit = 15 * 60_000; // ms after which nobody waits for an answer any more
const commands = { neu: "new", new: "new", "löschen": "delete", delete: "delete", hilfe: "help", help: "help" };

export class View {
  #log = document.getElementById("log");
  #empty = document.getElementById("empty");
  #t; #announce; #name; #stop;
  #shown = new Set();      // IDs of events
  #waiting = new Map();    // message ID → element that shows work
  #unsent = new Map();     // message ID → element
  #answered = new Set();   // message IDs
  #day = "";
  #live = false;

  constructor({ t, announce, name, stop }) { this.#t = t; this.#announce = announce; this.#name = name; this.#stop = stop; }

  // ready is called when all that was before is shown.
  ready() {
    if (!this.#live) {
      this.#live = true;
      this.#log.setAttribute("aria-live", "polite");
      scrollTo(0, document.body.scrollHeight);
    }
    this.#hello();
  }

  #hello() { this.#empty.hidden = this.#log.childElementCount > 0; }

  add(e) {
    if (this.#shown.has(e.id)) return;
    this.#shown.add(e.id);
    const below = this.#atEnd();
    switch (e.kind) {
      case "forgotten": this.#clear(); return;
      case "stop": this.#done(e.target); this.#append(h("p", { class: "chip" }, this.#t("stopped")), e.time); break;
      case "message": this.#said(e); break;
      case "reply": this.#reply(e, below); return;
    }
    this.#follow(below);
  }

  // sending shows what is on its way: "sending", "again", "sent", "unsent".
  sending(post, state, why) {
    if (post.stop) return;
    if (state === "sent") { this.#drop(post.id); return; }
    if (this.#shown.has(post.id)) return;
    let item = this.#unsent.get(post.id);
    if (!item) {
      item = this.#message({ id: post.id, text: post.text, files: post.shown, time: new Date() });
      item.classList.add("unsent");
      item.append(h("p", { class: "state" }));
      this.#unsent.set(post.id, item);
      this.#log.append(item);
      this.#hello();
      this.#follow(true);
    }
    item.querySelector(".state").textContent = why ? this.#t("unsent") + ": " + why : this.#t(state);
    if (why) this.#announce(this.#t("unsent") + ": " + why);
  }

  #drop(id) {
    this.#unsent.get(id)?.remove();
    this.#unsent.delete(id);
    this.#hello();
  }

  progress(p) {
    const item = this.#waiting.get(p.target) ?? (this.#answered.has(p.target) ? null : this.#wait(p.target));
    if (!item) return;
    const below = this.#atEnd();
    const text = p[document.documentElement.lang] || this.#t("working");
    item.querySelector(".text").textContent = text;
    const bar = item.querySelector("progress");
    bar.hidden = !p.total;
    if (p.total) { bar.max = p.total; bar.value = p.done; }
    if (p.html) setHTML(item.querySelector(".partial"), p.html);
    this.#follow(below);
  }

  #said(e) {
    this.#drop(e.id);
    const word = commands[e.text?.replace(/^!/, "").toLowerCase()];
    if (word && e.text.startsWith("!")) this.#append(h("p", { class: "chip" }, this.#t(word)), e.time);
    else this.#append(this.#message(e), e.time);
    if (!this.#answered.has(e.id) && Date.now() - new Date(e.time) < waitLimit) this.#wait(e.id);
  }

  #message(e) {
    return h("article", { class: "said" },
      h("h2", { class: "hidden" }, this.#t("you") + ", " + time(e.time)),
      e.text ? h("p", { class: "text" }, e.text) : null,
      this.#files(e.files),
      h("p", { class: "time", "aria-hidden": "true" }, time(e.time)));
  }

  #wait(id) {
    const stop = h("button", { type: "button" }, this.#t("stop"));
    stop.addEventListener("click", () => { this.#stop(id); document.getElementById("box").focus(); });
    const item = h("div", { class: "waiting", "aria-live": "off" },
      h("div", { class: "partial answer", "aria-busy": "true" }),
      h("div", { class: "work" }, h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
        h("span", { class: "text" }, this.#t("working")), h("progress", { hidden: "", "aria-label": this.#t("working") }), stop));
    this.#waiting.set(id, item);
    this.#log.append(item);
    return item;
  }

  #done(id) {
    this.#answered.add(id);
    this.#waiting.get(id)?.remove();
    this.#waiting.delete(id);
  }

  #reply(e, below) {
    this.#done(e.target);
    const answer = h("div", { class: "answer", lang: e.language });
    setHTML(answer, e.html ?? "");
    for (const table of answer.querySelectorAll("thead th:empty")) table.replaceWith(h("td")); // an empty head is none
    const item = h("article", { class: "reply" },
      h("h2", { class: "hidden" }, this.#t("answerFrom", { name: this.#name }) + ", " + time(e.time)),
      e.html ? answer : null,
      this.#warnings(e),
      ...(e.drafts ?? []).map((d, i) => draftCard(d, i, e.drafts.length, this.#t, this.#announce)),
      e.files?.length ? h("section", { class: "part" }, h("h3", {}, this.#t("newFiles")), this.#files(e.files)) : null,
      this.#read(e), this.#sources(e),
      h("p", { class: e.notice ? "notice" : "notice bare", lang: e.language }, e.notice ? h("span", {}, e.notice + " ") : null,
        h("span", { class: "time", lang: document.documentElement.lang }, time(e.time))));
    this.#append(item, e.time);
    for (const table of answer.querySelectorAll("table")) this.#wide(table);
    if (!below || !this.#live) return;
    const high = item.getBoundingClientRect().height > innerHeight * 0.6;
    item.scrollIntoView({ block: high ? "start" : "end" });
    if (!high) this.#follow(true);
  }

  // #wide lets a table that does not fit be moved, by keyboard too.
  #wide(table) {
    const frame = h("div", { class: "frame" });
    table.replaceWith(frame);
    frame.append(table);
    if (frame.scrollWidth <= frame.clientWidth) return;
    for (const [name, value] of [["tabindex", "0"], ["role", "group"], ["aria-label", this.#t("table")]]) frame.setAttribute(name, value);
  }

  #warnings(e) {
    if (!e.warnings?.length) return null;
    return h("section", { class: "warnings", lang: e.language }, h("h3", { lang: document.documentElement.lang }, this.#t("warnings")),
      h("ul", {}, ...e.warnings.map((html) => { const li = h("li"); setHTML(li, html); return li; })));
  }

  #read(e) {
    if (!e.read?.length) return null;
    const n = e.read.filter((f) => f.read).length;
    const line = (f) => {
      const how = [f.read ? this.#t("isRead") : this.#t("notRead")];
      if (f.pages) how.push(f.pages === 1 ? this.#t("page1") : this.#t("pages", { n: f.pages }));
      if (f.ocr) how.push(this.#t("ocr"));
      return h("li", { class: f.read ? "" : "unread" }, h("b", {}, f.name), " " + how.join(", "),
        f.reason ? h("span", { lang: e.language }, ": " + f.reason) : null);
    };
    const news = e.read.some((f) => !f.read && !e.html?.includes(f.name)); // that the text does not tell
    const title = n === e.read.length ? this.#t("read") + " (" + n + ")" : this.#t("readPart", { n, of: e.read.length });
    return h("details", { class: "part", ...(news ? { open: "" } : {}) }, h("summary", {}, title), h("ul", {}, ...e.read.map(line)));
  }

  #sources(e) {
    if (!e.sources?.length) return null;
    const line = (s) => h("li", {}, h("span", { class: "n" }, "[" + s.n + "] "),
      h("b", {}, s.file ?? ""), s.page ? ", " + this.#t("page", { n: s.page }) : "",
      s.quote ? h("q", {}, s.quote) : null,
      s.link ? h("a", { href: s.link, target: "_blank", rel: "noopener noreferrer" }, this.#t("openSource")) : null);
    return h("details", { class: "part sources" }, h("summary", {}, this.#t("sources", { n: e.sources.length })), h("ul", {}, ...e.sources.map(line)));
  }

  #files(files) {
    if (!files?.length) return null;
    return h("ul", { class: "files" }, ...files.map((f) => h("li", {},
      h("a", { href: f.url, download: f.name }, f.name), h("span", { class: "size" }, " " + bytes(f.size)))));
  }

  // #append puts an element below all that has been answered or taken, with the
  // day above it where a new one begins. What is not sent yet stays last.
  #append(item, when) {
    const put = (el) => this.#log.insertBefore(el, [...this.#unsent.values()][0] ?? null);
    const d = day(when);
    if (d !== this.#day) {
      this.#day = d;
      put(h("p", { class: "day" }, d));
    }
    put(item);
    this.#hello();
  }

  #clear() {
    this.#log.replaceChildren(...this.#unsent.values());
    this.#waiting.clear();
    this.#day = "";
    if (this.#live) this.#announce(this.#t("forgotten"));
    this.#hello();
  }

  #atEnd() { return scrollY + innerHeight > document.body.scrollHeight - 120; }

  #follow(below) { if (below && this.#live) scrollTo(0, document.body.scrollHeight); }
}
