// A small chart of the last minute.

import { svg } from "./element.js";

const WIDTH = 120;
const HEIGHT = 28;

export function sparkline(looks, words) {
  const values = looks.length > 1 ? looks : [0, 0];
  const highest = Math.max(1, ...values);
  const step = WIDTH / Math.max(1, values.length - 1);
  const points = values.map((value, place) => `${(place * step).toFixed(1)},${(HEIGHT - 2 - (value / highest) * (HEIGHT - 4)).toFixed(1)}`);
  const drawn = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: values.some(Boolean) ? "sparkline" : "sparkline spark-still", role: "img", "aria-label": words, preserveAspectRatio: "none" });
  drawn.append(
    svg("path", { class: "spark-area", d: `M0,${HEIGHT} L${points.join(" L")} L${WIDTH},${HEIGHT} Z` }),
    svg("path", { class: "spark-line", d: `M${points.join(" L")}`, "vector-effect": "non-scaling-stroke" }),
  );
  return drawn;
}
