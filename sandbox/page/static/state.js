// All that the page shows, and who wants to hear of a change.

const KEPT_AS = "edna-amocrm.page";
export const RECORDS_KEPT = 300;
const NO_END = new Set(["refused", "part"]); // outcomes of receipts after which their event goes on

const listeners = new Map();

export const state = {
  connection: "connecting", // connecting · open · lost
  channels: {},
  switches: [],
  chats: new Map(), // id → {…, messages: Map}
  pending: new Map(), // id of a message → the message, until the server tells of it
  records: [],
  receipts: new Map(), // place of a source record → its receipt
  directions: [],
  vendors: [],
  replies: { client: null, operator: null }, // id of the message that is being answered
  links: { kafka: { state: "unknown", missing: [] }, gateway: "unknown" },
  ...restored(),
};

function restored() {
  const empty = { selected: null, drafts: { client: {}, operator: {} }, seen: {} };
  try {
    return { ...empty, ...JSON.parse(localStorage.getItem(KEPT_AS) ?? "{}") };
  } catch {
    return empty;
  }
}

export function keep() {
  const { selected, drafts, seen } = state;
  try {
    localStorage.setItem(KEPT_AS, JSON.stringify({ selected, drafts, seen }));
  } catch { /* not kept, then */ }
}

export function on(topics, listener) {
  for (const topic of topics) listeners.set(topic, [...(listeners.get(topic) ?? []), listener]);
}

// One view that fails must not take the others with it.
export function changed(topic, detail) {
  for (const listener of listeners.get(topic) ?? []) {
    try {
      listener(detail);
    } catch (error) {
      console.error(topic, error);
    }
  }
}

export function select(id) {
  if (!state.chats.has(id) || state.selected === id) return;
  state.selected = id;
  state.replies = { client: null, operator: null };
  keep();
  changed("selected");
}

export function selectedChat() {
  return state.chats.get(state.selected) ?? null;
}

// The messages that one side sees, in the order in which they came there.
export function messagesOf(chat, side) {
  const at = side === "client" ? "at_client" : "at_operator";
  const waiting = [...state.pending.values()].filter((one) => one.conversation === chat.id && one.author === side);
  return [...chat.messages.values(), ...waiting]
    .filter((one) => one[at] !== null || one.author === side)
    .map((one) => ({ ...one, at: one[at] ?? one.at_client ?? one.at_operator }))
    .sort((one, other) => one.at - other.at);
}

export function unreadIn(chat) {
  const seen = state.seen[chat.id] ?? 0;
  return [...chat.messages.values()].filter((one) =>
    one.author === "client" ? one.at_operator > seen : one.at_client !== null && ["sent", "delivered", "sending"].includes(one.tick),
  ).length;
}

export function takeSnapshot(snapshot) {
  for (const name of ["channels", "switches", "directions", "vendors", "links"]) state[name] = snapshot[name];
  state.chats = new Map(snapshot.chats.map((chat) => [chat.id, withMessages(chat)]));
  state.records = [];
  state.receipts.clear();
  takeRecords(snapshot.records);
  for (const chat of state.chats.values()) for (const id of chat.messages.keys()) state.pending.delete(id);
  if (!state.chats.has(state.selected)) state.selected = snapshot.chats[0]?.id ?? null;
  for (const topic of ["channels", "chats", "records", "directions", "vendors", "links", "selected"]) changed(topic, null);
}

export function takeChat(told) {
  const chat = state.chats.get(told.id) ?? withMessages({ ...told, messages: [] });
  Object.assign(chat, told, { messages: chat.messages });
  const fresh = [];
  for (const id of told.moved) chat.messages.delete(id);
  for (const message of told.messages) {
    const before = chat.messages.get(message.id);
    for (const [side, at] of [["client", "at_client"], ["operator", "at_operator"]]) {
      if (message.author !== side && message[at] !== null && (before?.[at] ?? null) === null) fresh.push({ side, message });
    }
    chat.messages.set(message.id, message);
    state.pending.delete(message.id);
  }
  state.chats.set(chat.id, chat);
  changed("chats", { chat, fresh });
}

export function takeRecords(records) {
  for (const record of records) {
    const source = record.topic.replace(/\.receipts$/, "");
    if (source !== record.topic && !NO_END.has(record.value?.outcome)) {
      state.receipts.set(placeOf(source, record.partition, record.value?.offset), record.value);
    }
  }
  state.records = [...state.records, ...records].slice(-RECORDS_KEPT);
  if (state.receipts.size > 4 * RECORDS_KEPT) {
    state.receipts = new Map([...state.receipts].slice(-2 * RECORDS_KEPT));
  }
  changed("records", records);
}

export function placeOf(topic, partition, offset) {
  return `${topic}/${partition}/${offset}`;
}

function withMessages(chat) {
  return { ...chat, messages: new Map(chat.messages.map((message) => [message.id, message])) };
}
