// The records that pass through Kafka, newest first.

import { wordsOf } from "./contents.js";
import { element, find, reconcile, write } from "./element.js";
import { icon } from "./icons.js";
import { openRecord } from "./record.js";
import { on, placeOf, state } from "./state.js";
import { clock, number, onLanguage, say } from "./words.js";

const ROWS = 150;
const FRESH_MS = 3000; // such a record lights up when it comes
const DIRECTIONS = ["inbound", "outbound", "status"];
const GROUPS = ["inbound", "outbound", "status", "receipts", "dlq", "quarantine", "links"];

const hidden = new Set();
let frozen = null; // the records that stay while it is paused

export function events() {
  on(["records", "links"], render);
  onLanguage(render);
  find("pause").addEventListener("click", () => { frozen = frozen ? null : state.records; render(); });
  setInterval(() => { if (document.visibilityState === "visible") renderTimes(); }, 1000);
  render();
}

function render() {
  drawFilters();
  drawPause();
  const shown = (frozen ?? state.records).filter((record) => !hidden.has(groupOf(record))).slice(-ROWS).reverse();
  reconcile(find("event-list"), shown, place, make, update);
  const away = state.links.kafka.state === "away";
  const why = hidden.size === GROUPS.length ? "events_hidden" : away ? "events_away" : "events_empty";
  find("events-empty").hidden = shown.length > 0;
  write(find("events-empty"), say(why));
}

function renderTimes() {
  for (const row of find("event-list").children) if (row.dataset.waits) updateTook(row, row.record);
}

function drawFilters() {
  reconcile(find("filters"), GROUPS, (group) => group,
    (group) => element("button", { type: "button", class: `chip topic-${group}`, onclick: () => flip(group) }, group),
    (chip, group) => chip.setAttribute("aria-pressed", String(!hidden.has(group))));
}

function flip(group) {
  if (hidden.has(group)) hidden.delete(group);
  else hidden.add(group);
  render();
}

function drawPause() {
  const button = find("pause");
  const since = frozen ? state.records.filter((record) => !frozen.includes(record)).length : 0;
  const words = frozen ? (since ? say("resume_new", since) : say("resume")) : say("pause");
  if (button.dataset.words === words) return;
  button.dataset.words = words;
  button.setAttribute("aria-pressed", String(Boolean(frozen)));
  button.replaceChildren(icon(frozen ? "play" : "pause"), element("span", {}, words));
}

function make(record) {
  const fresh = Date.now() - record.at < FRESH_MS ? " fresh" : "";
  const row = element("li", { class: `event topic-${groupOf(record)}${fresh}` },
    element("button", { type: "button", class: "event-row", onclick: () => openRecord(record) },
      element("time", { datetime: new Date(record.at).toISOString() }, clock(record.at, true)),
      element("span", { class: "topic" }, record.topic),
      element("span", { class: "place" }, `${record.partition}:${record.offset}`),
      element("span", { class: "key", title: record.key }, record.key || "–"),
      element("span", { class: "what" }),
      element("span", { class: "took" })));
  row.record = record;
  return row;
}

function update(row, record) {
  write(row.querySelector(".what"), what(record));
  updateTook(row, record);
}

function updateTook(row, record) {
  const [kind, words] = took(record);
  const target = row.querySelector(".took");
  write(target, words);
  target.className = `took took-${kind}`;
  if (kind === "waits") row.dataset.waits = "1";
  else delete row.dataset.waits;
}

function took(record) {
  if (!DIRECTIONS.includes(record.topic)) return ["none", ""];
  const receipt = state.receipts.get(place(record));
  if (!receipt) {
    const seconds = Math.floor((Date.now() - record.at) / 1000);
    return ["waits", seconds < 1 ? say("took_way") : say("took_waits", number(seconds))];
  }
  if (receipt.outcome === "skipped") return ["skipped", say("took_skipped")];
  if (receipt.outcome === "dead-lettered") return ["dead", say("took_dead")];
  const ms = receipt.latency_ms;
  return ["done", ms < 10_000 ? say("took_ms", number(ms)) : say("took_s", number(Math.round(ms / 1000)))];
}

const WHATS = {
  inbound: ({ value }) => say("what_inbound", value?.sender?.name ?? value?.address ?? "", wordsOf(value?.content)),
  outbound: ({ value }) => say("what_outbound", wordsOf(value?.content)),
  status: ({ value }) => say("what_status", say(`status_${value?.status ?? "unknown"}`)) + (value?.reason ? ` (${value.reason})` : ""),
  receipts: ({ value }) => say("what_receipt", say(`outcome_${value?.outcome}`)) + (value?.attempts > 1 ? ` · ${say("attempts", value.attempts)}` : ""),
  dlq: ({ headers }) => say("what_dlq", headers.find(([name]) => name === "dlq-reason")?.[1] ?? ""),
  quarantine: ({ value }) => say("what_quarantine", value?.detail ?? value?.reason ?? ""),
  links: () => say("what_links"),
};

function what(record) {
  return (WHATS[groupOf(record)] ?? (() => say("what_unknown")))(record);
}

function groupOf(record) {
  return record.topic.split(".").at(-1);
}

function place(record) {
  return placeOf(record.topic, record.partition, record.offset);
}
