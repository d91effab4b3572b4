// One record in full: where it stands, its headers, its value.

import { element, find } from "./element.js";
import { clock, say } from "./words.js";

export function openRecord(record) {
  const dialog = find("record-dialog");
  const value = typeof record.value === "string" ? record.value : JSON.stringify(record.value, null, 2);
  dialog.replaceChildren(
    element("h2", { id: "record-title" }, say("record")),
    element("p", { class: "code" }, `${record.topic} · ${record.partition}:${record.offset} · ${clock(record.at, true)}`),
    element("h3", {}, say("record_key")), element("p", { class: "code" }, record.key || "–"),
    element("h3", {}, say("record_headers")),
    element("dl", { class: "headers" }, record.headers.flatMap(([name, text]) => [element("dt", {}, name), element("dd", {}, text)])),
    element("h3", {}, say("record_value")),
    element("pre", { class: "code", tabindex: "0" }, value),
    element("div", { class: "buttons" },
      element("button", { type: "button", class: "primary", autofocus: true, onclick: () => dialog.close() }, say("close"))));
  dialog.showModal();
}
