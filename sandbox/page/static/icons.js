// The page's own small drawings.

import { svg } from "./element.js";

const STROKE = { fill: "none", stroke: "currentColor", "stroke-width": 1.8, "stroke-linecap": "round", "stroke-linejoin": "round" };

const PATHS = {
  clock: ["0 0 16 16", ["M8 4.5V8l2.2 1.6", "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12Z"]],
  check: ["0 0 16 16", ["M3 8.5 6.5 12 13 4.5"]],
  checks: ["0 0 20 16", ["M1.5 8.5 5 12l6.5-7.5", "M9.5 11l1 1L17 4.5"]],
  warning: ["0 0 16 16", ["M8 4.5V9", "M8 11.6v.1", "M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4Z"]],
  send: ["0 0 20 20", ["M3 10h13", "M11 5l5 5-5 5"]],
  reply: ["0 0 16 16", ["M6.5 4 2.5 8l4 4", "M2.5 8H9a4.5 4.5 0 0 1 4.5 4.5"]],
  plus: ["0 0 16 16", ["M8 3v10", "M3 8h10"]],
  pause: ["0 0 16 16", ["M5.5 3.5v9", "M10.5 3.5v9"]],
  play: ["0 0 16 16", ["M5 3.2v9.6L12.6 8Z"]],
  chat: ["0 0 48 48", ["M8 10h32v22H22l-8 7v-7H8Z", "M16 18h16", "M16 24h10"]],
  phone: ["0 0 48 48", ["M15 6h18v36H15Z", "M22 37h4"]],
};

export function icon(name) {
  const [box, paths] = PATHS[name];
  const drawn = svg("svg", { viewBox: box, "aria-hidden": "true", class: `icon icon-${name}`, focusable: "false" });
  drawn.append(...paths.map((d) => svg("path", { ...STROKE, d })));
  return drawn;
}
