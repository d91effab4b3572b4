// The keyboard: what each key does, and the window that tells it.

import { step } from "./clients.js";
import { element, find } from "./element.js";
import { openNewcomer } from "./newcomer.js";
import { show } from "./tabs.js";
import { say } from "./words.js";

// With Alt, by the key's place on the keyboard: on some systems Alt changes what a key types.
const WITH_ALT = {
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  Digit1: () => { show("client"); find("client-text").focus(); },
  Digit2: () => { show("operator"); find("operator-text").focus(); },
  Digit3: () => { show("events"); (find("event-list").querySelector("button") ?? find("event-list")).focus(); },
  KeyN: openNewcomer,
};

const LIST = [
  ["Enter", "keys_send"], ["Shift + Enter", "keys_line"], ["Alt + ↓", "keys_next"], ["Alt + ↑", "keys_previous"],
  ["Alt + 1", "keys_client"], ["Alt + 2", "keys_operator"], ["Alt + 3", "keys_events"], ["Alt + N", "keys_new"],
  ["?", "keys_help"], ["Esc", "keys_close"],
];

export function keys() {
  document.addEventListener("keydown", pressed);
  find("show-keys").addEventListener("click", openKeys);
}

function pressed(event) {
  if (document.querySelector("dialog[open]")) return;
  if (event.altKey && !event.ctrlKey && !event.metaKey && WITH_ALT[event.code]) {
    event.preventDefault();
    WITH_ALT[event.code]();
  } else if (event.key === "?" && !/^(TEXTAREA|INPUT|SELECT)$/.test(event.target.tagName)) {
    event.preventDefault();
    openKeys();
  }
}

function openKeys() {
  const dialog = find("keys-dialog");
  dialog.replaceChildren(
    element("h2", { id: "keys-title" }, say("keys")),
    element("dl", { class: "keys" }, LIST.flatMap(([key, word]) => [
      element("dt", {}, key.split(" + ").flatMap((one, place) => [place ? " + " : null, element("kbd", {}, one)])),
      element("dd", {}, say(word))])),
    element("div", { class: "buttons" },
      element("button", { type: "button", class: "primary", autofocus: true, onclick: () => dialog.close() }, say("close"))));
  dialog.showModal();
}
