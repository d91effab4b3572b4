// Where one side writes: Enter sends, Shift+Enter is a new line, each conversation keeps its own draft.

import { Attach } from "./attach.js";
import { element, find } from "./element.js";
import { icon } from "./icons.js";
import { keep, state } from "./state.js";
import { say } from "./words.js";

const LONGEST = 4096;
const TALLEST = 120; // pixels

export class Composer {
  constructor(side, send) {
    this.side = side;
    this.send = send;
    this.field = element("textarea", {
      id: `${side}-text`, rows: 1, maxlength: LONGEST, autocomplete: "off", enterkeyhint: "send",
      oninput: () => this.typed(), onkeydown: (event) => this.pressed(event),
    });
    this.button = element("button", { type: "submit", class: "send" }, icon("send"));
    this.attach = new Attach(side, send, () => this.taken());
    this.form = element("form", { class: "composer", onsubmit: (event) => this.submit(event) },
      this.attach.quote, this.attach.box, this.field, this.button);
  }

  render() {
    const draft = state.drafts[this.side][state.selected] ?? "";
    if (this.field.value !== draft) this.field.value = draft;
    const placeholder = say(`${this.side}_write`);
    this.field.placeholder = placeholder;
    this.field.setAttribute("aria-label", placeholder);
    this.button.setAttribute("aria-label", say("send"));
    this.button.title = say("send");
    this.button.disabled = draft.trim() === "";
    this.attach.render();
    this.grow();
  }

  typed() {
    state.drafts[this.side][state.selected] = this.field.value;
    this.button.disabled = this.field.value.trim() === "";
    keep();
    this.grow();
  }

  pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.submit(event);
  }

  submit(event) {
    event.preventDefault();
    if (!this.field.value.trim() || !state.selected) return;
    this.send(this.taken());
    find(`${this.side}-text`).focus();
  }

  // What stands in the field, which is empty then.
  taken() {
    const words = this.field.value.trim();
    delete state.drafts[this.side][state.selected];
    this.field.value = "";
    keep();
    this.render();
    return words;
  }

  grow() {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, TALLEST)}px`;
  }
}
