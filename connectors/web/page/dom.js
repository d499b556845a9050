// Small helpers to build the page.

// h returns an element. Strings become text, never markup; null is left out.
export function h(tag, attributes = {}, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) el.setAttribute(name, value);
  el.append(...children.filter((c) => c !== null && c !== undefined));
  return el;
}

const policy = globalThis.trustedTypes?.createPolicy("amtsbote", { createHTML: (html) => html });

// setHTML fills an element with HTML that the daemon has made harmless. It is the
// only place of the page that does; browsers with Trusted Types enforce that.
export function setHTML(el, html) { el.innerHTML = policy ? policy.createHTML(html) : html; }

const lang = document.documentElement.lang;
const clock = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit" });
const date = new Intl.DateTimeFormat(lang, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

export const time = (when) => clock.format(new Date(when));
export const day = (when) => date.format(new Date(when));
