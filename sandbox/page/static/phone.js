// The client's phone.

import { Composer } from "./composer.js";
import { element, find, write } from "./element.js";
import { Feed } from "./feed.js";
import { nameOf } from "./person.js";
import { sendAgain, sendAs } from "./sending.js";
import { on, selectedChat, state } from "./state.js";
import { onLanguage, say } from "./words.js";

export function phone() {
  const feed = new Feed("client", sendAgain, (button) => sendAs("client", button.text, { payload: button.payload }));
  const composer = new Composer("client", (words, more) => sendAs("client", words, more));
  const title = element("h2", { id: "phone-title", class: "pane-title" });
  const company = element("strong");
  const channel = element("span");
  const face = element("span", { class: "avatar company", "aria-hidden": "true" });
  const device = element("div", { class: "device" },
    element("div", { class: "device-head" }, face, element("div", { class: "who" }, company, channel)),
    feed.box, composer.form);
  find("phone").append(title, device);

  function render() {
    const chat = selectedChat();
    if (!chat) return;
    write(title, say("phone_title"));
    write(company, say("phone_company"));
    write(face, [...say("phone_company")][0]);
    write(channel, say("phone_from", state.channels[chat.channel] ?? chat.channel, nameOf(chat)));
    device.dataset.channel = (state.channels[chat.channel] ?? "").toLowerCase();
    feed.render();
  }
  on(["chats", "selected", "channels"], render);
  on(["selected"], () => composer.render());
  onLanguage(() => { render(); composer.render(); });
}
