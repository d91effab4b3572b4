// Sends what was written, shows it at once as on its way, and tells what went wrong.

import { clientWrites, operatorWrites } from "./api.js";
import { changed, state } from "./state.js";
import { say } from "./words.js";

const POSTS = { client: clientWrites, operator: operatorWrites };

export function sendAs(side, text) {
  const chat = state.chats.get(state.selected);
  if (!chat) return;
  // The vendor's id is chosen here, so that a second try is the same message and not another one.
  const vendorId = side === "client" ? Date.now() * 1000 + Math.floor(Math.random() * 1000) : uuid();
  const id = side === "client" ? `edna.default.${chat.channel}.${vendorId}` : vendorId;
  const now = Date.now();
  const message = {
    id, vendorId, text, author: side, conversation: chat.id, pending: true, tick: "sending", refusals: 0, reason: "",
    at_client: side === "client" ? now : null, at_operator: side === "operator" ? now : null,
  };
  void deliver(message);
}

export function sendAgain(message) {
  void deliver({ ...message, tick: "sending", reason: "" });
}

async function deliver(message) {
  show(message);
  const answer = await POSTS[message.author](message.conversation, message.text, message.vendorId);
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
