// Notes that only the browsers of a room's members can read. The format stands
// in docs/vault.md; words come from the page. Nothing here sends a private key,
// a recovery code or a word of a note, and no field of it has a name.
const te = new TextEncoder(), S = globalThis.crypto?.subtle, V = Uint8Array.of(1);
const curve = { name: "ECDH", namedCurve: "P-256" };
const random = n => crypto.getRandomValues(new Uint8Array(n));
const cat = (...parts) => { const a = new Uint8Array(parts.reduce((n, p) => n + p.length, 0)); let i = 0; for (const p of parts) { a.set(p, i); i += p.length } return a };
const text64 = b => { let s = ""; for (const x of b) s += String.fromCharCode(x); return btoa(s).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "") };
const from64 = t => Uint8Array.from(atob(t.replace(/-/g, "+").replace(/_/g, "/")), c => c.charCodeAt(0));
const body = b => { if (b[0] != 1) throw Error("format"); return b.subarray(1) }; // of a blob, behind its format
const sha = async b => new Uint8Array(await S.digest("SHA-256", b));
const aes = raw => S.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
const derive = async (ikm, salt, info) => S.deriveKey({ name: "HKDF", hash: "SHA-256", salt, info: te.encode(info) }, await S.importKey("raw", ikm, "HKDF", false, ["deriveKey"]), { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
const gcm = (iv, aad) => ({ name: "AES-GCM", iv, additionalData: te.encode(aad) });
const lock = async (key, aad, data) => { const iv = random(12); return cat(V, iv, new Uint8Array(await S.encrypt(gcm(iv, aad), key, data))) };
const unlock = async (key, aad, blob) => { const b = body(blob); return new Uint8Array(await S.decrypt(gcm(b.subarray(0, 12), aad), key, b.subarray(12))) };
const point = raw => S.importKey("raw", raw, curve, false, []);
const agree = async (own, raw) => new Uint8Array(await S.deriveBits({ name: "ECDH", public: await point(raw) }, own, 256));

// The key of a note for one reader: a one-time key and the sealer's own both
// enter, so only the sealer and the reader could have made it.
const boxKey = async (once, own, withOnce, withOwn, e, info) => derive(cat(await agree(once, withOnce), await agree(own, withOwn)), e, info);
const sealBox = async (own, to, info, raw) => {
  const pair = await S.generateKey(curve, false, ["deriveBits"]), e = new Uint8Array(await S.exportKey("raw", pair.publicKey)), pub = body(from64(to));
  const k = await boxKey(pair.privateKey, own, pub, pub, e, info);
  return text64(cat(V, e, new Uint8Array(await S.encrypt(gcm(new Uint8Array(12), ""), k, raw))));
};
const openBox = async (own, by, info, box) => {
  const b = body(from64(box)), e = b.subarray(0, 65);
  return new Uint8Array(await S.decrypt(gcm(new Uint8Array(12), ""), await boxKey(own, own, e, body(from64(by)), e, info), b.subarray(65)));
};
const context = (room, n, author) => ["guildhall vault 1 note", room, n.name, n.person, n.version, author].join("\n");
const boxInfo = async (ctx, sealed, by, to) => ["guildhall vault 1 box", ctx, text64(await sha(sealed)), by, to].join("\n");
// The length of a note is told in steps of 256 bytes only.
const pad = t => { const b = te.encode(t); return cat(b, Uint8Array.of(128), new Uint8Array(255 - b.length % 256)) };
const unpad = b => { const i = b.lastIndexOf(128); return new TextDecoder("utf-8", { fatal: true }).decode(b.subarray(0, i)) };

// Recovery codes: 26 letters of 5 bits, and two that find slips of the pen.
const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const check = async c => { const h = await sha(te.encode("guildhall vault 1 check\n" + c)); return letters[h[0] & 31] + letters[h[1] & 31] };
const newCode = async () => { const c = [...random(26)].map(x => letters[x & 31]).join(""); return c + await check(c) };
const readCode = async t => {
  const c = t.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
  return c.length == 28 && [...c].every(x => letters.includes(x)) && await check(c.slice(0, 26)) == c.slice(26) ? c : "";
};
const codeKey = (c, person) => derive(te.encode(c.slice(0, 26)), new Uint8Array(0), "guildhall vault 1 code\n" + person);
const keysAAD = (person, pub) => "guildhall vault 1 keys\n" + person + "\n" + pub;

const api = async (method, path, data) => {
  const r = await fetch("/api/v1" + path, { method, headers: data ? { "Content-Type": "application/json" } : {}, body: data && JSON.stringify(data) });
  if (!r.ok) throw Object.assign(Error(r.status), { status: r.status });
  return r.status == 204 ? null : r.json();
};

// What this device keeps of a person: their keys, whose keys it has seen, which
// versions it has read, and a draft that is sealed as well.
const disk = async (mode, act) => {
  const d = await new Promise((ok, no) => { const r = indexedDB.open("guildhall-vault", 1); r.onupgradeneeded = () => r.result.createObjectStore("people", { keyPath: "person" }); r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error) });
  try { return await new Promise((ok, no) => { const t = d.transaction("people", mode), r = act(t.objectStore("people")); t.oncomplete = () => ok(r.result); t.onabort = t.onerror = () => no(t.error) }) } finally { d.close() }
};

export default box => {
  if (box.dataset.ready) return;
  box.dataset.ready = 1;
  const { vault: path, room, person, zone, dates } = box.dataset, place = box.querySelector("[data-place]");
  const one = (s, e = place) => e.querySelector(s), all = (s, e = place) => [...e.querySelectorAll(s)];
  const part = name => one(`[data-part=${name}]`, box).content.cloneNode(true);
  const show = (name, focus) => { place.replaceChildren(part(name)); if (focus) one(focus)?.focus() };
  const say = name => all("[data-say]").forEach(p => p.hidden = p.dataset.say != name);
  const on = (s, fn) => { const b = one(s); if (b) b.onclick = async () => {
    if (b.getAttribute("aria-busy")) return;
    b.setAttribute("aria-busy", "true"); say("");
    try { await fn() } catch (e) { say(e.status == 409 ? "conflict" : e.status == 404 ? "gone" : e.status == 422 ? "refused" : "offline") } finally { b.removeAttribute("aria-busy") }
  } };
  let own, device, was; // the server's word on our keys, what this device has, what it had of other keys

  const keep = async change => {
    change(device);
    if (device.kept) await disk("readwrite", s => { const r = s.get(person); r.onsuccess = () => { if (r.result?.key == device.key) { change(r.result); s.put(r.result) } }; return r }).catch(() => (device.kept = false));
  };
  const install = async (key, pub, seed, kept) => {
    const local = await S.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]), trust = was?.trust || {};
    if (was && was.public != pub) (trust[person] ||= []).push(was.public);
    device = { person, key, public: pub, own: await S.importKey("pkcs8", seed, curve, false, ["deriveBits"]), local, seed: await lock(local, "seed", seed), trust, seen: was?.seen || {}, draft: {}, kept };
    was = null;
    if (kept) await disk("readwrite", s => s.put(device)).catch(() => (device.kept = false));
    else await disk("readwrite", s => s.delete(person)).catch(() => {});
  };

  const start = async () => {
    try {
      if (!one("[data-part=notes]", box)) {
        const r = await fetch(path, { headers: { "HX-Request": "true" } });
        if (!r.ok) throw Error(r.status);
        box.append(...new DOMParser().parseFromString(await r.text(), "text/html").querySelectorAll("[data-part], [data-names]"));
      }
      if (!S || !globalThis.indexedDB) return show("insecure");
      own = await api("GET", "/me/keys");
      was = await disk("readonly", s => s.get(person)).catch(() => null);
      if (own.id && was?.key == own.id && was.public == own.public) { device = was; was = null; return await notes() }
      own.id ? enter() : intro();
    } catch { show("failed"); on("[data-do=again]", start) }
  };

  const intro = () => { show("intro"); on("[data-do=make]", makeKeys) };
  const makeKeys = async () => {
    const pair = await S.generateKey(curve, true, ["deriveBits"]), pub = text64(cat(V, new Uint8Array(await S.exportKey("raw", pair.publicKey))));
    const seed = new Uint8Array(await S.exportKey("pkcs8", pair.privateKey));
    await giveCode(pub, seed, async (sealed, kept) => {
      const made = await api("POST", "/me/keys", { public: pub, sealed, ...own.id && { replaces: own.id } });
      await install(made.id, pub, seed, kept);
      own = { id: made.id, public: pub };
    });
  };
  // giveCode shows a new recovery code; nothing is kept before its last group
  // was typed.
  const giveCode = async (pub, seed, done) => {
    const code = await newCode(), sealed = text64(await lock(await codeKey(code, person), keysAAD(person, pub), seed));
    show("code", "[data-code]");
    one("[data-code]").textContent = code.match(/.{4}/g).join(" ");
    if (device) { one("[data-keep]").checked = device.kept; one("[data-keep]").closest("label").hidden = true }
    on("[data-do=copy]", async () => { await navigator.clipboard.writeText(one("[data-code]").textContent); say("copied") });
    on("[data-do=back]", () => device ? notes() : start());
    on("[data-do=kept]", async () => {
      if (one("#vault-last").value.toUpperCase().replace(/\s/g, "").replace(/O/g, "0").replace(/[IL]/g, "1") != code.slice(-4)) return say("last"), one("#vault-last").focus();
      await done(sealed, one("[data-keep]").checked); await notes("#vault-text");
    });
  };
  const enter = () => {
    show("enter"); one("[data-changed]").hidden = !was;
    on("[data-do=new]", makeKeys);
    on("[data-do=enter]", async () => {
      const field = one("#vault-code"), code = await readCode(field.value);
      if (!code) return say("slip"), field.focus();
      own = await api("GET", "/me/keys"); // the code may be newer than this page
      let seed;
      try { seed = await unlock(await codeKey(code, person), keysAAD(person, own.public), from64(own.sealed)) } catch { return say("wrong"), field.focus() }
      await install(own.id, own.public, seed, one("[data-keep]").checked); await notes("#vault-text");
    });
  };

  // Whom to believe. The first keys of a member are believed; other keys than
  // those seen before are not, until the reader says that they compared them.
  let members, keys, items = [], cursor = "", editing = null, sent = null;
  // dirty is what was typed and is kept nowhere yet.
  const dirty = yes => box.toggleAttribute("data-dirty", yes);
  const known = k => k.public == device.public && k.person == person || device.trust[k.person]?.includes(k.public);
  const current = p => [...keys.values()].find(k => k.person == p && k.current);
  const believed = () => members.filter(p => p != person).map(current).filter(k => k && device.trust[k.person]?.at(-1) == k.public);
  const standing = p => {
    const k = current(p), seen = device.trust[p];
    if (!k) return "none";
    if (seen?.at(-1) == k.public) return "known";
    const earlier = [...keys.values()].filter(x => x.person == p && x.id != k.id).map(x => x.id);
    return seen || items.some(n => earlier.includes(n.key) || n.open_to.some(x => earlier.includes(x))) ? "changed" : "first";
  };

  const open = async n => {
    const a = keys.get(n.key), b = keys.get(n.box?.by);
    if (!n.box) return { state: "locked" };
    try {
      if (a.person != n.person) throw Error("author");
      const sealed = from64(n.sealed), ctx = context(room, n, a.public);
      const raw = await openBox(device.own, b.public, await boxInfo(ctx, sealed, b.public, device.public), n.box.sealed);
      return { text: unpad(await unlock(await aes(raw), ctx, sealed)), raw, ctx, sealed, known: known(a) && known(b), again: b.id != a.id && b.person != n.person };
    } catch { return { state: "broken" } }
  };
  const load = async (before, limit = 30) => {
    const p = await api("GET", `${path}?limit=${limit}&cursor=${before}`);
    members = p.members; keys = new Map([...before && keys || [], ...p.keys.map(k => [k.id, k])]);
    return p;
  };
  // share opens to everybody believed what this device can read and they cannot.
  const share = async () => {
    let boxes = [], before = "", n = 0;
    const send = async () => { if (boxes.length) await api("POST", path + "/boxes", { key: device.key, boxes: boxes.splice(0) }) };
    do {
      const p = await load(before, 100);
      for (const x of p.items) for (const k of believed().filter(k => !x.open_to.includes(k.id))) {
        const o = await open(x);
        if (!o.known) continue;
        boxes.push({ note: x.id, version: x.version, for: k.id, sealed: await sealBox(device.own, k.public, await boxInfo(o.ctx, o.sealed, device.public, k.public), o.raw) }); n++;
        if (boxes.length == 100) await send();
      }
      before = p.next_cursor;
    } while (before);
    await send();
    return n;
  };

  const notes = async focus => {
    await fetchNotes();
    show("notes", focus);
    wire(); await settle();
  };
  const fetchNotes = async () => { const p = await load(""); items = p.items; cursor = p.next_cursor };
  // settle shows what was fetched, and opens earlier notes to those who have
  // made keys since.
  const settle = async () => {
    let joined = false;
    for (const m of members.filter(m => m != person && standing(m) == "first")) { const k = current(m).public; await keep(d => d.trust[m] = [k]); joined = true }
    await draw();
    if (joined) say("joined");
    if (believed().some(k => items.some(n => n.box && !n.open_to.includes(k.id))) && await share()) { await fetchNotes(); await draw(); say("shared") }
  };
  const again = async () => { await fetchNotes(); await settle() };

  const draw = async () => {
    for (const m of members) all(`[data-of="${m}"]`).forEach(e => e.hidden = e.dataset.is != standing(m));
    one("[data-number]").textContent = await number();
    one("[data-do=older]").hidden = !cursor;
    one("[data-empty]").hidden = items.length > 0;
    const when = new Intl.DateTimeFormat(dates, { dateStyle: "medium", timeStyle: "short", timeZone: zone });
    const rows = [];
    for (const n of items) {
      const row = part("note"), li = row.firstElementChild, o = await open(n), t = one("time", li), seen = device.seen[n.id] || 0;
      one("[data-author]", li).textContent = n.author;
      t.dateTime = n.created_at; t.textContent = when.format(new Date(n.created_at));
      one("[data-text]", li).textContent = o.text ?? "";
      if (!o.text) one("[data-text]", li).remove();
      const by = o.again && names(keys.get(n.box.by).person);
      all("[data-mark]", li).forEach(e => {
        const k = e.dataset.mark, yes = k == o.state || k == "edited" && n.version > 1 || k == "unknown" && o.text != null && !o.known || k == "stale" && seen > n.version || k == "again" && by;
        if (!yes) return e.remove();
        e.textContent = e.textContent.replace("%s", k == "again" ? by : n.author);
      });
      if (n.person != person) one("[data-acts]", li).remove();
      else {
        const edit = one("[data-do=edit]", li), del = one("[data-do=delete]", li), label = " " + t.textContent;
        for (const b of [edit, del]) if (b) b.append(Object.assign(document.createElement("span"), { className: "vh", textContent: label }));
        if (edit && o.text == null) edit.remove(); else if (edit) edit.onclick = () => begin(n, o.text);
        del.onclick = () => { const ask = part("gone"), acts = one("[data-acts]", li), before = [...acts.childNodes];
          acts.replaceChildren(ask); one("[data-do=stay]", acts).focus();
          one("[data-do=stay]", acts).onclick = () => { acts.replaceChildren(...before); del.focus() };
          one("[data-do=sure]", acts).onclick = async () => { try { await api("DELETE", path + "/" + n.id); if (editing?.id == n.id) begin(); await again(); say("deleted"); (one("#vault-text") || box.firstElementChild).focus() } catch (e) { say(e.status == 404 ? "gone" : "offline") } };
        };
      }
      if (o.text != null && n.version > seen) await keep(d => d.seen[n.id] = n.version);
      rows.push(row);
    }
    one("[data-list]").replaceChildren(...rows);
  };
  const names = p => one(`[data-name="${p}"]`, box)?.textContent || "";
  // The number is the same for everybody whose devices see the same keys.
  const number = async () => {
    const lines = [...members].sort().map(p => p + " " + (p == person ? device.public : current(p)?.public || "-"));
    const h = new DataView((await sha(te.encode("guildhall vault 1 number\n" + lines.join("\n")))).buffer);
    return Array.from({ length: 8 }, (_, i) => String(h.getUint32(4 * i) % 100000).padStart(5, "0")).join(" ");
  };

  const begin = (note, text = "") => {
    const t = one("#vault-text");
    editing = note || null; sent = null; t.value = text; dirty(false);
    one("[data-new]").hidden = !!note; one("[data-editing]").hidden = !note; one("[data-do=cancel]").hidden = !note;
    if (note) t.focus();
  };
  const write = async text => {
    const version = editing ? editing.version + 1 : 1, raw = random(32);
    // The same words under the same name: sent twice they are there once.
    if (sent?.text != text) sent = { text, name: editing?.name || text64(random(16)) };
    const ctx = context(room, { name: sent.name, person, version }, device.public), sealed = await lock(await aes(raw), ctx, pad(text)), boxes = [];
    for (const k of [{ id: device.key, public: device.public }, ...believed()]) boxes.push({ for: k.id, sealed: await sealBox(device.own, k.public, await boxInfo(ctx, sealed, device.public, k.public), raw) });
    const note = { key: device.key, version, sealed: text64(sealed), boxes };
    editing ? await api("PUT", path + "/" + editing.id, note) : await api("POST", path, { name: sent.name, ...note });
  };
  const wire = () => {
    const t = one("#vault-text");
    let timer;
    if (t) {
      t.oninput = () => {
        dirty(!!t.value.trim()); clearTimeout(timer);
        if (!editing && device.kept) timer = setTimeout(async () => { const v = t.value.trim() && text64(await lock(device.local, "draft " + room, te.encode(t.value))); await keep(d => { d.draft[room] = v }); dirty(!device.kept) }, 500);
      };
      t.onkeydown = e => { if (e.key == "Enter" && (e.ctrlKey || e.metaKey)) { e.preventDefault(); one("[data-do=save]").click() } };
      if (device.draft[room]) unlock(device.local, "draft " + room, from64(device.draft[room])).then(b => { if (!t.value) { t.value = new TextDecoder().decode(b); say("draft") } }, () => {});
      on("[data-do=save]", async () => {
        const text = t.value.trim();
        if (!text) return say("empty"), t.focus();
        if (text.length > 20000) return say("long"), t.focus();
        await write(text);
        clearTimeout(timer); if (!editing) await keep(d => { delete d.draft[room] }); begin();
        await again(); say("saved");
      });
      on("[data-do=cancel]", async () => { begin(); t.focus() });
    }
    on("[data-do=older]", async () => { const p = await load(cursor); items.push(...p.items); cursor = p.next_cursor; await draw() });
    on("[data-do=again]", again);
    for (const b of all("[data-do=believe]")) on(`[data-do=believe][data-who="${b.dataset.who}"]`, async () => {
      const k = current(b.dataset.who).public;
      await keep(d => (d.trust[b.dataset.who] ||= []).push(k)); await share(); await again(); say("believed"); (t || box.firstElementChild).focus();
    });
    on("[data-do=code]", async () => giveCode(device.public, await unlock(device.local, "seed", device.seed), sealed => api("PUT", "/me/keys/" + device.key, { sealed })));
    on("[data-do=forget]", async () => { await disk("readwrite", s => s.delete(person)); device = null; editing = null; dirty(false); await start() });
  };
  addEventListener("beforeunload", e => { if ("dirty" in box.dataset) e.preventDefault() });

  const turn = () => { if (box.open && !device && !box.dataset.begun) { box.dataset.begun = 1; start() } };
  box.addEventListener("toggle", turn);
  turn();
};
