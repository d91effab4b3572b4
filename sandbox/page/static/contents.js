// What stands in a message besides its words: a picture, a voice, a file, a place, a contact, buttons, a quotation.

import { element } from "./element.js";
import { say } from "./words.js";

const READ = (url) => `/api/files?url=${encodeURIComponent(url)}`;

const DRAWN = {
  image: (seen) => element("img", { class: "picture", src: READ(seen.url), alt: seen.name ?? say("kind_image") }),
  video: (seen) => element("video", { class: "picture", src: READ(seen.url), controls: true, preload: "metadata", "aria-label": seen.name }),
  audio: (seen) => element("audio", { src: READ(seen.url), controls: true, preload: "none", "aria-label": say("kind_audio") }),
  file: (seen) => element("a", { class: "file", href: READ(seen.url), download: seen.name ?? "file" }, seen.name ?? say("kind_file")),
  place: (seen) => element("span", { class: "file" }, `${say("kind_place")}: ${seen.place.latitude}, ${seen.place.longitude}`),
  contact: (seen) => element("span", { class: "file" }, [seen.contact.name, seen.contact.phone].filter(Boolean).join(", ")),
};

export function drawn(seen) {
  return DRAWN[seen.kind]?.(seen) ?? null;
}

// The words of the message that is answered, as far as this conversation still has it.
export function quotation(seen, chat) {
  const quoted = seen.quote ? chat.messages.get(seen.quote) : null;
  return quoted ? element("span", { class: "quote" }, summary(quoted)) : null;
}

export function summary(message) {
  const kind = message.client_sees?.kind ?? message.operator_sees?.kind;
  return message.text || (kind ? say(`kind_${kind}`) : "");
}

// The canonical types of what has no words of its own.
const OF_EVENTS = { picture: "image", sticker: "image", video: "video", audio: "audio", voice: "audio", file: "file", location: "place", contact: "contact" };

// What an event's content says, or what it is.
export function wordsOf(content) {
  const kind = OF_EVENTS[content?.type];
  return content?.text || (kind ? say(`kind_${kind}`) : "");
}

// Rows of buttons; `press` is told which one. Those with an address show it: the sandbox opens nothing by itself.
export function buttons(seen, press) {
  return (seen.buttons ?? []).map((row) => element("span", { class: "buttons" }, row.map((one) =>
    element("button", { type: "button", class: "small", title: one.url, disabled: !press || Boolean(one.url), onclick: () => press?.(one) }, one.text))));
}
