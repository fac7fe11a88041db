// Shows incidents as they come. All texts are set as text, never as markup.
"use strict";
const rows = document.getElementById("rows");
const state = document.getElementById("state");
const ask = document.getElementById("ask");
const shown = new Map();
const most = 500; // incidents on the page, the latest
let token = "";
let last = "";

function show(incident) {
  const id = incident["tiercel.incident"];
  let row = shown.get(id);
  if (!row) {
    row = document.createElement("tr");
    for (let i = 0; i < 7; i++) row.append(document.createElement("td"));
    shown.set(id, row);
  }
  row.dataset.severity = incident["event.severity"];
  [
    incident["tiercel.severity"], incident["tiercel.entity"] || "(unknown)", incident["tiercel.class"],
    (incident["threat.technique.id"] || []).join(" "), incident["tiercel.count"], incident["event.end"] || "",
    [incident.message, incident["event.original"]].filter(Boolean).join(" — "),
  ].forEach((text, i) => { row.cells[i].textContent = text ?? ""; });
  rows.prepend(row);
  while (shown.size > most) {
    const [oldest, gone] = shown.entries().next().value;
    gone.remove();
    shown.delete(oldest);
  }
  state.textContent = shown.size + " incidents, live";
}

function take(text) {
  let data = "";
  for (const line of text.split("\n")) {
    if (line.startsWith("id: ")) last = line.slice(4);
    if (line.startsWith("data: ")) data = line.slice(6);
  }
  if (data) show(JSON.parse(data));
}

// EventSource cannot send a token, so the stream is read by fetch.
async function follow() {
  const headers = {};
  if (token) headers.Authorization = "Bearer " + token;
  if (last) headers["Last-Event-ID"] = last;
  const answer = await fetch("v1/events", { headers, cache: "no-store" });
  if (answer.status === 401 || answer.status === 403) {
    ask.hidden = false;
    state.textContent = "A token is needed.";
    return false;
  }
  if (!answer.ok) throw new Error("status " + answer.status);
  ask.hidden = true;
  state.textContent = shown.size + " incidents, live";
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ;) {
    const { value, done } = await reader.read();
    if (done) return true;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    parts.forEach(take);
  }
}

async function run() {
  for (;;) {
    try {
      if (!await follow()) return;
    } catch (error) {
      state.textContent = "Not connected (" + error.message + "); trying again …";
    }
    await new Promise((done) => setTimeout(done, 2000));
  }
}

ask.addEventListener("submit", (event) => {
  event.preventDefault();
  token = document.getElementById("token").value;
  run();
});
run();
