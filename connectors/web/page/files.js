// Files sends files as soon as they are chosen, each with its progress and a
// button that breaks it off or removes it, and holds them for the next message.

export class Files {
  #list = document.getElementById("files");
  #all = []; // { name, id?, request?, item }
  #t; #announce; #limit; #settled;

  // settled is called when no file is under way any more, with whether all came.
  constructor({ t, announce, limit, settled }) { this.#t = t; this.#announce = announce; this.#limit = limit; this.#settled = settled; }

  busy() { return this.#all.some((f) => !f.id && f.request); }

  // ready returns the files that the next message takes along.
  ready() { return this.#all.filter((f) => f.id).map(({ id, name, size }) => ({ id, name, size, url: "files/" + id })); }

  clear() {
    this.#all = this.#all.filter((f) => !f.id);
    this.#show();
  }

  add(files) { for (const file of files) this.#send(file); }

  #send(file) {
    const f = { name: file.name, size: file.size, item: document.createElement("li") };
    const label = Object.assign(document.createElement("span"), { className: "name", textContent: f.name });
    const size = Object.assign(document.createElement("span"), { className: "size", textContent: bytes(file.size) });
    const bar = Object.assign(document.createElement("progress"), { max: 100, value: 0 });
    bar.setAttribute("aria-label", this.#t("uploading", { name: f.name }));
    const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
    remove.setAttribute("aria-label", this.#t("remove", { name: f.name }));
    remove.addEventListener("click", () => this.#remove(f));
    f.item.append(label, size, bar, remove);
    this.#all.push(f);
    this.#show();
    this.#announce(this.#t("uploading", { name: f.name }));
    this.#request(f, file, bar);
  }

  // fetch cannot tell how much has gone; XMLHttpRequest can.
  #request(f, file, bar) {
    const bad = (text) => {
      f.request = null;
      bar.remove();
      f.item.classList.add("bad");
      f.item.querySelector(".size").textContent = text;
      this.#announce(text);
      if (!this.busy()) this.#settled(false);
    };
    const r = new XMLHttpRequest();
    f.request = r;
    r.upload.addEventListener("progress", (e) => { if (e.lengthComputable) bar.value = 100 * e.loaded / e.total; });
    r.addEventListener("error", () => bad(this.#t("uploadBad", { name: f.name })));
    r.addEventListener("load", () => {
      const body = JSON.parse(r.responseText || "{}");
      if (r.status !== 201) { bad(r.status === 503 ? this.#t("uploadBad", { name: f.name }) : body.error); return; }
      f.id = body.id;
      f.request = null;
      f.name = body.name;
      bar.remove();
      f.item.classList.add("ready");
      this.#announce(this.#t("uploaded", { name: f.name }));
      if (!this.busy()) this.#settled(this.#all.every((other) => other.id));
    });
    r.open("POST", "files?" + new URLSearchParams({ name: file.name, type: file.type }));
    r.send(file);
  }

  #remove(f) {
    f.request?.abort();
    if (f.id) fetch("files/" + f.id, { method: "DELETE" }).catch(() => {}); // it expires with the conversation
    this.#all = this.#all.filter((other) => other !== f);
    this.#show();
    if (!this.busy()) this.#settled(false);
    document.getElementById("box").focus();
  }

  #show() {
    this.#list.replaceChildren(...this.#all.map((f) => f.item));
    this.#list.hidden = this.#all.length === 0;
  }
}

// bytes writes a size as people do.
export function bytes(n) {
  const lang = document.documentElement.lang;
  if (n < 1000) return n + " B";
  const [value, unit] = n < 1e6 ? [n / 1e3, "kB"] : [n / 1e6, "MB"];
  return new Intl.NumberFormat(lang, { maximumFractionDigits: value < 10 ? 1 : 0 }).format(value) + " " + unit;
}
