// The list of clients: who, where, the last words, what is unread.

import { summary } from "./contents.js";
import { element, find, reconcile } from "./element.js";
import { icon } from "./icons.js";
import { avatar, nameOf } from "./person.js";
import { keep, on, select, state, unreadIn } from "./state.js";
import { clock, currentLanguage, onLanguage, say } from "./words.js";

export function clients() {
  const list = find("clients");
  const render = () => {
    see();
    reconcile(list, [...state.chats.values()], (chat) => chat.id, () => element("li"), draw);
  };
  on(["chats", "selected", "channels"], render);
  on(["selected"], () => list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" }));
  onLanguage(render);
  document.addEventListener("visibilitychange", render);
}

export function step(by) {
  const ids = [...state.chats.keys()];
  const place = ids.indexOf(state.selected);
  select(ids[(place + by + ids.length) % ids.length]);
}

// The operator sees what is selected, as long as the page is looked at.
function see() {
  const chat = state.chats.get(state.selected);
  if (!chat || document.visibilityState !== "visible") return;
  const last = Math.max(0, ...[...chat.messages.values()].map((message) => message.at_operator ?? 0));
  if (last > (state.seen[chat.id] ?? 0)) {
    state.seen[chat.id] = last;
    keep();
  }
}

function draw(child, chat) {
  const last = [...chat.messages.values()].sort((one, other) => latest(one) - latest(other)).at(-1);
  const current = chat.id === state.selected;
  const unread = current ? 0 : unreadIn(chat);
  const channel = state.channels[chat.channel] ?? chat.channel;
  const looks = JSON.stringify([currentLanguage(), nameOf(chat), channel, last, current, unread]);
  if (child.dataset.looks === looks) return;
  child.dataset.looks = looks;
  const focused = child.contains(document.activeElement);
  child.replaceChildren(element("button", {
    type: "button", class: "client", "aria-current": current ? "true" : null, onclick: () => select(chat.id),
  },
  avatar(nameOf(chat)),
  element("span", { class: "client-name" }, nameOf(chat)),
  last ? element("time", {}, clock(latest(last))) : element("span"),
  element("span", { class: "client-last" },
    element("span", { class: `channel channel-${channel.toLowerCase()}` }, channel), " · ", last ? summary(last) : say("nothing_yet")),
  unread ? element("span", { class: "badge" }, String(unread), element("span", { class: "unseen" }, ` ${say("unread", unread)}`)) : null));
  if (focused) child.firstElementChild.focus();
}

function latest(message) {
  return Math.max(message.at_client ?? 0, message.at_operator ?? 0);
}

export function newClientButton(open) {
  const button = find("new-client");
  const render = () => button.replaceChildren(icon("plus"), element("span", {}, say("new_client")));
  button.addEventListener("click", open);
  onLanguage(render);
  render();
}
