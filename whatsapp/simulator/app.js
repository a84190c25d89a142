// The page: state from the server, one open chat, the composer.
import { $, clock, dayName, el, icon, initials, tint } from "./dom.js";
import { draw, summary } from "./bubble.js";
import { addCall, drawFaults } from "./panel.js";
import { chooseRow, confirmFile, newPhone, sharePlace, showPhoto } from "./sheet.js";
import { record } from "./record.js";

const groupGap = 5 * 60 * 1000;
const typingTime = 25 * 1000;
const state = { stick: true, shift: false, accounts: [], people: [], threads: new Map(), faults: {}, account: "", person: "", unread: new Map(), replyTo: null, typing: new Map() };
const key = (account, person) => account + "/" + person;
const here = () => key(state.account, state.person);
const bubbles = () => state.threads.get(here()) ?? [];
const chatPath = () => "api/chats/" + encodeURIComponent(state.account) + "/" + encodeURIComponent(state.person);

async function call(path, body) {
  const options = body instanceof FormData ? { method: "POST", body } : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body ?? {}) };
  try {
    const response = await fetch(path, options);
    if (!response.ok) throw new Error((await response.text()).trim());
    return response.status === 204 ? null : await response.json();
  } catch (failure) {
    toast(failure.message || "The simulator does not answer.");
    throw failure;
  }
}

let toastTimer = 0;
function toast(text) {
  $("toast").textContent = text;
  $("toast").hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => ($("toast").hidden = true), 4000);
}

// ---- state and its stream
async function load() {
  const fresh = await (await fetch("api/state")).json();
  state.accounts = fresh.accounts ?? [];
  state.people = fresh.people ?? [];
  state.faults = fresh.faults;
  state.threads = new Map((fresh.threads ?? []).map((t) => [key(t.account, t.person), t.bubbles ?? []]));
  const [account, person] = decodeURIComponent(location.hash.slice(1)).split("/");
  const known = (list, field, id) => list.find((x) => x[field] === id)?.[field];
  state.account = known(state.accounts, "id", state.account || account) ?? state.accounts[0]?.id ?? "";
  state.person = known(state.people, "number", state.person || person) ?? state.people[0]?.number ?? "";
  drawAll();
}

function listen() {
  const stream = new EventSource("api/events");
  stream.onopen = () => { $("offline").hidden = true; load().catch(() => {}); };
  stream.onerror = () => ($("offline").hidden = false);
  stream.onmessage = (event) => apply(JSON.parse(event.data));
}

function apply(change) {
  const at = key(change.account, change.person);
  switch (change.kind) {
    case "bubble": return upsert(at, change.bubble);
    case "typing": return typing(at);
    case "call": return addCall(change.call);
    case "people": case "faults": case "reset": return load().catch(() => {});
  }
}

function upsert(at, b) {
  const list = state.threads.get(at) ?? [];
  state.threads.set(at, list);
  const known = list.findIndex((x) => x.id === b.id);
  if (known >= 0) list[known] = b;
  else {
    list.push(b);
    if (b.clinic) stopTyping(at);
    if (b.clinic && !seen(at)) state.unread.set(at, (state.unread.get(at) ?? 0) + 1);
  }
  if (at === here()) {
    known >= 0 ? redraw(b) : append(b);
    markRead();
  }
  drawPeople();
}

const seen = (at) => at === here() && document.visibilityState === "visible" && chatShown();
const chatShown = () => document.body.dataset.view === "chat" || matchMedia("(min-width: 820px)").matches;

function markRead() {
  if (!seen(here())) return;
  state.unread.delete(here());
  if (bubbles().some((b) => b.clinic && b.state === "delivered")) call(chatPath() + "/read").catch(() => {});
}

// ---- typing
function typing(at) {
  clearTimeout(state.typing.get(at));
  state.typing.set(at, setTimeout(() => stopTyping(at), typingTime));
  if (at === here()) drawTyping();
}

function stopTyping(at) {
  clearTimeout(state.typing.get(at));
  state.typing.delete(at);
  if (at === here()) drawTyping();
}

function drawTyping() {
  document.querySelector(".typing")?.remove();
  const on = state.typing.has(here());
  $("presence").textContent = on ? "typing…" : "Business account";
  if (!on) return;
  $("log").append(el("div", { class: "typing", role: "img", "aria-label": "typing" }, el("i"), el("i"), el("i")));
  if (state.stick) toEnd();
}

// ---- drawing
function drawAll() {
  drawClinics();
  drawPeople();
  drawHead();
  drawLog();
  drawFaults(state.faults, (faults) => call("api/faults", faults).catch(() => load()));
  markRead();
}

function drawClinics() {
  $("clinic-choice").hidden = state.accounts.length < 2;
  $("clinic").replaceChildren(...state.accounts.map((a) => el("option", { value: a.id, selected: a.id === state.account }, a.name)));
}

function drawPeople() {
  const focused = document.activeElement?.dataset?.person;
  const last = (p) => (state.threads.get(key(state.account, p.number)) ?? []).findLast((b) => b.state !== "failed");
  $("people").replaceChildren(...state.people.map((p) => {
    const at = key(state.account, p.number);
    const b = last(p);
    const unread = state.unread.get(at) ?? 0;
    return el("li", {}, el("button", { type: "button", class: "person", data: { person: p.number }, "aria-current": String(p.number === state.person), onclick: () => openChat(state.account, p.number) },
      el("span", { class: "avatar " + tint(p.number), "aria-hidden": "true" }, initials(p.name)),
      el("div", {}, el("b", { dir: "auto" }, p.name), el("span", { class: "last", dir: "auto" }, state.typing.has(at) ? "typing…" : b ? summary(b) : "+" + p.number)),
      el("span", { class: "meta" }, b ? clock(b.at) : "", unread ? el("span", { class: "unread", "aria-label": unread + " unread" }, String(unread)) : "")));
  }));
  if (focused) document.querySelector(`[data-person="${CSS.escape(focused)}"]`)?.focus();
  const others = [...state.unread].filter(([at]) => at !== here()).reduce((sum, [, n]) => sum + n, 0);
  $("others").hidden = others === 0;
  $("others").textContent = others;
}

function drawHead() {
  const account = state.accounts.find((a) => a.id === state.account);
  $("clinic-name").textContent = account?.name ?? "No clinic yet";
  $("clinic-avatar").textContent = initials(account?.name ?? "?");
  const person = state.people.find((p) => p.number === state.person);
  $("write").setAttribute("aria-label", person ? "Message, as " + person.name : "Message");
  drawTyping();
}

function drawLog() {
  const log = $("log");
  log.replaceChildren(el("p", { class: "note" }, icon("lock"), " A rehearsal: messages stay on this computer and reach nobody."));
  for (const b of bubbles()) append(b, true);
  drawTyping();
  toEnd();
}

function append(b, quiet) {
  const log = $("log");
  const list = bubbles();
  const before = list[list.indexOf(b) - 1];
  if (!before || dayName(before.at) !== dayName(b.at)) log.append(el("p", { class: "day" }, dayName(b.at)));
  log.append(build(b, before));
  const dots = log.querySelector(".typing");
  if (dots) log.append(dots);
  if (!quiet && (state.stick || !b.clinic)) toEnd();
}

function build(b, before) {
  const node = draw(b, {
    quoted: b.reply_to ? bubbles().find((x) => x.id === b.reply_to) : null,
    clinicName: $("clinic-name").textContent,
    onTap: (asked, button) => send({ tap: button.id, reply_to: asked.id }),
    onList: (asked) => chooseRow(asked, (row) => row && send({ tap: row.id, reply_to: asked.id })),
    onReply: quote,
    onQuote: (id) => document.getElementById("b-" + id)?.scrollIntoView({ block: "center", behavior: "smooth" }),
    onPhoto: showPhoto,
  });
  if (before && before.clinic === b.clinic && before.state !== "failed" && new Date(b.at) - new Date(before.at) < groupGap && dayName(before.at) === dayName(b.at)) node.classList.add("follows");
  return node;
}

function redraw(b) {
  const old = document.getElementById("b-" + b.id);
  if (!old) return;
  const stamp = old.querySelector(".stamp");
  const fresh = build(b, bubbles()[bubbles().indexOf(b) - 1]);
  if (stamp && fresh.querySelector(".stamp") && !b.reaction) {
    stamp.replaceWith(fresh.querySelector(".stamp"));
    old.dataset.state = b.state;
  } else old.replaceWith(fresh);
}

const atEnd = () => { const log = $("log"); return log.scrollHeight - log.scrollTop - log.clientHeight < 120; };
function toEnd(smooth) {
  state.stick = true;
  $("log").scrollTo({ top: $("log").scrollHeight, behavior: smooth ? "smooth" : "instant" });
}

function openChat(account, person) {
  state.account = account;
  state.person = person;
  history.replaceState(null, "", "#" + encodeURIComponent(key(account, person)));
  unquote();
  view("chat");
  drawAll();
  if (matchMedia("(min-width: 820px)").matches) $("write").focus();
}

function view(name) {
  document.body.dataset.view = name;
  markRead();
}

// ---- composer
const write = $("write");
const send = (body) => call(chatPath() + "/messages", body).catch(() => {});

function quote(b) {
  state.replyTo = b;
  $("quoting-text").textContent = summary(b);
  $("quoting").hidden = false;
  write.focus();
}

function unquote() {
  state.replyTo = null;
  $("quoting").hidden = true;
}

function typed() {
  const composer = $("composer");
  composer.classList.toggle("has-text", write.value.trim() !== "");
  if (!recorder) $("send").setAttribute("aria-label", write.value.trim() ? "Send" : "Record a voice note");
  if (!CSS.supports("field-sizing", "content")) {
    write.style.height = "auto";
    write.style.height = write.scrollHeight + 2 + "px";
  }
}

let recorder = null;
async function submit() {
  if (recorder) return recorder.stop();
  const text = write.value.trim();
  if (!text) return startRecording();
  const body = { text, reply_to: state.replyTo?.id };
  write.value = "";
  typed();
  unquote();
  try {
    await call(chatPath() + "/messages", body);
  } catch {
    if (!write.value) write.value = text;
    typed();
  }
}

async function startRecording() {
  const show = (on) => {
    $("recording").hidden = !on;
    $("composer").classList.toggle("is-recording", on);
    $("send").setAttribute("aria-label", on ? "Stop and send the voice note" : "Record a voice note");
  };
  recorder = await record((seconds) => ($("recorded").textContent = seconds));
  if (!recorder) return pick("voice");
  show(true);
  const file = await recorder.result;
  recorder = null;
  show(false);
  if (file) upload(file, "", true);
}

function upload(file, caption, voice) {
  const form = new FormData();
  form.append("file", file, file.name || "voice.ogg");
  form.append("caption", caption);
  form.append("voice", String(Boolean(voice)));
  return call(chatPath() + "/media", form).catch(() => {});
}

const kinds = { image: "image/jpeg,image/png,image/webp", document: ".pdf,.txt,.doc,.docx,.xls,.xlsx,.ppt,.pptx", voice: "audio/*" };
function pick(kind) {
  menu(false);
  if (kind === "location") return sharePlace((pin) => send({ pin }));
  const input = $("file");
  input.accept = kinds[kind];
  input.dataset.kind = kind;
  input.value = "";
  input.click();
}

function menu(on) {
  $("menu").hidden = !on;
  $("attach").setAttribute("aria-expanded", String(on));
  if (on) $("menu").querySelector("button").focus();
}

function wire() {
  $("composer").addEventListener("submit", (event) => { event.preventDefault(); submit(); });
  write.addEventListener("input", typed);
  // A phone's keyboard tells of Enter by the line break only.
  write.addEventListener("beforeinput", (event) => {
    if (event.inputType !== "insertLineBreak" || state.shift) return;
    event.preventDefault();
    if (write.value.trim()) submit();
  });
  write.addEventListener("keydown", (event) => {
    state.shift = event.shiftKey;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && write.value.trim()) { event.preventDefault(); submit(); }
  });
  write.addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])][0];
    if (file) { event.preventDefault(); confirmFile(file, (caption) => upload(file, caption)); }
  });
  $("attach").addEventListener("click", () => menu($("menu").hidden));
  $("menu").addEventListener("click", (event) => { const button = event.target.closest("[data-pick]"); if (button) pick(button.dataset.pick); });
  $("menu").addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const items = [...$("menu").querySelectorAll("button")];
    items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
  });
  $("file").addEventListener("change", (event) => {
    const file = event.target.files[0];
    if (!file) return;
    if (event.target.dataset.kind === "voice") upload(file, "", true);
    else confirmFile(file, (caption) => upload(file, caption));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    if (recorder) recorder.drop();
    else if (!$("menu").hidden) { menu(false); $("attach").focus(); }
    else if (state.replyTo) unquote();
    else if (document.body.dataset.view !== "chat") view("chat");
  });
  document.addEventListener("click", (event) => { if (!$("menu").hidden && !event.target.closest("#menu, #attach")) menu(false); });
  $("log").addEventListener("scroll", () => { state.stick = atEnd(); $("jump").hidden = state.stick; }, { passive: true });
  $("log").addEventListener("load", () => state.stick && toEnd(), { capture: true });
  new ResizeObserver(() => state.stick && toEnd()).observe($("log"));
  $("jump").addEventListener("click", () => toEnd(true));
  $("unquote").addEventListener("click", unquote);
  $("to-phones").addEventListener("click", () => view("phones"));
  $("to-panel").addEventListener("click", () => view(document.body.dataset.view === "panel" ? "chat" : "panel"));
  $("to-chat").addEventListener("click", () => view("chat"));
  $("clinic").addEventListener("change", (event) => openChat(event.target.value, state.person));
  $("add-phone").addEventListener("click", () => newPhone(async (p) => {
    const added = await call("api/people", p).catch(() => null);
    if (added) { await load(); openChat(state.account, added.number); }
  }));
  $("age").addEventListener("click", () => call(chatPath() + "/age").then(() => toast("A day has passed for this chat: only templates get through until this person writes.")).catch(() => {}));
  $("clear").addEventListener("click", () => call(chatPath() + "/clear").catch(() => {}));
  document.addEventListener("visibilitychange", markRead);
}

wire();
typed();
listen();
