// What the page asks of its server. Answers {ok, status, document}; never throws.

const post = (path, document) => sent(path, "application/json", JSON.stringify(document));

async function sent(path, type, body) {
  try {
    const answer = await fetch(path, { method: "POST", headers: { "Content-Type": type }, body });
    return { ok: answer.ok, status: answer.status, document: await answer.json().catch(() => ({})) };
  } catch {
    return { ok: false, status: 0, document: {} };
  }
}

export const clientWrites = (order) => post("/api/client/messages", order);
export const operatorWrites = (order) => post("/api/operator/messages", order);
export const putFile = (side, file) =>
  sent(`/api/files?side=${side}&name=${encodeURIComponent(file.name)}`, "application/octet-stream", file);
export const clientReads = (conversation) => post("/api/client/read", { conversation });
export const addClient = (name, address, channel) => post("/api/clients", { name, address, channel });
export const turn = (vendor, name, on) => post("/api/switches", { vendor, switch: name, on });
