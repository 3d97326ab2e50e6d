// The composer: Markdown buttons and a draft kept on this device, which
// survives a crash of the browser.
const wrap = { bold: ["**", "**"], italic: ["_", "_"], code: ["`", "`"], link: ["[", "](https://)"], mention: ["@", ""] };
const lead = { quote: "> ", list: "- " };

const format = (t, md) => {
  const { selectionStart: a, selectionEnd: b, value: v } = t, s = v.slice(a, b);
  let put, from = a, pick;
  if (lead[md] || md == "code" && s.includes("\n")) {
    from = v.lastIndexOf("\n", a - 1) + 1;
    const lines = v.slice(from, b);
    put = md == "code" ? "```\n" + lines + "\n```" : lines.split("\n").map(l => lead[md] + l).join("\n");
    pick = [from + put.length, from + put.length];
  } else {
    const [x, y] = wrap[md];
    put = x + s + y; pick = [a + x.length, a + x.length + s.length];
  }
  t.focus(); t.setSelectionRange(from, b);
  // execCommand keeps the browser's own undo; setRangeText is for where it is gone.
  if (!document.execCommand?.("insertText", false, put)) t.setRangeText(put, from, b, "end");
  t.setSelectionRange(...pick);
  t.dispatchEvent(new Event("input", { bubbles: true }));
};

export default box => {
  if (box.dataset.ready) return;
  box.dataset.ready = 1;
  const t = box.querySelector("textarea"), tools = box.querySelector(".tools"), said = box.querySelector("[data-saved]"), form = box.closest("form");
  tools.addEventListener("click", e => { const b = e.target.closest("[data-md]"); b && format(t, b.dataset.md) });
  t.addEventListener("keydown", e => {
    const md = (e.ctrlKey || e.metaKey) && { b: "bold", i: "italic" }[e.key];
    if (md) { e.preventDefault(); format(t, md) }
  });
  // The whole form is kept, not the text alone; never passwords and files. A
  // picker of skills keeps its words in a hidden field.
  const key = "draft:" + box.dataset.draft, keep = 30 * 864e5;
  const picked = f => f.closest("skill-picker");
  const fields = () => [...form.elements].filter(f => f.name && (picked(f) || !/^(password|file|hidden|submit|button)$/.test(f.type)));
  const tick = f => /^(checkbox|radio)$/.test(f.type);
  // Beside a draft, words that came with the page are words too: the server
  // refused them and sent them back.
  let old;
  const typed = () => fields().some(f => !tick(f) && f.defaultValue != null && f.value.trim() && (old && !picked(f) || f.value != f.defaultValue));
  // Words that were there before this was: typed while it was on its way.
  const early = typed();
  try {
    for (const k of Object.keys(localStorage)) if (k.startsWith("draft:") && JSON.parse(localStorage[k]).at < Date.now() - keep) localStorage.removeItem(k);
    old = JSON.parse(localStorage[key] || "null");
    if (old && !t.value) {
      for (const f of fields()) {
        const v = old.v[f.name]; if (!v) continue;
        if (tick(f)) f.checked = v.includes(f.value);
        else if (!f.value) { f.value = v[0]; if (picked(f)) f.defaultValue = v[0]; said.textContent = box.dataset.saidRestored }
        f.dispatchEvent(new Event("restore"));
      }
    }
  } catch { return }
  let timer;
  const save = () => {
    clearTimeout(timer);
    const v = {};
    for (const f of fields()) if (tick(f) ? f.checked : f.value) (v[f.name] ||= []).push(f.value);
    try {
      if (t.value.trim() || typed()) { localStorage[key] = JSON.stringify({ at: Date.now(), v }); said.textContent = box.dataset.saidSaved }
      else { localStorage.removeItem(key); said.textContent = "" }
    } catch { said.textContent = "" }
  };
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(save, 600) });
  if (early) timer = setTimeout(save, 600);
  addEventListener("pagehide", () => { if (timer) save() });
  // The server takes the cookie away when the form was carried out; only then
  // does app.js forget the draft.
  form.addEventListener("submit", () => {
    clearTimeout(timer); timer = 0; save();
    try { sessionStorage["draft:sent"] = key } catch {}
    document.cookie = "draft=1;path=/;max-age=600;samesite=lax";
  });
};
