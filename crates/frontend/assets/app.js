// Enhancements of the pages, which also work without script. Loaded in the head, before there is a
// body: each part waits until its elements have arrived.
"use strict";
(() => {
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  root.classList.add("js");

  // ---- theme: system, light or dark; set before the first paint ----
  const themes = { "": "system", light: "light", dark: "dark" };
  const saved = () => { try { return localStorage.getItem("theme") || ""; } catch { return ""; } };
  const setTheme = (theme) => {
    if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
    const button = byId("theme");
    if (button) button.title = button.ariaLabel = `Theme: ${themes[theme]}`;
  };
  setTheme(saved());
  addEventListener("storage", () => setTheme(saved()));

  const number = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  const plural = (n, word) => `${number(n)} ${word}${n === 1 ? "" : "s"}`;

  // ---- times in the browser's zone ----
  const showTimes = () => {
    for (const time of document.querySelectorAll("time[datetime]")) {
      const date = new Date(time.dateTime);
      if (isNaN(date) || time.title) continue;
      const clock = date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
      const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 864e5);
      const year = date.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
      const day = days === 0 ? "today" : days === 1 ? "yesterday" : date.toLocaleDateString("en-GB", { day: "numeric", month: "short", year });
      time.title = date.toLocaleString("en-GB");
      time.textContent = `${day} ${clock}`;
    }
  };

  // ---- the form ----
  const encoder = new TextEncoder();
  const size = (text) => encoder.encode(text).length; // the value of a text area has LF for line breaks, which the server counts too
  const inWords = (bytes) => bytes < 1024 ? `${bytes} bytes` : bytes < 1048576 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1048576).toFixed(1)} MiB`;
  const tooBig = (bytes, limit) => {
    const exact = (size) => `${number(size)} bytes`;
    const say = inWords(bytes) === inWords(limit) ? exact : inWords; // exact if the two sizes look equal
    return `is too long: it has ${say(bytes)}, and the limit is ${say(limit)}.`;
  };
  const setUpForm = (form) => {
    const text = byId("text"), count = byId("count"), button = byId("translate");
    const limit = Number(form.dataset.limit);
    const say = (problem) => { byId("problem").textContent = problem; };
    const tooLong = () => {
      if (text.value.length * 3 <= limit) return ""; // at most three bytes per UTF-16 unit
      const bytes = size(text.value);
      return bytes <= limit ? "" : `The text ${tooBig(bytes, limit)} Translate it in parts.`;
    };
    let timer;
    // Shows the length of the text. Returns the problem with it, if any.
    const measure = () => {
      const value = text.value;
      const words = (value.match(/\S+/g) || []).length;
      const problem = tooLong();
      count.textContent = `${plural(words, "word")} · ${plural(value.length, "character")}`;
      if (!value) count.textContent = "0 words";
      count.classList.toggle("over", problem !== "");
      return problem;
    };
    text.addEventListener("input", () => {
      clearTimeout(timer);
      // Counting the words of a book takes a while, so not at every key.
      timer = setTimeout(() => say(measure()), text.value.length > 100000 ? 400 : 60);
    });
    if (text.value) measure(); // without a message: the server may have explained why the text is back
    form.addEventListener("submit", (event) => {
      clearTimeout(timer); // its message must not replace the one below
      const measured = measure();
      const problem = text.value.trim() || byId("file").files.length ? measured : "There is no text yet. Paste some German below, or add a file.";
      say(problem);
      if (problem) {
        event.preventDefault();
        text.focus();
      } else {
        button.disabled = true;
        form.classList.add("sending");
      }
    });
    const stay = () => { button.disabled = false; form.classList.remove("sending"); };
    addEventListener("pageshow", () => { stay(); if (text.value) measure(); });
    // After an aborted upload the page is still there.
    addEventListener("keydown", (event) => { if (event.key === "Escape") stay(); });
    text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        form.requestSubmit();
      }
    });
    setUpFiles(form, say, measure);
  };

  // ---- the files of the form: added by the button, dropped or pasted, and listed ----
  const setUpFiles = (form, say, measure) => {
    const file = byId("file"), list = byId("chosen"), limit = Number(form.dataset.fileLimit);
    let chosen = [];
    const isSame = (one, other) => one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;
    // The form sends what the list shows.
    const show = () => {
      const transfer = new DataTransfer();
      for (const one of chosen) transfer.items.add(one);
      file.files = transfer.files;
      list.hidden = chosen.length === 0;
      list.replaceChildren(...chosen.map((one) => {
        const item = document.createElement("li"), name = document.createElement("b"), bytes = document.createElement("span"), remove = document.createElement("button");
        name.textContent = one.name;
        bytes.textContent = inWords(one.size);
        remove.type = "button";
        remove.className = "icon";
        remove.textContent = "×";
        remove.title = "Remove";
        remove.ariaLabel = `Remove ${one.name}`;
        remove.addEventListener("click", () => {
          chosen = chosen.filter((other) => other !== one);
          show();
          file.focus();
        });
        item.append(name, bytes, remove);
        return item;
      }));
    };
    const add = (files) => {
      const problems = [];
      for (const one of files) {
        if (one.size > limit) problems.push(`“${one.name}” ${tooBig(one.size, limit)}`);
        else if (!chosen.some((other) => isSame(one, other))) chosen.push(one);
      }
      show();
      say(problems.join(" ") || measure());
    };
    file.addEventListener("change", () => add([...file.files]));
    // After a return to the page, browsers may still have the files.
    addEventListener("pageshow", () => { if (file.files.length) add([...file.files]); });
    const holdsFiles = (transfer) => transfer && [...transfer.types].includes("Files");
    addEventListener("dragover", (event) => {
      if (holdsFiles(event.dataTransfer)) { event.preventDefault(); form.classList.add("dropping"); }
    });
    addEventListener("dragleave", (event) => { if (!event.relatedTarget) form.classList.remove("dropping"); });
    addEventListener("drop", (event) => {
      form.classList.remove("dropping");
      if (holdsFiles(event.dataTransfer)) { event.preventDefault(); add([...event.dataTransfer.files]); }
    });
    addEventListener("paste", (event) => {
      // Office programs offer a picture of a copied text beside the text.
      if (!holdsFiles(event.clipboardData) || [...event.clipboardData.types].includes("text/plain")) return;
      event.preventDefault();
      add([...event.clipboardData.files]);
    });
  };

  // ---- the list of files that were sent together ----
  const setUpList = () => {
    const update = async () => {
      try {
        const response = await fetch(location.href, { cache: "no-store" });
        if (response.ok) {
          const page = new DOMParser().parseFromString(await response.text(), "text/html");
          const fresh = page.getElementById("files"), old = byId("files");
          // Focus stays on the same link.
          const at = document.activeElement && document.activeElement.href;
          if (fresh.innerHTML !== old.innerHTML) {
            old.replaceWith(document.adoptNode(fresh));
            document.title = page.title;
            const same = at && [...fresh.querySelectorAll("a")].find((link) => link.href === at);
            if (same) same.focus({ preventScroll: true });
          }
        }
      } catch { /* the server or the network is down: try again below */ }
      watch();
    };
    const watch = () => { if (byId("files").dataset.running !== "0") setTimeout(update, 1000); };
    watch();
  };

  // ---- a translation: pairs of sentences ----
  let marked = [], current = null;
  const mark = (sentence) => {
    for (const one of marked) one.classList.remove("on");
    marked = sentence ? [...sentence.closest(".row").querySelectorAll(`[data-i="${sentence.dataset.i}"]`)] : [];
    for (const one of marked) one.classList.add("on");
  };
  // One sentence can be reached with the Tab key, the others with the arrow keys.
  const rove = (sentence) => {
    if (sentence === current) return;
    if (current) current.removeAttribute("tabindex");
    current = sentence;
    if (current) current.tabIndex = 0;
  };
  const step = (from, by) => {
    const cell = from.closest("p"), lang = cell.lang;
    const inCell = [...cell.querySelectorAll(".s")];
    const near = inCell[inCell.indexOf(from) + by];
    if (near) return near;
    let row = cell.parentElement;
    while ((row = by > 0 ? row.nextElementSibling : row.previousElementSibling)) {
      const found = row.querySelectorAll(`:scope > [lang=${lang}] > .s`);
      if (found.length) return found[by > 0 ? 0 : found.length - 1];
    }
    return null;
  };
  const setUpPairs = (bitext) => {
    const sentence = (event) => event.target.closest && event.target.closest(".s");
    bitext.addEventListener("pointerover", (event) => { if (event.pointerType === "mouse") mark(sentence(event) || focused()); });
    bitext.addEventListener("pointerleave", () => mark(focused()));
    bitext.addEventListener("click", (event) => {
      const one = sentence(event);
      if (!one) return mark(null);
      rove(one);
      one.focus({ preventScroll: true });
      mark(one);
    });
    bitext.addEventListener("focusin", (event) => { const one = sentence(event); if (one) { rove(one); mark(one); } });
    bitext.addEventListener("focusout", () => mark(null));
    bitext.addEventListener("keydown", (event) => {
      const one = sentence(event);
      if (!one || event.ctrlKey || event.altKey || event.metaKey) return;
      if (event.key === "Escape") return one.blur();
      const other = one.closest("p").lang === "de" ? "en" : "de";
      const to = {
        ArrowDown: () => step(one, 1),
        ArrowUp: () => step(one, -1),
        ArrowRight: () => other === "en" && partner(one, other),
        ArrowLeft: () => other === "de" && partner(one, other),
      }[event.key];
      const next = to && to();
      if (!next) return;
      event.preventDefault();
      next.tabIndex = 0;
      next.focus();
      next.scrollIntoView({ block: "nearest" });
    });
  };
  const focused = () => document.activeElement && document.activeElement.closest(".bitext .s");
  const partner = (one, lang) => one.closest(".row").querySelector(`:scope > [lang=${lang}] > [data-i="${one.dataset.i}"]`);

  // ---- a running translation: progress, time left, and recovery when the page breaks off ----
  const setUpProgress = (bitext) => {
    const sheet = byId("sheet"), id = sheet.dataset.id, title = document.title;
    const bar = byId("bar"), left = byId("left"), label = byId("done"), status = byId("status");
    let total = 0, done = 0, samples = [], announced = performance.now(), lost = false, timer, polling;
    let edition = "", message = "", told = "";
    const tell = (words) => { if (status) status.textContent = words; };
    const ended = () => byId("end");

    const look = () => {
      const ticks = bitext.querySelectorAll(":scope > .tick");
      const stamp = edition ? null : bitext.querySelector(":scope > template");
      if (stamp) edition = stamp.dataset.edition;
      if (ticks.length) total = Number(ticks[ticks.length - 1].dataset.total);
      let row = bitext.lastElementChild;
      while (row && !row.matches(".row")) row = row.previousElementSibling;
      if (row) {
        const sentences = row.querySelectorAll(":scope > [lang=en] > .s");
        done = sentences.length ? Number(sentences[sentences.length - 1].dataset.i) + 1 : Number(row.dataset.first);
        if (!current) rove(bitext.querySelector(".row [lang=en] .s"));
      }
    };
    // The message in the place of the next sentence, if there is one.
    const waits = () => {
      const last = bitext.lastElementChild;
      const cell = last && last.querySelector("[lang=en]");
      const words = cell && cell.lastElementChild;
      return words && words.matches(".live") ? words.textContent : "";
    };
    const show = () => {
      timer = 0;
      look();
      if (ended()) return finish();
      if (!bar) return;
      const now = performance.now();
      // Announced once to screen readers.
      if (message !== waits()) { message = waits(); if (message) tell(message); }
      if (samples.length === 0 || samples[samples.length - 1].done !== done) samples.push({ now, done });
      // The rate of the last half minute, because the first batches are different.
      while (samples.length > 2 && now - samples[0].now > 30000) samples.shift();
      if (!total) {
        const page = bitext.querySelector(".preview:last-child [data-page]");
        label.textContent = page ? page.textContent : waits() ? "Waiting…" : "Translating…";
        if (page) { bar.max = Number(page.dataset.pages); bar.value = Number(page.dataset.page) - 1; }
        else bar.removeAttribute("value");
        return;
      }
      const percent = Math.floor((done * 100) / total);
      bar.max = total;
      bar.value = done;
      label.textContent = `${number(done)} of ${plural(total, "sentence")}`;
      const rest = waits() ? "waiting" : remaining(now);
      if (!lost) left.textContent = `${percent} %${rest ? ` · ${rest}` : ""}`;
      document.title = `${percent} % · ${title.replace(/^.*(?=Translating)/, "")}`;
      if (now - announced > 10000) {
        announced = now;
        tell(`${percent} per cent translated${rest ? `, ${rest}` : ""}`);
      }
    };
    const remaining = (now) => {
      const first = samples[0];
      const span = now - first.now, gained = done - first.done;
      if (span < 2000 || gained < 2) return "";
      const seconds = ((total - done) * span) / gained / 1000;
      if (seconds < 10) return "a few seconds left";
      if (seconds < 90) return `about ${Math.ceil(seconds / 10) * 10} s left`;
      if (seconds < 5400) return `about ${Math.round(seconds / 60)} min left`;
      return `about ${Math.round(seconds / 3600)} h left`;
    };
    const finish = () => {
      const phase = ended().dataset.phase;
      showTimes();
      document.title = title.includes("Translating") ? title.replace(/^.*Translating/, phase === "cancelled" ? "Cancelled" : phase === "failed" ? "Not translated" : "Translated") : title;
      const ending = { stored: "The translation is finished.", kept: "The translation is finished, but not in the history yet.", cancelled: "The translation is cancelled." }[phase] || "The translation failed.";
      const words = [ending, ...[...ended().querySelectorAll("#marks span, #atoms span")].map((line) => line.textContent)].join(" ");
      if (told !== words) tell(told = words);
      // Only one timer at a time.
      clearTimeout(polling);
      if (phase === "kept" && !resuming) polling = setTimeout(resume, 5000);
    };
    // Browsers do not report that a page broke off. But the server is never silent for long: it
    // sends a comment every three seconds if there is nothing else.
    const silent = 9000;
    let heard = performance.now(), resuming = false;
    const later = () => {
      heard = performance.now();
      if (!timer) timer = setTimeout(show, 250);
    };
    new MutationObserver(later).observe(bitext, { childList: true, subtree: true });
    setInterval(() => {
      if (ended()) return;
      show();
      if (!resuming && performance.now() - heard > silent) resume();
    }, 1000);
    addEventListener("offline", () => { if (!ended() && !resuming) resume(); });

    // Executes a line of a fragment, which the server sends to resume a page: one order per line.
    const obey = (line) => {
      const at = line.indexOf(" "), order = line.slice(0, at), html = line.slice(at + 1);
      if (at < 0 || (ended() && order !== "end")) return; // the text is complete: only its end may change
      if (order === "row") {
        // The last row may be incomplete: it is sent again.
        const from = Number(/data-row="(\d+)"/.exec(html)[1]);
        for (let node = bitext.lastElementChild, before; node; node = before) {
          before = node.previousElementSibling;
          if (node.matches(".row") && Number(node.dataset.row) < from) break;
          if (node.matches(".row, .live")) node.remove();
        }
        bitext.insertAdjacentHTML("beforeend", html);
      } else if (order === "edition") {
        // Another model has started again: the sentences of the previous one are removed.
        if (edition && edition !== html) { bitext.replaceChildren(); rove(null); mark(null); }
        edition = html;
      } else if (order === "block") {
        bitext.insertAdjacentHTML("beforeend", html);
      } else if (order === "cell") {
        const row = bitext.lastElementChild;
        if (row && row.matches(".row")) row.querySelector(":scope > [lang=en]").insertAdjacentHTML("beforeend", html);
      } else if (order === "end") {
        const old = ended();
        if (!old) return sheet.insertAdjacentHTML("afterend", html);
        const template = document.createElement("template");
        template.innerHTML = html;
        const fresh = template.content.querySelector("#end");
        const words = (end) => (end.querySelector(".note") || {}).textContent;
        if (fresh.dataset.phase === old.dataset.phase && words(fresh) === words(old)) return;
        // Focus stays on the same button.
        const controls = (end) => [...end.querySelectorAll("a, button")];
        const at = controls(old).indexOf(document.activeElement);
        old.replaceWith(fresh);
        if (at >= 0 && controls(fresh)[at]) controls(fresh)[at].focus({ preventScroll: true });
      }
    };
    let tries = 0;
    const resume = async () => {
      resuming = true;
      // The old connection may only be slow: it must not continue beside the new one.
      if (document.readyState === "loading") stop();
      look();
      if (left && !ended()) {
        if (!lost) tell("Connection lost, reconnecting.");
        lost = true;
        left.textContent = "Connection lost – reconnecting…";
        left.classList.add("lost");
      }
      const abort = new AbortController();
      let watch = setTimeout(() => abort.abort(), silent);
      try {
        const rows = bitext.querySelectorAll(":scope > .row");
        const from = rows.length ? rows[rows.length - 1].dataset.first : 0;
        const response = await fetch(`/translations/${id}?from=${from}${edition && `&edition=${edition}`}`, { cache: "no-store", signal: abort.signal });
        if (response.status === 404) return location.reload();
        if (!response.ok) throw new Error(String(response.status));
        if (lost) tell("Connected again.");
        lost = false;
        if (left) { left.textContent = ""; left.classList.remove("lost"); }
        samples = [];
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
        let rest = "", whole = false;
        for (;;) {
          const { value, done: over } = await reader.read();
          if (over) break;
          clearTimeout(watch);
          watch = setTimeout(() => abort.abort(), silent);
          tries = 0;
          const lines = (rest + value).split("\n");
          rest = lines.pop();
          for (const line of lines) { obey(line); whole ||= line.startsWith("end "); }
        }
        if (whole) { resuming = false; return show(); }
      } catch { /* the server or the network is down: try again below */
      } finally { clearTimeout(watch); }
      // After 1, 2, 4, 8, then every 10 s, with jitter.
      setTimeout(resume, Math.min(10000, 1000 * 2 ** tries++) * (0.8 + 0.4 * Math.random()));
    };
    // The page has loaded: if the end of the translation is missing, it broke off.
    const whole = () => { show(); if (!ended() && !resuming) resume(); };
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", whole); else whole();
  };

  // ---- copy: the file of the translation with its line breaks, not the text of the page ----
  const copy = async (button) => {
    const say = (words) => { const was = "Copy English", status = byId("status"); if (status) status.textContent = words; button.textContent = words; setTimeout(() => { button.textContent = was; }, 2000); };
    const read = async () => {
      const response = await fetch(byId("english").href);
      if (!response.ok) throw new Error(String(response.status));
      return response.text();
    };
    try {
      if (navigator.clipboard && window.ClipboardItem) {
        // Safari forgets the click while the text is fetched, unless the clipboard waits for it.
        const text = read().then((text) => new Blob([text], { type: "text/plain" }));
        await navigator.clipboard.write([new ClipboardItem({ "text/plain": text })]);
      } else if (navigator.clipboard) {
        await navigator.clipboard.writeText(await read());
      } else { // there is no clipboard over plain HTTP from another machine
        const area = document.createElement("textarea");
        area.value = await read();
        document.body.append(area);
        area.select();
        const copied = document.execCommand("copy");
        area.remove();
        if (!copied) throw new Error("refused");
      }
      say("Copied");
    } catch {
      say("Not copied");
    }
  };

  // ---- SQL ----
  const setUpQuery = (form) => {
    byId("statement").addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      form.requestSubmit();
    });
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("#marks a, #atoms a");
    // A link moves the focus to its target, if that can be focused; the arrow keys continue from there.
    if (link) rove(byId(link.hash.slice(1)));
    const button = event.target.closest && event.target.closest("button");
    if (!button) return;
    if (button.id === "copy") copy(button);
    if (button.id === "theme") {
      const order = Object.keys(themes);
      const theme = order[(order.indexOf(saved()) + 1) % order.length];
      try { localStorage.setItem("theme", theme); } catch { /* then only for this page */ }
      setTheme(theme);
    }
  });

  // The page loads for as long as the text is translated: do not wait for its end.
  const setUpText = () => {
    const bitext = byId("bitext");
    if (!bitext) return;
    arrivals.disconnect();
    setUpPairs(bitext);
    setUpProgress(bitext);
  };
  const arrivals = new MutationObserver(setUpText);
  arrivals.observe(document, { childList: true, subtree: true });
  document.addEventListener("DOMContentLoaded", () => {
    // A short page may arrive at once, with this event before the records of the observer.
    if (arrivals.takeRecords().length > 0) setUpText();
    arrivals.disconnect();
    setTheme(saved());
    showTimes();
    const form = byId("writing");
    if (form) setUpForm(form);
    const query = byId("query");
    if (query) setUpQuery(query);
    if (byId("files")) setUpList();
  });
})();
