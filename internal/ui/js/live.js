// Live updates: one event stream per browser. Where there is a SharedWorker it
// holds the stream for all tabs; otherwise each tab holds one while it is
// visible. An event's data is JSON with any of: toast (words), refresh (a
// selector: those elements hear the htmx trigger "live"), of and count (a place
// of the navigation and how many people wait there).
export default (root, htmx, say) => {
  const { live, worker } = root.dataset;
  const heard = m => {
    if (m.toast) say(m.toast);
    if (m.refresh) document.querySelectorAll(m.refresh).forEach(e => htmx.trigger(e, "live"));
    if ("count" in m) document.querySelectorAll(`[data-count="${CSS.escape(m.of)}"]`).forEach(e => { e.textContent = m.count || ""; e.parentElement.hidden = !m.count });
  };
  if (window.SharedWorker) {
    const w = new SharedWorker(worker, { type: "module" });
    w.port.onmessage = e => heard(e.data);
    w.port.postMessage({ open: new URL(live, location).href });
    addEventListener("pagehide", () => w.port.postMessage({ close: 1 }));
    addEventListener("pageshow", e => e.persisted && w.port.postMessage({ open: new URL(live, location).href }));
    return;
  }
  let es;
  const follow = () => {
    if (document.hidden) { es?.close(); es = 0 }
    else if (!es) { es = new EventSource(live); es.onmessage = e => heard(JSON.parse(e.data)) }
  };
  document.addEventListener("visibilitychange", follow);
  follow();
};
