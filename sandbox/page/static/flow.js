// What the system does between the two vendors: one card for each direction, and the vendors' switches at both ends.

import { turn } from "./api.js";
import { element, find, reconcile, write } from "./element.js";
import { sparkline } from "./sparkline.js";
import { on, state } from "./state.js";
import { number, onLanguage, say } from "./words.js";

const FIGURES = ["lanes", "held", "in_flight", "retries", "delivered", "repeated", "dead_letters", "lag"];
const HOT = { lanes: "warn", held: "warn", in_flight: "busy", dead_letters: "bad" };
const RETRIES_SHOW_FOR = 4; // looks, one a second

const retriesBefore = new Map(); // direction → the last counts of retries

export function flow() {
  const row = find("flow-row");
  const render = () => {
    const [first, ...rest] = state.vendors;
    if (!first) return;
    reconcile(row, [first, ...state.directions, ...rest], (item) => item.name, make, update);
  };
  on(["vendors"], render);
  on(["directions"], () => { remember(); render(); });
  onLanguage(render);
}

function make(item) {
  return "switches" in item ? makeVendor(item) : makeDirection();
}

function update(child, item) {
  if ("switches" in item) updateVendor(child, item);
  else updateDirection(child, item);
}

function makeVendor(vendor) {
  return element("section", { class: "vendor" },
    element("h3"), element("p", { class: "vendor-state" }),
    element("div", { class: "switches", role: "group" },
      state.switches.map((name) => element("button", {
        type: "button", role: "switch", class: "switch", "data-switch": name,
        onclick: (event) => flip(event.currentTarget, vendor.name, name),
      }, element("span", { class: "knob", "aria-hidden": "true" }), element("span", { class: "switch-word" })))),
    element("p", { class: "muted more" }));
}

async function flip(button, vendor, name) {
  const on = button.getAttribute("aria-checked") !== "true";
  button.disabled = true;
  const answer = await turn(vendor, name, on);
  button.disabled = false;
  button.focus();
  if (answer.ok) button.setAttribute("aria-checked", String(answer.document.switches[name]));
}

function updateVendor(child, vendor) {
  const title = say(`vendor_${vendor.name}`);
  write(child.querySelector("h3"), say("vendor_title", title));
  child.querySelector(".switches").setAttribute("aria-label", say("vendor_title", title));
  write(child.querySelector(".vendor-state"), say(vendor.answers ? "vendor_ok" : "vendor_away"));
  child.dataset.state = vendor.answers ? "ok" : "down";
  for (const button of child.querySelectorAll(".switch")) {
    const name = button.dataset.switch;
    write(button.querySelector(".switch-word"), say(`switch_${name}`));
    button.setAttribute("aria-checked", String(Boolean(vendor.switches[name])));
    button.disabled = !vendor.answers;
  }
  write(child.querySelector(".more"), vendor.other_faults ? say("other_faults", vendor.other_faults) : "");
}

function makeDirection() {
  return element("section", { class: "direction" },
    element("header", {}, element("h3"), element("p", { class: "muted path" }), element("span", { class: "pill" })),
    element("div", { class: "chart" }),
    element("dl", { class: "figures" },
      FIGURES.map((name) => element("div", { "data-figure": name }, element("dt"), element("dd")))),
    element("p", { class: "muted foot-note" }));
}

function updateDirection(child, direction) {
  const { name, processes, figures } = direction;
  const state_ = stateOf(direction);
  child.dataset.state = state_;
  write(child.querySelector("h3"), say(`direction_${name}`));
  const many = processes > 1 ? ` · ${say("processes", processes)}` : "";
  write(child.querySelector(".path"), say(`path_${name}`) + many);
  write(child.querySelector(".pill"), say(`state_${state_}`));
  child.querySelector(".chart").replaceChildren(sparkline(direction.waiting, say("chart")));
  for (const figure of child.querySelectorAll("[data-figure]")) {
    const key = figure.dataset.figure;
    const value = figures[key] ?? 0;
    write(figure.querySelector("dd"), number(value));
    write(figure.querySelector("dt"), say(`figure_${key}`));
    figure.className = value > 0 && HOT[key] ? HOT[key] : "";
    if (key === "retries" && state_ === "retrying") figure.className = "warn";
  }
  write(child.querySelector(".foot-note"), note(direction));
}

function stateOf({ name, processes, figures }) {
  if (processes === 0) return "down";
  if (!(figures.held > 0)) return "ok";
  const counts = retriesBefore.get(name) ?? [];
  return counts.length > 1 && counts.at(-1) > counts[0] ? "retrying" : "busy";
}

function note({ processes, figures }) {
  if (processes === 0) return say("down_do");
  return figures.retries ? say("retries_of", figures.transient, figures.throttled, figures.refused) : "";
}

function remember() {
  for (const { name, figures } of state.directions) {
    retriesBefore.set(name, [...(retriesBefore.get(name) ?? []), figures.retries ?? 0].slice(-RETRIES_SHOW_FOR * 2));
  }
}
