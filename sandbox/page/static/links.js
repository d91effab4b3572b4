// Which parts work, and in words what does not.

import { element, find, reconcile, write } from "./element.js";
import { on, state } from "./state.js";
import { onLanguage, say } from "./words.js";

export function links() {
  on(["links", "vendors", "directions"], render);
  onLanguage(render);
}

function render() {
  if (!state.vendors.length && state.connection !== "lost") return;
  drawParts();
  reconcile(find("troubles"), troubles(), ([name]) => name, () => element("p", { class: "trouble" }),
    (child, [, words]) => write(child, words));
}

function parts() {
  const vendor = (name) => (state.vendors.find((one) => one.name === name)?.answers ? "ok" : "away");
  const agents = state.directions.every((one) => one.processes > 0) ? "ok" : "away";
  return [["edna", vendor("edna")], ["gateway", state.links.gateway], ["kafka", state.links.kafka.state],
    ["agents", agents], ["amojo", vendor("amojo")]];
}

function drawParts() {
  const lost = state.connection === "lost";
  reconcile(find("links"), parts(), ([name]) => name,
    () => element("li", {}, element("span", { class: "dot", "aria-hidden": "true" }), element("span", { class: "part" }), element("span", { class: "unseen" })),
    (child, [name, condition]) => {
      const shown = lost ? "unknown" : condition;
      child.dataset.state = shown;
      child.title = say(shown);
      write(child.children[1], say(`link_${name}`));
      write(child.children[2], `: ${say(shown)}`);
    });
}

function troubles() {
  if (state.connection === "lost") return [["page", say("trouble_page")]];
  const found = [];
  const { kafka, gateway } = state.links;
  if (kafka.state === "away") found.push(["kafka", say("trouble_kafka")]);
  if (kafka.state === "missing") found.push(["missing", say("trouble_missing", kafka.missing.join(", "))]);
  if (gateway === "away") found.push(["gateway", say("trouble_gateway")]);
  if (gateway === "unready") found.push(["unready", say("trouble_unready")]);
  for (const vendor of state.vendors) if (!vendor.answers) found.push([vendor.name, say(`trouble_${vendor.name}`)]);
  return found;
}
