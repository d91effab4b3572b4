// The client reads what the phone shows, a moment after it is shown, as long as somebody looks at the page.

import { clientReads } from "./api.js";
import { find } from "./element.js";
import { on, selectedChat } from "./state.js";

const MOMENT_MS = 1200;
const AGAIN_MS = 3000;

let timer = 0;

export function reading() {
  on(["chats", "selected", "tab"], () => consider(MOMENT_MS));
  document.addEventListener("visibilitychange", () => consider(MOMENT_MS));
  window.addEventListener("resize", () => consider(MOMENT_MS));
}

function consider(after) {
  clearTimeout(timer);
  if (unreadOnShow()) timer = setTimeout(read, after);
}

async function read() {
  const chat = unreadOnShow();
  if (!chat) return;
  const answer = await clientReads(chat.id);
  if (!answer.ok) consider(AGAIN_MS);
}

function unreadOnShow() {
  const chat = selectedChat();
  const shown = document.visibilityState === "visible" && find("phone").offsetParent !== null;
  return chat && shown && [...chat.messages.values()].some((message) => message.readable) ? chat : null;
}
