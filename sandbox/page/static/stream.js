// The server's events. A stream that breaks is opened again, by the browser or, where it gives up, by us.

import { changed, state, takeChat, takeRecords, takeSnapshot } from "./state.js";

const AGAIN_MS = 1500;
const SILENT_MS = 12_000; // figures come every second; a stream that says nothing is dead

const TAKES = {
  snapshot: takeSnapshot,
  chat: takeChat,
  records: takeRecords,
  directions: (directions) => { state.directions = directions; changed("directions"); },
  vendors: ({ vendors }) => { state.vendors = vendors; changed("vendors"); },
  links: (links) => { state.links = links; changed("links"); },
};

export function watch() {
  const source = new EventSource("/api/stream");
  let last = Date.now();
  const again = () => {
    clearInterval(guard);
    source.close();
    connection("lost");
    setTimeout(watch, AGAIN_MS);
  };
  const guard = setInterval(() => { if (Date.now() - last > SILENT_MS) again(); }, 1000);
  for (const [name, take] of Object.entries(TAKES)) {
    source.addEventListener(name, (event) => {
      last = Date.now();
      take(JSON.parse(event.data));
      connection("open");
    });
  }
  source.addEventListener("error", () => {
    connection("lost");
    if (source.readyState === EventSource.CLOSED) again();
  });
}

function connection(now) {
  if (state.connection === now) return;
  state.connection = now;
  changed("links");
}
