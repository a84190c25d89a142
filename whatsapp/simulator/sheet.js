// The bottom sheet: lists, new phones, places, files about to be sent.
import { $, el } from "./dom.js";

// open shows a sheet and calls onDone with the form's data unless it was closed.
function open(title, body, onDone) {
  const sheet = $("sheet");
  $("sheet-title").textContent = title;
  $("sheet-body").replaceChildren(...body);
  sheet.returnValue = "";
  sheet.addEventListener("close", () => {
    if (sheet.returnValue === "done") onDone(new FormData(sheet.querySelector("form")));
    $("sheet-body").replaceChildren();
  }, { once: true });
  sheet.addEventListener("click", (event) => { if (event.target === sheet) sheet.close(); }, { once: true });
  sheet.showModal();
}

const done = (label, attributes = {}) => el("button", { class: "primary", value: "done", ...attributes }, label);

export function chooseRow(b, onRow) {
  const body = [];
  const rows = new Map();
  for (const section of b.sections) {
    if (section.title) body.push(el("h3", { dir: "auto" }, section.title));
    for (const row of section.rows) {
      rows.set(row.id, row);
      body.push(el("label", { class: "choice", dir: "auto" }, el("span", {}, row.title), row.description ? el("small", {}, row.description) : null,
        el("input", { type: "radio", name: "row", value: row.id, required: true, onchange: () => (send.disabled = false) })));
    }
  }
  const send = done("Send", { disabled: true });
  body.push(send);
  open(b.menu, body, (data) => onRow(rows.get(data.get("row"))));
}

export function newPhone(onPhone) {
  open("Add a phone", [
    el("label", { class: "field" }, "Name", el("input", { name: "name", required: true, maxlength: "40", dir: "auto" })),
    el("label", { class: "field" }, "Number, with its country code", el("input", { name: "number", type: "tel", required: true, placeholder: "+33 6 12 34 56 78", pattern: "[+0-9 ().\\-]{6,24}" })),
    el("label", { class: "check" }, el("input", { type: "checkbox", name: "hides" }), "Has a username: the clinic sees a user id instead of the number"),
    done("Add the phone"),
  ], (data) => onPhone({ name: data.get("name"), number: data.get("number"), hides_number: data.get("hides") === "on" }));
}

export function sharePlace(onPlace) {
  const latitude = el("input", { name: "latitude", required: true, inputmode: "decimal", value: "48.8566" });
  const longitude = el("input", { name: "longitude", required: true, inputmode: "decimal", value: "2.3522" });
  open("Share a location", [
    el("label", { class: "field" }, "Name", el("input", { name: "name", dir: "auto", maxlength: "80", value: "Home" })),
    el("div", { class: "pair" }, el("label", { class: "field" }, "Latitude", latitude), el("label", { class: "field" }, "Longitude", longitude)),
    done("Send the location"),
  ], (data) => {
    const pin = { name: data.get("name"), latitude: Number(data.get("latitude")), longitude: Number(data.get("longitude")) };
    if (Number.isFinite(pin.latitude) && Number.isFinite(pin.longitude)) onPlace(pin);
  });
}

export function confirmFile(file, onSend) {
  const preview = file.type.startsWith("image/") ? URL.createObjectURL(file) : "";
  const caption = file.type.startsWith("audio/") ? null : el("label", { class: "field" }, "Caption", el("input", { name: "caption", dir: "auto", maxlength: "1024", autofocus: true }));
  open(file.name || "Photo", [preview ? el("img", { class: "preview", src: preview, alt: "" }) : null, caption, done("Send")].filter(Boolean),
    (data) => onSend(data.get("caption") ?? ""));
  $("sheet").addEventListener("close", () => preview && URL.revokeObjectURL(preview), { once: true });
}

export function showPhoto(address) {
  open("Photo", [el("img", { class: "preview", src: address, alt: "Photo" })], () => {});
}
