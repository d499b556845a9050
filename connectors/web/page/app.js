// The browser chat. app.js wires the page; talk.js speaks with the daemon,
// files.js sends files, view.js shows what comes.
import { Talk } from "./talk.js";
import { Files } from "./files.js";
import { View } from "./view.js";

const $ = (id) => document.getElementById(id);
const texts = JSON.parse($("texts").textContent);
const t = (name, values = {}) =>
  (texts[name] ?? name).replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");

// announce tells a screen reader what others see.
const announce = (text) => { $("announce").textContent = text; };

const view = new View({ t, announce, name: document.body.dataset.name, stop: (id) => talk.stop(id) });
const files = new Files({
  t, announce, limit: Number(document.body.dataset.uploadMb) << 20,
  settled: (good) => { if (wanted && good) send(); wanted = false; },
});
let wanted = false; // the person has sent while files were under way
const talk = new Talk({
  event: (e) => view.add(e),
  progress: (p) => view.progress(p),
  ready: () => view.ready(),
  sending: (post, state) => view.sending(post, state),
  online: (yes) => {
    $("status").hidden = yes;
    $("status").textContent = yes ? "" : t("offline");
  },
});

const box = $("box");

function grow() {
  box.rows = 1;
  while (box.scrollHeight > box.clientHeight && box.rows < 10) box.rows++;
}

function send() {
  if (files.busy()) {
    wanted = true;
    announce(t("uploadWait"));
    return;
  }
  const text = box.value.trim();
  const sent = files.ready();
  if (!text && sent.length === 0) return;
  talk.say(text, sent);
  box.value = "";
  files.clear();
  grow();
  box.focus();
}

$("form").addEventListener("submit", (e) => { e.preventDefault(); send(); });
box.addEventListener("input", grow);
box.addEventListener("keydown", (e) => {
  if (e.key === "Enter" && !e.shiftKey && !e.isComposing) {
    e.preventDefault();
    send();
  }
});

$("new").addEventListener("click", () => { talk.say(t("newCommand"), []); box.focus(); });
$("help").addEventListener("click", () => { talk.say(t("helpCommand"), []); box.focus(); });
$("delete").addEventListener("click", () => $("ask").showModal());
$("askNo").addEventListener("click", () => $("ask").close());
$("askYes").addEventListener("click", () => {
  $("ask").close();
  talk.say(t("delCommand"), []);
  box.focus();
});
for (const example of document.querySelectorAll(".example")) {
  example.addEventListener("click", () => {
    box.value = example.textContent;
    grow();
    box.focus();
  });
}

// What is being written survives the change of language, and nothing else.
$("switch").addEventListener("click", () => sessionStorage.setItem("typed", box.value));
box.value = sessionStorage.getItem("typed") ?? "";
sessionStorage.removeItem("typed");
grow();

$("attach").addEventListener("click", () => $("picker").click());
$("picker").addEventListener("change", () => {
  files.add($("picker").files);
  $("picker").value = "";
  box.focus();
});
box.addEventListener("paste", (e) => {
  if (e.clipboardData.files.length > 0 && !e.clipboardData.types.includes("text/plain")) {
    e.preventDefault();
    files.add(e.clipboardData.files);
  }
});

const hasFiles = (e) => [...(e.dataTransfer?.types ?? [])].includes("Files");
let inside = 0; // dragenter comes for every element on the way
const showDrop = (yes) => { $("drop").hidden = !yes; if (!yes) inside = 0; };
addEventListener("dragenter", (e) => { if (hasFiles(e)) { inside++; showDrop(true); } });
addEventListener("dragleave", () => { if (--inside <= 0) showDrop(false); });
addEventListener("dragover", (e) => { if (hasFiles(e)) e.preventDefault(); });
addEventListener("drop", (e) => {
  if (!hasFiles(e)) return;
  e.preventDefault();
  showDrop(false);
  files.add(e.dataTransfer.files);
  box.focus();
});

talk.start();
