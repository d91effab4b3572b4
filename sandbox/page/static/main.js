// Puts the page together.

import { announcer } from "./announcer.js";
import { card } from "./card.js";
import { clients, newClientButton } from "./clients.js";
import { events } from "./events.js";
import { flow } from "./flow.js";
import { keys } from "./keys.js";
import { links } from "./links.js";
import { openNewcomer } from "./newcomer.js";
import { phone } from "./phone.js";
import { reading } from "./reading.js";
import { watch } from "./stream.js";
import { tabs } from "./tabs.js";
import { label, speak } from "./words.js";

label();
for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => speak(button.dataset.language));
}
for (const part of [tabs, links, clients, phone, card, flow, events, keys, reading, announcer]) part();
newClientButton(openNewcomer);
watch();
document.body.dataset.started = "yes";
