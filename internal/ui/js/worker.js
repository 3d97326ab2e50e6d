// Holds the one event stream of this browser and hands what arrives to every
// tab.
const ports = new Set();
let es;
onconnect = ({ ports: [port] }) => {
  port.onmessage = ({ data }) => {
    if (data.open) {
      ports.add(port);
      if (!es || es.readyState == 2) {
        es = new EventSource(data.open);
        es.onmessage = e => ports.forEach(p => p.postMessage(JSON.parse(e.data)));
      }
    }
    if (data.close) { ports.delete(port); if (!ports.size) { es?.close(); es = 0 } }
  };
};
