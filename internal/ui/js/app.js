// The enhancement layer. Every page reads and posts without it. Words come from
// the page, so that this file has none. htmx stands before it in the same file.

import live from "./live.js"; // needed on every page, so no request of its own

const d = document, root = d.documentElement;
const one = (s, e = d) => e.querySelector(s), all = (s, e = d) => [...e.querySelectorAll(s)];
const store = () => one("#palette").content;

if (/Mac|iP/.test(navigator.platform)) all("[data-mod]").forEach(k => (k.textContent = "⌘ K"));

// Toasts: seven seconds, longer while somebody is on them.
const fade = t => setTimeout(() => t.matches(":hover, :focus-within") ? fade(t) : t.remove(), 7000);
const say = (text, undo) => {
  const t = one(".toast", store()).cloneNode(true), b = one("button", t);
  one("span", t).textContent = text;
  undo ? (b.onclick = () => { undo(); t.remove() }) : b.remove();
  d.body.append(t); fade(t);
};
all("[data-flash]").forEach(fade);

d.addEventListener("click", e => {
  const el = e.target.closest?.("[data-theme-toggle],[data-palette],[data-open],[data-copy],[role=option]"), o = el?.dataset;
  if (!el) return;
  if ("themeToggle" in o) {
    e.preventDefault();
    const dark = root.dataset.theme ? root.dataset.theme == "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    d.cookie = `theme=${root.dataset.theme = dark ? "light" : "dark"};path=/;max-age=31536000;samesite=lax`;
  } else if ("palette" in o && one("#palette")) { e.preventDefault(); open() }
  else if (o.open) { e.preventDefault(); one("#" + o.open)?.showModal() }
  else if (o.copy) navigator.clipboard?.writeText(new URL(o.copy, location)).then(() => o.said && say(o.said));
  else if (o.href) location = o.href;
});

// The palette: verbs first, then places, then what the server finds.
let dlg, input, list, at = 0, was = "", asked;
const verbs = () => all("[data-verbs] a", dlg || store()).map(a => ({ t: a.textContent, h: a.getAttribute("href"), k: "c " + a.dataset.key }));
const places = () => all("#nav li a").map(a => ({ t: a.childNodes[1].textContent.trim(), h: a.getAttribute("href"), k: input.dataset.go, i: a.firstElementChild }));
const draw = found => {
  const w = input.value.trim(), f = w.toLowerCase();
  const hits = [...verbs(), ...places()].filter(x => x.t.toLowerCase().includes(f)).concat(found);
  if (w) hits.push({ t: input.dataset.all.replace("%s", w), h: "/search?q=" + encodeURIComponent(w), k: "Enter" });
  list.replaceChildren(...hits.map((x, n) => {
    const li = d.createElement("li"), s = d.createElement("small");
    li.id = "opt" + n; li.role = "option"; li.dataset.href = x.h;
    if (x.i) li.append(x.i.cloneNode(true));
    li.append(x.t, s); s.textContent = x.k || ""; return li;
  }));
  move(0);
};
const look = () => {
  const w = input.value.trim();
  draw([]); clearTimeout(asked);
  if (w.length > 1) asked = setTimeout(async () => {
    const r = await fetch("/search.json?q=" + encodeURIComponent(w)).catch(() => {});
    if (r?.ok && input.value.trim() == w) draw((await r.json()).items.map(x => ({ t: x.title, h: x.url, k: x.kind })));
  }, 120);
};
const move = n => {
  const o = [...list.children]; if (!o.length) return;
  at = (n + o.length) % o.length; o.forEach((x, k) => x.ariaSelected = k == at);
  o[at].scrollIntoView({ block: "nearest" }); input.setAttribute("aria-activedescendant", o[at].id);
};
const open = () => {
  if (!dlg) {
    d.body.append(dlg = one("dialog", store()).cloneNode(true));
    input = one("input", dlg); list = one("ul", dlg); input.oninput = look;
    input.onkeydown = e => {
      const m = { ArrowDown: 1, ArrowUp: -1 }[e.key];
      if (m) { e.preventDefault(); move(at + m) } else if (e.key == "Enter") list.children[at]?.click();
    };
    dlg.onclick = e => e.target == dlg && dlg.close();
  }
  const n = one("#nav"); n?.matches(":popover-open") && n.hidePopover();
  input.value = ""; draw([]); dlg.showModal();
};
d.addEventListener("keydown", e => {
  if (!one("#palette")) return;
  if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() == "k") { e.preventDefault(); dlg?.open ? dlg.close() : open() }
  if (e.ctrlKey || e.metaKey || e.altKey || root.dataset.keys == "off" || e.target.closest?.("input,textarea,select,[contenteditable]") || dlg?.open) return;
  const v = was == "c" && verbs().find(x => x.k == "c " + e.key); was = e.key;
  if (v) location = v.h; else if (e.key == "/") { e.preventDefault(); open() }
});

// Move to what is wrong after a form failed.
htmx.onLoad(e => one("[data-focus]", e)?.focus());

// A posting form says that it is busy, and is not posted twice.
d.addEventListener("submit", e => {
  if (e.target.dataset.busy) return e.preventDefault();
  if (e.target.method == "post" && !e.target.closest("dialog")) { e.target.dataset.busy = 1; e.submitter?.setAttribute("aria-busy", "true") }
});
addEventListener("pageshow", () => all("[data-busy]").forEach(f => { delete f.dataset.busy; all("[aria-busy]", f).forEach(b => b.removeAttribute("aria-busy")) }));

// What few pages need comes when somebody turns to it. A button that was
// pressed meanwhile is pressed again.
const load = (name, el) => el.dataset.ready ? 0 : import(root.dataset.modules.replace("*", name)).then(m => m.default(el, htmx, say));
const turn = e => {
  for (const [s, name] of [["[data-draft]", "compose"], ["skill-picker", "picker"], ["[data-similar]", "similar"], ["[data-vault]", "vault"]]) {
    const el = e.target.closest?.(s) || name == "compose" && e.target.form?.querySelector(s), p = el && load(name, el), b = e.target.closest?.("[data-md]");
    if (p && b && e.type == "click") p.then(() => b.click());
  }
};
["focusin", "click"].forEach(t => d.addEventListener(t, turn));
if (d.activeElement != d.body) turn({ target: d.activeElement });
// The server has taken the cookie away: the form was carried out, and its draft
// is done with.
try {
  const sent = sessionStorage["draft:sent"];
  if (sent) {
    sessionStorage.removeItem("draft:sent");
    /(^|; )draft=/.test(d.cookie) ? (d.cookie = "draft=;path=/;max-age=0") : localStorage.removeItem(sent);
  }
} catch {}
// A draft left behind is shown at once.
htmx.onLoad(e => all("[data-draft]", e).forEach(b => { try { localStorage["draft:" + b.dataset.draft] && load("compose", b) } catch {} }));
if (root.dataset.live) live(root, htmx, say);
