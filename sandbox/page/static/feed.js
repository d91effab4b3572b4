// The messages of one conversation as one side sees them.

import { reply } from "./attach.js";
import { buttons, drawn, quotation } from "./contents.js";
import { element, reconcile } from "./element.js";
import { icon } from "./icons.js";
import { nameOf } from "./person.js";
import { messagesOf, selectedChat } from "./state.js";
import { tick } from "./ticks.js";
import { clock, currentLanguage, say } from "./words.js";

const NEAR_END = 120; // pixels: whoever reads above is not pulled down

export class Feed {
  // `press` is told which of a message's buttons was pressed; only clients have any to press.
  constructor(side, retry, press = null) {
    this.side = side;
    this.retry = retry;
    this.press = press;
    this.list = element("ol", { class: "messages" });
    this.empty = element("div", { class: "empty-chat" });
    this.box = element("div", { class: "feed", tabindex: "0", role: "region" }, this.empty, this.list);
    this.shown = null;
    this.made = new WeakMap(); // what was drawn of a file, by its message: drawn anew it would load again
  }

  render() {
    const chat = selectedChat();
    if (!chat) return;
    this.box.setAttribute("aria-label", say(this.side === "client" ? "phone_title" : "card_title"));
    const messages = messagesOf(chat, this.side);
    const nearEnd = this.nearEnd();
    const other = this.shown !== chat.id;
    reconcile(this.list, messages, (one) => `${chat.id}/${one.id}`, () => element("li"), (child, one) => this.draw(child, one, chat));
    this.drawEmpty(messages.length === 0);
    if (other || nearEnd || messages.at(-1)?.pending) this.box.scrollTop = this.box.scrollHeight;
    this.shown = chat.id;
  }

  draw(child, message, chat) {
    const looks = JSON.stringify([currentLanguage(), message, nameOf(chat)]);
    if (child.dataset.looks === looks) return;
    const arrived = child.dataset.looks === undefined && this.shown === chat.id;
    child.dataset.looks = looks;
    const own = message.author === this.side;
    const seen = message[`${this.side}_sees`] ?? {};
    child.className = `message ${own ? "own" : "their"}${arrived ? " arrived" : ""}${message.tick === "failed" && own ? " failed" : ""}`;
    const who = own ? say("you") : message.author === "client" ? nameOf(chat) : say("from_operator");
    child.replaceChildren(
      element("div", { class: "bubble" },
        element("span", { class: "unseen" }, `${who}: `),
        quotation(seen, chat),
        this.file(child, seen),
        element("span", { class: "said", dir: "auto" }, seen.text ?? message.text),
        buttons(seen, own ? null : this.press),
        element("span", { class: "foot" },
          message.pending ? null : this.answer(message, who),
          element("time", { datetime: new Date(message.at).toISOString() }, clock(message.at)), own ? tick(message) : null)),
      ...(own ? this.notes(message) : []),
    );
  }

  file(child, seen) {
    const key = JSON.stringify([currentLanguage(), seen]);
    const there = this.made.get(child);
    if (there?.key === key) return there.drawn;
    const made = drawn(seen);
    this.made.set(child, { key, drawn: made });
    // A picture has its height only now: whoever was at the end stays there.
    made?.addEventListener("load", () => { if (this.nearEnd(made.offsetHeight)) this.box.scrollTop = this.box.scrollHeight; });
    return made;
  }

  nearEnd(more = 0) {
    return this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < NEAR_END + more;
  }

  answer(message, who) {
    return element("button", {
      type: "button", class: "answer", title: say("reply"), "aria-label": `${say("reply")}: ${who}`,
      onclick: () => reply(this.side, message.id),
    }, icon("reply"));
  }

  notes(message) {
    const words = trouble(message);
    if (!words) return [];
    const again = message.tick === "failed" && message.pending
      ? element("button", { type: "button", class: "link", onclick: () => this.retry(message) }, say("again")) : null;
    return [element("p", { class: `note ${message.tick === "failed" ? "bad" : "warn"}` }, words, again ? " " : null, again)];
  }

  drawEmpty(empty) {
    this.empty.hidden = !empty;
    this.list.hidden = empty;
    if (!empty) return;
    this.empty.replaceChildren(
      icon(this.side === "client" ? "phone" : "chat"),
      element("p", { class: "empty-title" }, say(`${this.side}_empty`)),
      element("p", {}, say(`${this.side}_empty_do`)),
    );
  }
}

// What stands in a message's way, in words; nothing when all is well.
function trouble(message) {
  if (message.tick === "failed") {
    if (message.hook_refused) return say("hook_refused", message.hook_status ?? say("no_answer"));
    return message.reason || say("tick_failed");
  }
  const there = message.author === "client" ? message.tick === "delivered" : message.tick !== "sending";
  if (there) return "";
  if (message.hook_refused) return say("hook_waits", message.hook_status ?? say("no_answer"));
  if (!message.refusals) return "";
  const vendor = say(message.author === "client" ? "vendor_amojo" : "vendor_edna");
  return say("waits", vendor, message.refusal ?? say("no_answer"), message.refusals);
}
