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
