// On a narrow screen one of client, operator and events is shown.

import { changed } from "./state.js";

export function tabs() {
  for (const button of document.querySelectorAll(".tabs [data-tab]")) button.addEventListener("click", () => show(button.dataset.tab));
  show("client");
}

export function show(tab) {
  document.body.dataset.tab = tab;
  for (const button of document.querySelectorAll(".tabs [data-tab]")) {
    if (button.dataset.tab === tab) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  }
  changed("tab");
}
