// Similar questions while the title is typed: the server answers with a piece
// of page that is shown below the field.
export default field => {
  if (field.dataset.ready) return;
  field.dataset.ready = 1;
  const place = document.getElementById(field.id + "-similar");
  let asked, was = "";
  const look = () => {
    clearTimeout(asked);
    asked = setTimeout(async () => {
      const w = field.value.trim();
      if (w == was) return;
      was = w;
      if (w.length < 8) return place.replaceChildren();
      const u = new URL(field.dataset.similar, location); u.searchParams.set("q", w);
      const r = await fetch(u, { headers: { "HX-Request": "true" } }).catch(() => {});
      if (r?.ok && field.value.trim() == w) place.replaceChildren(...new DOMParser().parseFromString(await r.text(), "text/html").body.childNodes);
    }, 350);
  };
  field.addEventListener("input", look);
  look(); // for what was typed before this script came
};
