"use strict";
(() => {
  const body = document.body;
  const toast = (text) => {
    const box = document.getElementById("problem");
    if (!box) return;
    box.textContent = text;
    box.hidden = false;
    clearTimeout(toast.timer);
    toast.timer = setTimeout(() => { box.hidden = true; }, 8000);
  };

  // The newest message is at the end.
  const toEnd = () => { const lines = document.querySelector(".lines"); if (lines) lines.scrollTop = lines.scrollHeight; };
  toEnd();
  body.addEventListener("htmx:afterSwap", (e) => { if (e.detail.target.id === "live") toEnd(); });
  body.addEventListener("htmx:responseError", (e) => {
    const problem = e.detail.xhr.getResponseHeader("X-Problem");
    toast(problem ? decodeURIComponent(problem) : body.dataset.failed);
  });
  body.addEventListener("htmx:sendError", () => toast(body.dataset.offline));

  // A draft outlives a closed tab and a lost connection.
  for (const form of document.querySelectorAll("form[data-draft]")) {
    const key = "draft " + form.dataset.draft;
    const text = form.elements.text;
    if (!text.value) text.value = localStorage.getItem(key) || "";
    text.addEventListener("input", () => { if (text.value) localStorage.setItem(key, text.value); else localStorage.removeItem(key); });
    text.addEventListener("keydown", (e) => { if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) { e.preventDefault(); form.requestSubmit(); } });
    form.addEventListener("submit", async (e) => {
      e.preventDefault();
      const button = form.querySelector("button.primary");
      button.disabled = true;
      try {
        const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "HX-Request": "true", "HX-Target": "live" } });
        if (!answer.ok) {
          const problem = answer.headers.get("X-Problem");
          toast(problem ? decodeURIComponent(problem) : body.dataset.failed);
          return;
        }
        localStorage.removeItem(key);
        location.reload();
      } catch {
        toast(body.dataset.offline); // the draft stays
      } finally {
        button.disabled = false;
      }
    });
  }

  // What changed elsewhere shows here without a reload.
  const desk = document.querySelector("[data-events]");
  if (desk && window.EventSource) {
    const title = document.title;
    let waiting = -1;
    const stream = new EventSource("/console/events?conversation=" + encodeURIComponent(desk.dataset.events));
    stream.addEventListener("inbox", (e) => {
      const now = Number(e.data);
      if (waiting >= 0) htmx.trigger(body, "inbox-changed");
      if (waiting >= 0 && now > waiting) ring(desk.dataset.ring);
      waiting = now;
      document.title = now > 0 ? "(" + now + ") " + title : title;
    });
    stream.addEventListener("thread", () => htmx.trigger(body, "thread-changed"));
  }
  const ring = (text) => {
    body.dataset.rang = String(Number(body.dataset.rang || 0) + 1);
    if (window.Notification && Notification.permission === "granted" && document.hidden) new Notification("Frontdesk", { body: text, icon: "/assets/icon.svg" });
    try {
      const audio = new AudioContext(), tone = audio.createOscillator(), volume = audio.createGain();
      tone.frequency.value = 660;
      volume.gain.setValueAtTime(0.08, audio.currentTime);
      volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.5);
      tone.connect(volume).connect(audio.destination);
      tone.start();
      tone.stop(audio.currentTime + 0.5);
    } catch { /* a browser without sound still shows the count */ }
  };
  for (const button of document.querySelectorAll("[data-notify]")) {
    button.hidden = !window.Notification || Notification.permission === "granted";
    button.addEventListener("click", async () => { await Notification.requestPermission(); button.hidden = Notification.permission === "granted"; });
  }

  // "Why did it say that" opens beside the conversation.
  body.addEventListener("htmx:afterSwap", (e) => { if (e.detail.target.id === "why-body") document.getElementById("why").showModal(); });

  // A saved reply goes into the answer, its variables filled in.
  for (const saved of document.querySelectorAll(".saved")) {
    saved.addEventListener("change", () => {
      const option = saved.selectedOptions[0], text = saved.form.elements.text;
      if (!option.value) return;
      const filled = option.value.replaceAll("{name}", option.dataset.name).replaceAll("{clinic}", option.dataset.clinic).replaceAll("{me}", option.dataset.me);
      text.value = text.value ? text.value + "\n" + filled : filled;
      text.dispatchEvent(new Event("input"));
      saved.value = "";
      text.focus();
    });
  }

  // What is filled into a template shows in its text.
  body.addEventListener("input", (e) => {
    const name = e.target.dataset.fills;
    if (!name) return;
    for (const place of e.target.form.querySelectorAll("mark[data-variable]")) if (place.dataset.variable === name) place.textContent = e.target.value || name;
  });

  // Uploads show how far each file is; files may be dropped.
  for (const form of document.querySelectorAll("form[data-upload]")) {
    const drop = form.querySelector(".drop"), list = form.querySelector(".sendings"), button = form.querySelector("button");
    for (const name of ["dragover", "dragleave", "drop"]) drop.addEventListener(name, (e) => {
      e.preventDefault();
      drop.classList.toggle("over", name === "dragover");
      if (name === "drop") form.elements.files.files = e.dataTransfer.files;
    });
    const line = (file) => {
      const item = document.createElement("li"), state = document.createElement("span"), bar = document.createElement("progress");
      bar.max = 100;
      bar.value = 0;
      bar.setAttribute("aria-label", file.name);
      state.textContent = file.name + " – " + form.dataset.waiting;
      item.append(state, bar);
      list.append(item);
      return { item, state, bar };
    };
    const send = (file, shown) => new Promise((done) => {
      const request = new XMLHttpRequest(), data = new FormData();
      data.append("files", file);
      const fail = (text) => { shown.bar.remove(); shown.state.className = "error"; shown.state.textContent = file.name + ": " + text; done(); };
      request.upload.addEventListener("progress", (p) => {
        shown.bar.value = 100 * p.loaded / p.total;
        if (p.loaded === p.total) { shown.bar.removeAttribute("value"); shown.state.textContent = file.name + " – " + form.dataset.reading; }
      });
      request.addEventListener("load", () => {
        const problem = request.getResponseHeader("X-Problem");
        if (request.status !== 200) { fail(problem ? decodeURIComponent(problem) : form.dataset.failed); return; }
        shown.item.innerHTML = request.responseText;
        done();
      });
      request.addEventListener("error", () => fail(body.dataset.offline));
      request.open("POST", form.action);
      request.setRequestHeader("HX-Request", "true");
      request.send(data);
    });
    form.addEventListener("submit", async (e) => {
      e.preventDefault();
      const files = [...form.elements.files.files];
      if (!files.length) { form.elements.files.focus(); return; }
      button.disabled = true;
      list.replaceChildren();
      const lines = files.map(line);
      for (let i = 0; i < files.length; i++) await send(files[i], lines[i]);
      button.disabled = false;
      form.reset();
      htmx.ajax("GET", "/console/knowledge", { target: "#sources", select: "#sources", swap: "outerHTML" });
    });
  }

  // What takes a while says so, and is not sent twice.
  for (const form of document.querySelectorAll("form[data-busy]")) form.addEventListener("submit", () => {
    const button = form.querySelector("button");
    button.textContent = form.dataset.busy;
    setTimeout(() => { button.disabled = true; });
  });

  // Another row of a list that is being written.
  for (const more of document.querySelectorAll("button[data-more]")) {
    const rows = more.form.querySelector("[data-rows]");
    more.hidden = false;
    more.addEventListener("click", () => {
      const row = rows.lastElementChild.cloneNode(true), at = "-" + rows.children.length;
      for (const field of row.querySelectorAll("input, textarea")) { field.value = ""; field.textContent = ""; field.id = field.id.replace(/-\d+$/, at); }
      for (const label of row.querySelectorAll("label")) label.htmlFor = label.htmlFor.replace(/-\d+$/, at);
      rows.append(row);
      row.querySelector("input").focus();
    });
  }

  // The playground's field is free again after each question.
  body.addEventListener("htmx:afterRequest", (e) => {
    if (e.detail.elt.matches && e.detail.elt.matches("form[data-talk]") && e.detail.successful) { e.detail.elt.elements.text.value = ""; e.detail.elt.elements.text.focus(); }
  });

  // How long free text may still be sent.
  const windows = () => {
    for (const w of document.querySelectorAll(".window[data-until]")) {
      const left = new Date(w.dataset.until) - Date.now();
      const hours = Math.floor(left / 3600000), minutes = Math.floor(left % 3600000 / 60000);
      w.textContent = left > 0 ? w.dataset.left.replace("{time}", hours + " h " + String(minutes).padStart(2, "0")) : w.dataset.over;
      w.classList.toggle("soon", left > 0 && left < 2 * 3600000);
      w.classList.toggle("over", left <= 0);
    }
  };
  windows();
  setInterval(windows, 30000);

  // Keys: j and k move, t takes, r answers, m chooses a template, / searches.
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName)) return;
    const items = [...document.querySelectorAll(".items a")];
    const at = items.findIndex((a) => a.getAttribute("aria-current") || a === document.activeElement);
    const press = { j: () => items[Math.min(at + 1, items.length - 1)], k: () => items[Math.max(at - 1, 0)] }[e.key];
    if (press && press()) { press().click(); return; }
    const target = { "/": "#q", r: ".composer textarea", t: "button[data-key=t]", m: "button[data-key=m]" }[e.key];
    const found = target && document.querySelector(target);
    if (!found) return;
    e.preventDefault();
    if (found.tagName === "BUTTON") found.click(); else found.focus();
  });
})();
