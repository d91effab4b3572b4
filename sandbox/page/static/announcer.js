// Tells assistive technology of messages that arrive.

import { summary } from "./contents.js";
import { find, write } from "./element.js";
import { nameOf } from "./person.js";
import { on } from "./state.js";
import { say } from "./words.js";

export function announcer() {
  on(["chats"], (detail) => {
    for (const { side, message } of detail?.fresh ?? []) {
      const word = side === "operator" ? "arrived_client" : "arrived_operator";
      write(find("announcer"), say(word, nameOf(detail.chat), summary(message)));
    }
  });
}
