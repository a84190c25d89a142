"use strict";
const $ = id => document.getElementById(id);
const read = id => JSON.parse($(id).textContent);
const cases = read("data") || [], was = read("was") || {}, flaky = new Set(read("flaky") || []);
const step = 50;
let shown = step, found = [];

const key = c => c.suite + "/" + c.id;
const failed = c => c.turns.flatMap(t => t.checks.filter(k => !k.pass).map(k => k.name));
const words = c => [c.id, c.suite, c.known || "", c.failure || "", ...c.turns.flatMap(t => [t.say, ...(t.reply ? (t.reply.messages || []).map(m => m.text || "") : []), ...t.checks.filter(k => !k.pass).map(k => k.name + " " + k.want + " " + k.got)])].join(" ").toLowerCase();
for (const c of cases) { c.words = words(c); c.failed = failed(c); }

function element(tag, className, text) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}
function options(id, values) {
  for (const v of [...new Set(values)].filter(Boolean).sort()) $(id).append(new Option(v, v));
}
options("f-suite", cases.map(c => c.suite));
options("f-label", cases.map(c => c.label));
options("f-lang", cases.map(c => c.lang));
options("f-check", cases.flatMap(c => c.failed));

function verdictFits(c, want) {
  switch (want) {
    case "fail": return !c.pass;
    case "pass": return c.pass;
    case "known": return Boolean(c.known);
    case "changed": return key(c) in was;
    case "flaky": return flaky.has(key(c));
  }
  return true;
}
function apply() {
  const q = $("q").value.toLowerCase().trim();
  const is = (id, v) => !$(id).value || $(id).value === v;
  found = cases.filter(c => verdictFits(c, $("f-pass").value) && is("f-suite", c.suite) && is("f-label", c.label) && is("f-lang", c.lang || "") && (!$("f-check").value || c.failed.includes($("f-check").value)) && (!q || c.words.includes(q)));
  shown = step;
  draw();
}
function draw() {
  $("list").replaceChildren(...found.slice(0, shown).map(card));
  $("count").textContent = found.length + " of " + cases.length + " cases";
  $("more").hidden = found.length <= shown;
}
function card(c) {
  const d = element("details", "case"), s = element("summary");
  s.append(element("span", c.pass ? "ok" : "bad", c.pass ? "pass " : c.known ? "known " : "fail "), element("span", "", c.turns.map(t => t.say || t.tap).join(" ⏎ ") + " "), element("span", "id", key(c) + (c.lang ? " · " + c.lang : "") + (c.repeat ? " · " + (c.repeat + 1) : "")));
  s.firstChild.nextSibling.dir = "auto";
  d.append(s);
  d.addEventListener("toggle", () => { if (d.open && d.childElementCount === 1) d.append(body(c)); });
  return d;
}
function body(c) {
  const b = element("div", "body");
  if (c.known) b.append(element("p", "meta", "Known weakness: " + c.known));
  if (c.failure) b.append(element("p", "bad", c.failure));
  const before = was[key(c)];
  if (before) {
    const p = element("div", "pair"), left = element("div"), right = element("div");
    left.append(element("h3", "", "Before"), dialogue(before));
    right.append(element("h3", "", "Now"), dialogue(c));
    p.append(left, right);
    b.append(p);
  } else b.append(dialogue(c));
  return b;
}
function dialogue(c) {
  const box = element("div");
  for (const t of c.turns) {
    const say = element("div", "say", t.say || "[" + t.tap + "]");
    say.dir = "auto";
    box.append(say, element("p", "meta", [t.at, ...(t.faults || []).map(f => "fault: " + f)].join(" · ")));
    if (t.reply) {
      for (const m of t.reply.messages || []) {
        const bubble = element("div", "reply", m.text || m.document || "");
        bubble.dir = "auto";
        for (const x of m.buttons || []) bubble.append(element("div", "meta", "[" + x.title + "]"));
        box.append(bubble);
      }
      const r = t.reply;
      box.append(element("p", "meta", [r.outcome, r.lang, r.mode, (r.labels || []).join(", "), r.ticket ? "ticket: " + r.ticket.team + ", " + r.ticket.priority + ", " + r.ticket.reason : "", r.flow ? "flow: " + r.flow : "", r.ms.total.toFixed(1) + " ms"].filter(Boolean).join(" · ")));
      for (const x of r.citations || []) box.append(element("p", "meta", x.source + (x.page ? ", p. " + x.page : "") + ": “" + x.quote + "”"));
      if (r.trace) {
        const d = element("details"), pre = element("pre", "", JSON.stringify(r.trace, null, 1));
        d.append(element("summary", "meta", "What decided it"), pre);
        box.append(d);
      }
    }
    const list = element("ul", "checks");
    for (const k of [...t.checks].sort((a, b) => a.pass - b.pass)) list.append(element("li", k.pass ? "ok" : "bad", k.name + (k.pass ? "" : ": wanted " + k.want + "; got " + k.got)));
    box.append(list);
  }
  return box;
}
$("filter").addEventListener("input", apply);
$("filter").addEventListener("submit", e => e.preventDefault());
$("more").addEventListener("click", () => { const n = shown; shown += step; draw(); $("list").children[n].firstChild.focus(); });
for (const cell of document.querySelectorAll(".cell")) cell.addEventListener("click", () => {
  const suites = [...$("f-suite").options].map(o => o.value);
  $("f-suite").value = suites.includes(cell.dataset.name) ? cell.dataset.name : "";
  $("f-label").value = suites.includes(cell.dataset.name) ? "" : cell.dataset.name;
  $("f-lang").value = cell.dataset.lang;
  $("f-pass").value = "";
  apply();
  $("cases").scrollIntoView();
  $("cases").focus({preventScroll: true});
});
document.addEventListener("keydown", e => {
  if (e.target.matches("input, select") || e.ctrlKey || e.metaKey || e.altKey) return;
  if (e.key === "/") { e.preventDefault(); $("q").focus(); }
  if (e.key === "j" || e.key === "k") {
    const all = [...document.querySelectorAll(".case > summary")], at = all.indexOf(document.activeElement);
    const next = all[at + (e.key === "j" ? 1 : -1)];
    if (next) next.focus();
  }
});
if (!cases.some(c => !c.pass)) $("f-pass").value = "";
apply();
