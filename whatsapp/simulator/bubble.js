// Draws one bubble of a chat.
import { clock, el, icon, size } from "./dom.js";
import { format } from "./text.js";

const stateNames = { pending: "Waiting", sent: "Sent", delivered: "Delivered", read: "Read", failed: "Failed" };
const mediaURL = (id) => "api/media/" + encodeURIComponent(id);

export function summary(b) {
  if (!b) return "";
  const names = { image: "Photo", audio: b.media?.voice ? "Voice note" : "Audio", video: "Video", document: b.media?.file_name || "Document", sticker: "Sticker", location: b.pin?.name || "Location" };
  return b.text?.replace(/(^|\s)[*_~]([^*_~\n]+)[*_~]/g, "$1$2") || names[b.kind] || b.kind;
}

export function draw(b, { quoted, clinicName, onTap, onList, onReply, onQuote, onPhoto }) {
  if (b.clinic && b.state === "failed") return refused(b);
  const media = Boolean(b.media || b.pin) && b.kind !== "audio";
  const words = b.text || b.pin?.name || b.header || "";
  const inside = el("div", { class: media ? "inside tight" : "inside", dir: rightToLeft(words) ? "rtl" : "ltr" });
  if (quoted) {
    inside.append(el("button", { type: "button", class: "quote", onclick: () => onQuote(quoted.id), "aria-label": "Go to the message answered" },
      el("b", {}, quoted.clinic ? clinicName : "You"), el("span", { dir: "auto" }, summary(quoted))));
  }
  if (b.header) inside.append(el("span", { class: "head-line", dir: "auto" }, ...format(b.header)));
  content(inside, b, onPhoto);
  const room = () => el("span", { class: b.clinic ? "room" : "room ticks", "aria-hidden": "true" }); // keeps the last line clear of the time
  if (b.text) inside.append(el("span", { class: "text", dir: "auto" }, ...format(b.text), b.footer ? null : room()));
  if (b.footer) inside.append(el("span", { class: "foot-line", dir: "auto" }, b.footer, room()));
  if (!b.text && !b.footer) inside.classList.add("wordless");
  inside.append(stamp(b));
  const node = el("div", { class: "bubble" + (b.clinic ? "" : " mine") + (media ? " media" : ""), id: "b-" + b.id, data: { id: b.id, state: b.state, kind: b.kind } }, inside);
  for (const button of b.buttons ?? []) {
    node.append(el("button", { type: "button", class: "tap", dir: "auto", data: { tap: button.id }, onclick: () => onTap(b, button) }, icon("reply"), el("span", {}, button.title)));
  }
  if (b.sections?.length) node.append(el("button", { type: "button", class: "tap", dir: "auto", "aria-haspopup": "dialog", onclick: () => onList(b) }, icon("list"), el("span", {}, b.menu)));
  if (b.link) node.append(el("a", { class: "tap", dir: "auto", href: safe(b.link.url), target: "_blank", rel: "noopener noreferrer" }, icon("link"), el("span", {}, b.link.title)));
  if (b.reaction) node.append(el("span", { class: "reaction" }, b.reaction));
  if (b.clinic) node.append(el("button", { type: "button", class: "icon answer", "aria-label": "Reply to this message", onclick: () => onReply(b) }, icon("reply")));
  return node;
}

const rightToLeft = (text) => /^[^\p{L}]*[\p{Script=Arabic}\p{Script=Hebrew}]/u.test(text);
const safe = (address) => (/^https?:\/\//i.test(address) ? address : "#");

function refused(b) {
  const why = b.code === 131047 ? "more than 24 hours since this person wrote; only a template may go out" : "code " + b.code;
  return el("p", { class: "note refused", id: "b-" + b.id, data: { id: b.id, state: b.state } }, "Not delivered: " + why);
}

function stamp(b) {
  const node = el("span", { class: "stamp" }, el("time", { datetime: b.at }, clock(b.at)));
  if (!b.clinic) {
    const shape = { pending: "clock", sent: "sent", delivered: "delivered", read: "delivered" }[b.state] ?? "clock";
    node.append(icon(shape, "tick " + (b.state === "read" ? "read" : shape), stateNames[b.state] ?? b.state));
  }
  return node;
}

function content(inside, b, onPhoto) {
  if (b.pin) inside.append(place(b.pin));
  if (!b.media) return;
  const address = mediaURL(b.media.id);
  if (b.kind === "image" || b.kind === "sticker") {
    inside.append(el("button", { type: "button", class: "photo", "aria-label": "Open the photo", onclick: () => onPhoto(address) }, el("img", { src: address, alt: b.text || "Photo", loading: "lazy" })));
  } else if (b.kind === "video") {
    inside.append(el("video", { src: address, controls: true, preload: "metadata", playsinline: true }));
  } else if (b.kind === "audio") {
    inside.append(voice(b, address));
  } else {
    const name = b.media.file_name || "Document";
    const kind = (/\.([a-z0-9]{1,4})$/i.exec(name)?.[1] ?? b.media.mime?.split("/")[1] ?? "file").toUpperCase().slice(0, 4);
    inside.append(el("a", { class: "file", href: address, download: name }, el("i", { class: kind === "PDF" ? "" : "other", "aria-hidden": "true" }, kind),
      el("span", {}, el("b", { dir: "auto" }, name), el("small", {}, size(b.media.bytes) + " · " + kind))));
  }
}

function place(pin) {
  const where = Number(pin.latitude) + "," + Number(pin.longitude);
  const href = "https://www.openstreetmap.org/?mlat=" + Number(pin.latitude) + "&mlon=" + Number(pin.longitude) + "#map=17/" + where.replace(",", "/");
  return el("a", { class: "place", href, target: "_blank", rel: "noopener noreferrer", "aria-label": "Open " + (pin.name || "the place") + " on a map" },
    el("span", { class: "map" }, icon("map"), icon("pin", "drop")), el("b", { dir: "auto" }, pin.name || "Location"), el("small", { dir: "auto" }, pin.address || where));
}

function voice(b, address) {
  const bars = 34;
  const wave = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  wave.setAttribute("class", "wave");
  wave.setAttribute("viewBox", "0 0 136 30");
  wave.setAttribute("preserveAspectRatio", "none");
  wave.setAttribute("aria-hidden", "true");
  let seed = [...b.id].reduce((sum, c) => (sum * 33 + c.charCodeAt(0)) % 65521, 5);
  for (let i = 0; i < bars; i++) {
    seed = (seed * 75 + 74) % 65537;
    const height = 4 + (seed % 22) * Math.sin(((i + 1) / (bars + 1)) * Math.PI);
    const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, value] of Object.entries({ x: i * 4, y: 15 - height / 2, width: 2.4, height, rx: 1.2 })) bar.setAttribute(name, value);
    wave.append(bar);
  }
  const audio = new Audio(address);
  audio.preload = "metadata";
  const time = el("small", {}, "0:00");
  const button = el("button", { type: "button", class: "icon", "aria-label": "Play the voice note" }, icon("play"));
  const seconds = (s) => (Number.isFinite(s) ? Math.floor(s / 60) + ":" + String(Math.floor(s % 60)).padStart(2, "0") : "0:00");
  const show = () => {
    button.replaceChildren(icon(audio.paused ? "play" : "pause"));
    button.setAttribute("aria-label", audio.paused ? "Play the voice note" : "Pause the voice note");
    const share = audio.duration > 0 ? audio.currentTime / audio.duration : 0;
    [...wave.children].forEach((bar, i) => bar.classList.toggle("played", i / bars < share));
    time.textContent = seconds(audio.currentTime || audio.duration);
  };
  button.addEventListener("click", () => (audio.paused ? audio.play().catch(() => {}) : audio.pause()));
  for (const name of ["play", "pause", "ended", "timeupdate", "loadedmetadata"]) audio.addEventListener(name, show);
  return el("div", { class: "voice" }, button, wave, time);
}
