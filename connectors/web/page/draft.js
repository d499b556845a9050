// draftCard shows a letter that a person will check and send.
import { h } from "./dom.js";

const gap = /\*\*(\[[^\]]*\])\*\*/;

export function draftCard(d, i, of, t, announce) {
  const letter = h("div", { class: "letter", lang: d.language }, ...marked(d.text));
  const state = h("span", { class: "state", role: "status" });
  const copy = h("button", { type: "button" }, t("copy"));
  copy.addEventListener("click", async () => {
    const ok = await copyText(plain(d.text), letter);
    state.textContent = t(ok ? "copied" : "copyBad");
    if (ok) setTimeout(() => { state.textContent = ""; }, 4000);
  });
  const title = of > 1 ? t("draftN", { n: i + 1, of }) : t("draft");
  const gaps = d.gaps > 1 ? t("gaps", { n: d.gaps }) : d.gaps === 1 ? t("gap") : "";
  return h("section", { class: "draft", "aria-label": title },
    h("div", { class: "head" }, h("h3", {}, title), gaps ? h("span", { class: "gaps" }, gaps) : null),
    h("dl", {},
      h("div", {}, h("dt", {}, t("to")), h("dd", { class: d.to ? "" : "open" }, d.to || t("toNobody"))),
      d.cc ? h("div", {}, h("dt", {}, t("cc")), h("dd", {}, d.cc)) : null,
      h("div", {}, h("dt", {}, t("subject")), h("dd", {}, d.subject))),
    letter,
    d.quote ? h("details", { class: "quote" }, h("summary", {}, t("quote")), h("p", {}, d.quoteFrom ?? ""), h("blockquote", {}, d.quote)) : null,
    h("div", { class: "actions" }, copy, h("a", { class: "button", href: d.url, download: "" }, t("eml")), state));
}

// plain is the letter as it is copied: gaps keep their brackets only.
function plain(text) { return text.replace(new RegExp(gap, "g"), "$1"); }

// marked returns the text with its gaps highlighted.
function marked(text) {
  return text.split(new RegExp(gap, "g")).map((part, i) => (i % 2 ? h("mark", {}, part) : part));
}

// copyText copies a text. Where the browser does not allow it, the element is
// selected for the person to copy; then it returns false.
async function copyText(text, element) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    getSelection().selectAllChildren(element);
    return false;
  }
}
