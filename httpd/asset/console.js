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

  // Uploads show how far they are; files may be dropped.
  for (const form of document.querySelectorAll("form[data-upload]")) {
    const drop = form.querySelector(".drop"), bar = form.querySelector("progress"), state = form.querySelector(".state");
    for (const name of ["dragover", "dragleave", "drop"]) drop.addEventListener(name, (e) => {
      e.preventDefault();
      drop.classList.toggle("over", name === "dragover");
      if (name === "drop") form.elements.files.files = e.dataTransfer.files;
    });
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      const request = new XMLHttpRequest();
      bar.hidden = false;
      form.querySelector("button").disabled = true;
      request.upload.addEventListener("progress", (p) => { bar.value = 100 * p.loaded / p.total; if (p.loaded === p.total) { bar.removeAttribute("value"); state.textContent = form.dataset.reading; } });
      request.addEventListener("load", () => { document.open(); document.write(request.responseText); document.close(); });
      request.addEventListener("error", () => { toast(body.dataset.offline); form.querySelector("button").disabled = false; bar.hidden = true; });
      request.open("POST", form.action);
      request.send(new FormData(form));
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

  // Keys: j and k move, t takes, r answers, / searches.
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName)) return;
    const items = [...document.querySelectorAll(".items a")];
    const at = items.findIndex((a) => a.getAttribute("aria-current") || a === document.activeElement);
    const press = { j: () => items[Math.min(at + 1, items.length - 1)], k: () => items[Math.max(at - 1, 0)] }[e.key];
    if (press && press()) { press().click(); return; }
    const target = { "/": "#q", r: ".composer textarea", t: "button[data-key=t]" }[e.key];
    const found = target && document.querySelector(target);
    if (!found) return;
    e.preventDefault();
    if (found.tagName === "BUTTON") found.click(); else found.focus();
  });
})();
