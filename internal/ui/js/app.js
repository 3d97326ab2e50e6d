// The enhancement layer. Every page reads and posts without it. Words come from
// the page, so that this file has none.
import htmx from "./vendor/htmx.esm.js";

const d = document, root = d.documentElement;
const one = (s, e = d) => e.querySelector(s), all = (s, e = d) => [...e.querySelectorAll(s)];
const store = () => one("#palette").content;

// A step that runs on every piece of page that arrives, the first included.
const arrive = [];
const arrived = e => arrive.forEach(f => f(e));
htmx.onLoad(arrived);

if (/Mac|iP/.test(navigator.platform)) all("[data-mod]").forEach(k => (k.textContent = "⌘ K"));

// Toasts: seven seconds, longer while somebody is on them.
const fade = t => setTimeout(() => t.matches(":hover, :focus-within") ? fade(t) : t.remove(), 7000);
export const say = (text, undo) => {
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
arrive.push(e => one("[data-focus]", e)?.focus());

// A posting form says that it is busy, and is not posted twice.
d.addEventListener("submit", e => {
  if (e.target.dataset.busy) return e.preventDefault();
  if (e.target.method == "post" && !e.target.closest("dialog")) { e.target.dataset.busy = 1; e.submitter?.setAttribute("aria-busy", "true") }
});
addEventListener("pageshow", () => all("[data-busy]").forEach(f => { delete f.dataset.busy; all("[aria-busy]", f).forEach(b => b.removeAttribute("aria-busy")) }));

// What few pages need comes when it is needed.
const need = (s, name) => arrive.push(e => { if (e.matches?.(s) || one(s, e)) import(root.dataset.modules.replace("*", name)).then(m => all(s, d).forEach(m.default)) });
need("[data-draft]", "compose"); need("skill-picker", "picker"); need("[data-similar]", "similar");
if (root.dataset.live) import(root.dataset.modules.replace("*", "live")).then(m => m.default(root.dataset, htmx, say));
