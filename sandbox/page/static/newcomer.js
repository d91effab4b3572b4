// The window that adds a client. It is filled in already: Enter is enough.

import { addClient } from "./api.js";
import { element, find } from "./element.js";
import { changed, select, state } from "./state.js";
import { say } from "./words.js";

const NAMES = ["Ольга Лебедева", "Тимур Ахметов", "Мария Кузнецова", "John Carter", "Алексей Морозов", "Лейла Гасанова"];
let met = 0;

export function openNewcomer() {
  const dialog = find("client-dialog");
  const name = element("input", { name: "name", required: true, maxlength: 64, value: NAMES[met % NAMES.length], autocomplete: "off" });
  const phone = element("input", { name: "address", required: true, inputmode: "tel", value: somePhone(), autocomplete: "off" });
  const channel = element("select", { name: "channel" },
    Object.entries(state.channels).map(([id, title]) => element("option", { value: id }, `${title} ${id}`)));
  const trouble = element("p", { class: "bad", role: "alert" });

  async function add(event) {
    event.preventDefault();
    const answer = await addClient(name.value, phone.value, channel.value);
    if (!answer.ok) {
      trouble.textContent = answer.document.field ? say(`wrong_${answer.document.field}`) : say("error_page");
      return;
    }
    met += 1;
    dialog.close();
    selectWhenTold(answer.document.id);
  }
  dialog.replaceChildren(
    element("h2", { id: "client-dialog-title" }, say("new_title")),
    element("form", { onsubmit: add },
      element("label", {}, say("new_name"), name), element("label", {}, say("new_phone"), phone),
      element("label", {}, say("new_channel"), channel), trouble,
      element("div", { class: "buttons" },
        element("button", { type: "button", class: "plain", onclick: () => dialog.close() }, say("cancel")),
        element("button", { type: "submit", class: "primary" }, say("add")))));
  dialog.showModal();
  name.select();
}

function selectWhenTold(id, tries = 40) {
  if (state.chats.has(id)) {
    select(id);
    changed("chats", null);
    find("client-text").focus();
  } else if (tries > 0) {
    setTimeout(() => selectWhenTold(id, tries - 1), 50);
  }
}

function somePhone() {
  return `+7 9${String(Math.floor(Math.random() * 1e9)).padStart(9, "0").replace(/(\d\d)(\d{3})(\d\d)(\d\d)/, "$1 $2-$3-$4")}`;
}
