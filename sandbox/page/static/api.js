// What the page asks of its server. Answers {ok, status, document}; never throws.

async function post(path, document) {
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(document),
    });
    return { ok: answer.ok, status: answer.status, document: await answer.json().catch(() => ({})) };
  } catch {
    return { ok: false, status: 0, document: {} };
  }
}

export const clientWrites = (conversation, text, id) => post("/api/client/messages", { conversation, text, id });
export const operatorWrites = (conversation, text, id) => post("/api/operator/messages", { conversation, text, id });
export const clientReads = (conversation) => post("/api/client/read", { conversation });
export const addClient = (name, address, channel) => post("/api/clients", { name, address, channel });
export const turn = (vendor, name, on) => post("/api/switches", { vendor, switch: name, on });
