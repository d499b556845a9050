// Talk speaks with the daemon: events come as server-sent events, messages go as
// POSTs that are repeated, with the same ID, until they are answered. What has
// not been answered survives a reload of the page (sessionStorage, this tab only).

const silence = 50_000; // ms without a sign of life: the daemon gives one every 15 s
const maxWait = 10_000; // ms between two attempts

export class Talk {
  #on;
  #last = 0; // number of the last event
  #source = null;
  #heard = 0; // when the last sign of life came
  #tries = 0;
  #timer = 0;
  #queue = JSON.parse(sessionStorage.getItem("unsent") ?? "[]");
  #posting = false;

  constructor(on) { this.#on = on; }

  start() {
    this.#open();
    for (const post of this.#queue) this.#on.sending(post, "sending");
    this.#post();
    setInterval(() => { if (this.#source && Date.now() - this.#heard > silence) this.#lost(); }, 5000);
    addEventListener("online", () => { clearTimeout(this.#timer); this.#lost(0); });
  }

  say(text, files) { this.#add({ id: crypto.randomUUID(), text, files: files.map((f) => f.id), shown: files }); }

  stop(id) { this.#add({ id: crypto.randomUUID(), stop: id }); }

  #add(post) {
    this.#queue.push(post);
    this.#save();
    this.#on.sending(post, "sending");
    this.#post();
  }

  #save() { sessionStorage.setItem("unsent", JSON.stringify(this.#queue)); }

  // #post sends what waits, one after the other, and goes on until nothing does.
  async #post() {
    if (this.#posting) return;
    this.#posting = true;
    for (let wait = 500; this.#queue.length > 0;) {
      const post = this.#queue[0];
      const { again, error } = await this.#try(post);
      if (again) {
        this.#on.sending(post, "again");
        await new Promise((done) => setTimeout(done, wait));
        wait = Math.min(wait * 2, maxWait);
        continue;
      }
      wait = 500;
      this.#queue.shift();
      this.#save();
      this.#on.sending(post, error ? "unsent" : "sent", error);
    }
    this.#posting = false;
  }

  async #try({ id, text, files, stop }) {
    try {
      const r = await fetch("messages", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ id, text, files, stop }),
      });
      if (r.ok) return {};
      if (r.status === 429 || r.status >= 500) return { again: true };
      return { error: (await r.json()).error };
    } catch {
      return { again: true };
    }
  }

  #open() {
    const s = new EventSource("events?after=" + this.#last);
    this.#source = s;
    this.#heard = Date.now();
    const sign = () => {
      this.#heard = Date.now();
      this.#tries = 0;
      this.#on.online(true);
    };
    s.addEventListener("open", sign);
    s.addEventListener("beat", sign);
    s.addEventListener("ready", () => { sign(); this.#on.ready(); });
    s.addEventListener("progress", (e) => { sign(); this.#on.progress(JSON.parse(e.data)); });
    s.addEventListener("message", (e) => {
      sign();
      this.#last = Math.max(this.#last, Number(e.lastEventId));
      this.#on.event(JSON.parse(e.data));
    });
    s.addEventListener("error", () => {
      this.#on.online(false);
      // While it connects again by itself, let it; it gives up after an answer like 503.
      if (s.readyState === EventSource.CLOSED) this.#lost();
    });
  }

  // #lost opens the stream again, later each time.
  #lost(wait = Math.min(1000 * 2 ** this.#tries++, maxWait)) {
    this.#source?.close();
    this.#source = null;
    this.#on.online(false);
    this.#timer = setTimeout(async () => {
      const r = await fetch("./", { method: "HEAD" }).catch(() => null);
      if (r?.status === 401) { location.reload(); return; } // says how to get in
      this.#open();
    }, wait);
  }
}
