"use strict";
// The form "Try it", and the address of this server in the examples.
const form = document.getElementById("try");
const text = document.getElementById("text");
const stream = document.getElementById("stream");
const status = document.getElementById("status");
const cancel = document.getElementById("cancel");
const button = form.querySelector("button.primary");
const translation = document.getElementById("translation");
const wire = document.getElementById("wire");
const base = new URL(".", document.baseURI).href.replace(/\/$/, "");
const WIRE_LIMIT = 20000; // characters of the raw response: more than anybody reads, and quick to render
let running = null;

for (const code of document.querySelectorAll("section pre code")) {
  code.textContent = code.textContent.replaceAll("http://127.0.0.1:8000", base);
}
form.hidden = false;

function say(words, failed = false) {
  status.textContent = words;
  status.classList.toggle("failed", failed);
}

function show(raw) {
  if (wire.textContent.length < WIRE_LIMIT) wire.append(raw);
}

async function refusal(response) {
  const raw = await response.text();
  show(raw);
  try {
    return JSON.parse(raw).detail.map((fault) => fault.msg).join("; ");
  } catch {
    return response.statusText;
  }
}

// Offsets in the events count bytes of UTF-8.
function gap(bytes, from, to) {
  return new TextDecoder().decode(bytes.subarray(from, to));
}

async function readStream(response, source) {
  const bytes = new TextEncoder().encode(source);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "", end = 0, finished = false;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    show(value);
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const name = /^event: (.*)$/m.exec(event)?.[1];
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (!name) continue;
      const content = JSON.parse(data);
      if (name === "segment") {
        translation.append(gap(bytes, end, content.start), content.translation);
        end = content.end;
        say(`${content.done} of ${content.total}`);
      } else if (name === "done") {
        translation.append(gap(bytes, end, bytes.length));
        say(`${content.sentences} ${content.sentences === 1 ? "sentence" : "sentences"}, ${content.duration_ms} ms`);
        finished = true;
      } else {
        throw new Error(content.message);
      }
    }
  }
  if (!finished) throw new Error("the connection closed before the translation was complete");
}

async function readWhole(response) {
  const raw = await response.text();
  show(raw);
  translation.textContent = JSON.parse(raw).text_en;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (running) return;
  running = new AbortController();
  button.disabled = true;
  cancel.hidden = false;
  translation.textContent = wire.textContent = "";
  document.getElementById("answer").hidden = false;
  say("…");
  const start = performance.now();
  try {
    const source = text.value;
    const response = await fetch(base + (stream.checked ? "/translate/stream" : "/translate"), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ text_de: source }),
      signal: running.signal,
    });
    if (!response.ok) {
      say(await refusal(response), true);
    } else if (stream.checked) {
      await readStream(response, source);
    } else {
      await readWhole(response);
      say(`${Math.round(performance.now() - start)} ms`);
    }
  } catch (error) {
    if (error.name === "AbortError") say("cancelled");
    else say(error.message, true);
  } finally {
    running = null;
    button.disabled = false;
    cancel.hidden = true;
  }
});

cancel.addEventListener("click", () => running?.abort());
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
