// <skill-picker> around a text input that takes skills separated by commas:
// suggestions while typing, the chosen ones as tags.
let n = 0;
const make = (tag, props) => Object.assign(document.createElement(tag), props);

export default box => {
  if (box.dataset.ready) return;
  box.dataset.ready = 1;
  const plain = box.querySelector("input"), id = "sp" + n++, here = document.activeElement == plain;
  const words = () => plain.value.split(",").map(s => s.trim()).filter(Boolean);
  const input = make("input", { className: "input", type: "text", autocomplete: "off", role: "combobox", ariaExpanded: "false", ariaAutoComplete: "list", dir: "auto" });
  const list = make("ul", { className: "menu picker-list", id, role: "listbox", hidden: true }), tags = make("span", { className: "line-up tight" });
  // The label and the description now belong to what people type in.
  input.id = plain.id; plain.id = ""; input.placeholder = plain.placeholder; input.required = plain.required && !plain.value; plain.required = false;
  for (const a of ["aria-describedby", "aria-invalid"]) if (plain.hasAttribute(a)) input.setAttribute(a, plain.getAttribute(a));
  input.setAttribute("aria-controls", id);
  // What was typed before this script came is not a skill yet.
  if (plain.value != plain.defaultValue) { const all = plain.value.split(","); input.value = all.pop().trim(); plain.value = all.join(",") }
  plain.type = "hidden";
  list.ariaLabel = box.closest(".field")?.querySelector("label")?.firstChild.textContent.trim() || "";
  box.append(tags, input, list);
  let at = -1, asked, need = input.required;
  const set = list => { plain.value = list.join(", "); input.required = need && !list.length; plain.dispatchEvent(new Event("input", { bubbles: true })); draw() };
  const draw = () => tags.replaceChildren(...words().map(w => {
    const b = make("button", { type: "button", className: "tag hit", textContent: w + " ×", ariaLabel: box.dataset.remove + " " + w });
    b.onclick = () => { set(words().filter(x => x != w)); input.focus() };
    return b;
  }));
  const close = () => { list.hidden = true; input.ariaExpanded = "false"; at = -1; input.removeAttribute("aria-activedescendant") };
  const add = w => { w = w.trim().replace(/,+$/, ""); if (w && !words().some(x => x.toLowerCase() == w.toLowerCase())) set([...words(), w]); input.value = ""; close() };
  const mark = k => {
    const o = [...list.children]; if (!o.length) return;
    at = (k + o.length) % o.length; o.forEach((x, i) => x.ariaSelected = i == at);
    input.setAttribute("aria-activedescendant", o[at].id); o[at].scrollIntoView({ block: "nearest" });
  };
  input.oninput = () => {
    if (input.value.includes(",")) return add(input.value);
    clearTimeout(asked);
    const w = input.value.trim();
    if (!w) return close();
    asked = setTimeout(async () => {
      const u = new URL(box.dataset.src, location); u.searchParams.set("q", w);
      const r = await fetch(u).catch(() => {});
      if (!r?.ok || input.value.trim() != w) return;
      const items = (await r.json()).items;
      list.replaceChildren(...items.map((x, i) => {
        const li = make("li", { id: id + "-" + i, role: "option", textContent: x.title });
        if (x.kind) li.append(make("small", { textContent: x.kind }));
        li.onmousedown = e => { e.preventDefault(); add(x.title) };
        return li;
      }));
      list.hidden = !items.length; input.ariaExpanded = String(!list.hidden); at = -1;
    }, 120);
  };
  input.onkeydown = e => {
    const m = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (m && !list.hidden) { e.preventDefault(); mark(at < 0 && m < 0 ? -1 : at + m) }
    else if (e.key == "Enter" && input.value.trim()) { e.preventDefault(); add(at < 0 ? input.value : list.children[at].firstChild.textContent) }
    else if (e.key == "Escape") close();
    else if (e.key == "Backspace" && !input.value) set(words().slice(0, -1));
  };
  input.onblur = () => { if (input.value.trim()) add(input.value); close() };
  plain.addEventListener("restore", draw);
  draw();
  if (here) input.focus();
};
