// Sends what was written, shows it at once as on its way, and tells what went wrong.

import { clientWrites, operatorWrites } from "./api.js";
import { reply } from "./attach.js";
import { changed, state } from "./state.js";
import { say } from "./words.js";

const POSTS = { client: clientWrites, operator: operatorWrites };

// `more` is what goes with the words: a type, a file that was put there, buttons.
export function sendAs(side, text, more = {}) {
  const chat = state.chats.get(state.selected);
  if (!chat) return;
  // The vendor's id is chosen here, so that a second try is the same message and not another one.
  const vendorId = side === "client" ? Date.now() * 1000 + Math.floor(Math.random() * 1000) : uuid();
  const id = side === "client" ? `edna.default.${chat.channel}.${vendorId}` : vendorId;
  const now = Date.now();
  const { looks, refused, ...order } = more;
  const message = {
    id, vendorId, text, refused, [`${side}_sees`]: looks, order: { ...order, ...replied(side, chat) }, author: side, conversation: chat.id, pending: true, tick: "sending", refusals: 0, reason: "",
    at_client: side === "client" ? now : null, at_operator: side === "operator" ? now : null,
  };
  reply(side, null);
  void deliver(message);
}

// The answered message by the id that the vendor of this side knows: edna's clients quote their own by edna's number.
function replied(side, chat) {
  const id = state.replies[side];
  const quoted = id ? chat.messages.get(id) : null;
  if (!quoted) return {};
  return side === "client" && quoted.author === "client" ? { reply_to_own: id.split(".").at(-1) } : { reply_to: id };
}

export function sendAgain(message) {
  void deliver({ ...message, tick: "sending", reason: "" });
}

async function deliver(message) {
  show(message);
  const { conversation, text, vendorId: id, order, refused } = message;
  const answer = refused ?? await POSTS[message.author]({ ...order, conversation, text, id });
  if (!answer.ok && state.pending.has(message.id)) show({ ...message, tick: "failed", reason: why(answer) });
}

function show(message) {
  state.pending.set(message.id, message);
  changed("chats", null);
}

function why({ status, document }) {
  if (status === 0) return say("error_page");
  if (document.away) return say("error_away", say(`vendor_${document.away}`));
  return status === 409 ? say("error_409") : say("error_other", document.detail ?? status);
}

function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // Not in a secure context: the page was opened by another machine's address.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
