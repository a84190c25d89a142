// The panel: what goes wrong, and what the clinic's server asked of Meta.
import { $, clock, el } from "./dom.js";

const switches = [
  ["timeout_after_accept", "Answer never comes", "The message arrives, the server's request times out"],
  ["too_many_requests", "Too many requests", "429, code 130429"],
  ["server_error", "Server error", "500, code 131000"],
  ["expired_token", "Expired token", "401, code 190"],
  ["pair_limit", "Pair limit", "Code 131056: too fast for one person"],
  ["duplicate_webhooks", "Duplicate webhooks", "Everything is told twice"],
  ["out_of_order", "Out of order", "Read before delivered, some messages late"],
  ["drop_statuses", "No statuses", "Nobody says whether it arrived"],
];
const faulty = (faults) => switches.some(([name]) => faults[name]) || faults.fail_code || faults.fail_status;

export function drawFaults(faults, onChange) {
  const form = $("faults");
  const change = (name, value) => onChange({ ...faults, [name]: value });
  if (form.children.length === 0) {
    for (const [name, title, detail] of switches) {
      form.append(el("label", { class: "switch" }, el("b", {}, title), el("small", {}, detail), el("input", { type: "checkbox", role: "switch", name })));
    }
  }
  for (const [name] of switches) {
    const input = form.elements[name];
    input.checked = Boolean(faults[name]);
    input.onchange = () => change(name, input.checked);
  }
  const share = $("share");
  const tenths = faults.share > 0 && faults.share < 1 ? Math.max(1, Math.round(faults.share * 10)) : 10;
  share.value = tenths;
  const show = () => ($("share-shown").value = Number(share.value) === 10 ? "every send" : share.value + " of 10 sends");
  show();
  share.oninput = show;
  share.onchange = () => change("share", Number(share.value) === 10 ? 0 : Number(share.value) / 10);
  $("fault-dot").hidden = !faulty(faults);
}

export function addCall(call) {
  const list = $("calls");
  list.prepend(el("li", { class: call.status >= 400 ? "bad" : "" }, el("b", {}, String(call.status)), el("span", {}, call.what),
    el("small", {}, clock(call.at) + (call.code ? " · code " + call.code : "") + (call.detail ? " · " + call.detail : ""))));
  while (list.children.length > 60) list.lastElementChild.remove();
}
