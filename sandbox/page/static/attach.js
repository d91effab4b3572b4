// What goes with a message besides words: a menu beside the field, and the message that is answered.

import { putFile } from "./api.js";
import { summary } from "./contents.js";
import { element } from "./element.js";
import { icon } from "./icons.js";
import { changed, on, selectedChat, state } from "./state.js";
import { onLanguage, say } from "./words.js";

// The first part of a file's media type → its type at either vendor.
const TYPES = {
  client: { image: "IMAGE", audio: "AUDIO", video: "VIDEO", file: "DOCUMENT", voice: "VOICE", place: "LOCATION" },
  operator: { image: "picture", audio: "audio", video: "video", file: "file", voice: "voice", place: "location" },
};
const BUTTONS = { buttons: [["Да", "Нет"]] };

export class Attach {
  // `send` takes the words and what goes with them; `words` gives what stands in the field, and empties it.
  constructor(side, send, words) {
    this.side = side;
    this.send = send;
    this.words = words;
    this.input = element("input", { type: "file", id: `${side}-file`, class: "unseen", tabindex: "-1", onchange: () => this.chosen() });
    this.menu = element("div", { class: "attach-menu", role: "menu", id: `${side}-attach-menu` });
    this.menu.hidden = true;
    this.button = element("button", {
      type: "button", class: "attach", "aria-haspopup": "menu", "aria-controls": this.menu.id, "aria-expanded": "false",
      onclick: () => this.open(this.menu.hidden),
    }, icon("plus"));
    this.box = element("div", {
      class: "attach-box", onkeydown: (event) => this.pressed(event),
      onfocusout: (event) => { if (!this.box.contains(event.relatedTarget)) this.open(false); } }, this.input, this.button, this.menu);
    this.quote = element("div", { class: "replying" });
    this.quote.hidden = true;
    on(["reply", "selected"], () => this.render());
    onLanguage(() => this.render());
  }

  render() {
    this.button.setAttribute("aria-label", say("attach"));
    this.button.title = say("attach");
    this.input.setAttribute("aria-label", say("attach_file"));
    const acts = { attach_file: () => this.input.click(), attach_voice: () => this.put("voice"), attach_place: () => this.put("place") };
    if (this.side === "operator") acts.attach_buttons = () => this.say(BUTTONS);
    this.menu.replaceChildren(...Object.entries(acts).map(([word, act]) =>
      element("button", { type: "button", role: "menuitem", onclick: () => { this.open(false); act(); } }, say(word))));
    const answered = state.replies[this.side];
    const quoted = answered ? selectedChat()?.messages.get(answered) : null;
    this.quote.hidden = !quoted;
    if (!quoted) return;
    this.quote.replaceChildren(element("span", { class: "quote" }, summary(quoted)),
      element("button", { type: "button", class: "link", onclick: () => reply(this.side, null) }, say("cancel")));
  }

  open(wanted) {
    this.menu.hidden = !wanted;
    this.button.setAttribute("aria-expanded", String(wanted));
    if (wanted) this.menu.firstElementChild.focus();
  }

  pressed(event) {
    if (event.key !== "Escape" || this.menu.hidden) return;
    event.stopPropagation();
    this.open(false);
    this.button.focus();
  }

  async chosen() {
    const [file] = this.input.files;
    this.input.value = "";
    if (!file || !state.selected) return;
    const kind = file.type.split("/")[0];
    const known = ["image", "audio", "video"].includes(kind) ? kind : "file";
    const answer = await putFile(this.side, file);
    this.put(known, answer.ok ? { file: answer.document } : { refused: answer });
  }

  put(kind, more = {}) {
    const looks = more.file ? { kind, name: more.file.name, url: more.file.url } : {};
    this.send(this.words(), { type: TYPES[this.side][kind], ...more, looks });
  }

  say(more) {
    this.send(this.words() || say("buttons_ask"), more);
  }
}

export function reply(side, id) {
  state.replies[side] = id;
  changed("reply");
  if (id) document.getElementById(`${side}-text`)?.focus();
}
