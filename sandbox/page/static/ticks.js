// How far a message got, as a small sign that also has words.

import { element } from "./element.js";
import { icon } from "./icons.js";
import { say } from "./words.js";

const SIGNS = { sending: "clock", sent: "check", delivered: "checks", read: "checks", failed: "warning" };

export function tick(message) {
  const own = message.author === "client" && ["sent", "delivered"].includes(message.tick);
  const words = say(own ? `tick_client_${message.tick}` : `tick_${message.tick}`);
  return element("span", { class: `tick tick-${message.tick}`, role: "img", "aria-label": words, title: words },
    icon(SIGNS[message.tick]));
}
