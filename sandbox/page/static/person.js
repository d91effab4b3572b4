// How a person is drawn: initials on a colour of their own, a name that is never empty, a phone that can be read.

import { element } from "./element.js";

const HUES = 8;

export function avatar(name) {
  const words = name.replace(/[^\p{L}\p{N}\s-]/gu, "").split(/[\s-]+/).filter(Boolean);
  const initials = words.slice(0, 2).map((word) => [...word][0].toUpperCase()).join("") || "?";
  const hue = [...name].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % HUES;
  return element("span", { class: `avatar hue-${hue}`, "aria-hidden": "true" }, initials);
}

export function nameOf(chat) {
  return chat.name || chat.amojo_name || phoneOf(chat.address) || chat.id;
}

export function phoneOf(address) {
  const match = /^7(\d{3})(\d{3})(\d{2})(\d{2})$/.exec(address);
  if (match) return `+7 ${match[1]} ${match[2]}-${match[3]}-${match[4]}`;
  return /^\d+$/.test(address) ? `+${address}` : address;
}

export function channelName(channels, channel) {
  return channels[channel] ? `${channels[channel]} ${channel}` : channel || "amoCRM";
}
