// The operator's card in amoCRM: who writes, from where, and the chat.

import { Composer } from "./composer.js";
import { element, find, write } from "./element.js";
import { Feed } from "./feed.js";
import { avatar, channelName, nameOf, phoneOf } from "./person.js";
import { sendAgain, sendAs } from "./sending.js";
import { on, selectedChat, state } from "./state.js";
import { onLanguage, say } from "./words.js";

// Rows of the card: word → what stands there. amoCRM knows a client only once a message has reached it.
const ROWS = {
  card_contact: (chat) => chat.amojo_name || nameOf(chat),
  card_phone: (chat) => phoneOf((chat.amojo_phone || chat.address).replace(/^\+/, "")),
  card_channel: (chat) => channelName(state.channels, chat.channel),
  card_conversation: (chat) => chat.id,
  card_chat: (chat) => chat.amojo_chat || say("card_unknown"),
};
const CODES = ["card_conversation", "card_chat"];

function classOf(word, chat) {
  if (word === "card_chat" && !chat.amojo_chat) return "not-yet";
  return CODES.includes(word) ? "code" : null;
}

export function card() {
  const feed = new Feed("operator", sendAgain);
  const composer = new Composer("operator", (words, more) => sendAs("operator", words, more));
  const title = element("h2", { id: "card-title", class: "pane-title" });
  const deal = element("h3");
  const face = element("div", { class: "face" });
  const facts = element("dl", { class: "facts" });
  find("card").append(title, element("div", { class: "lead" },
    element("aside", { class: "lead-side" }, face, facts),
    element("div", { class: "lead-chat" }, feed.box, composer.form)));

  function render() {
    const chat = selectedChat();
    if (!chat) return;
    write(title, say("card_title"));
    write(deal, ROWS.card_contact(chat));
    face.replaceChildren(avatar(nameOf(chat)), element("div", {}, deal,
      element("span", { class: "muted" }, say("card_contact"))));
    facts.replaceChildren(...Object.entries(ROWS).slice(1).flatMap(([word, read]) => [
      element("dt", {}, say(word)),
      element("dd", { class: classOf(word, chat), title: read(chat) }, read(chat)),
    ]));
    feed.render();
  }
  on(["chats", "selected", "channels"], render);
  on(["selected"], () => composer.render());
  onLanguage(() => { render(); composer.render(); });
}
