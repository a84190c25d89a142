// WhatsApp's marks: *bold*, _italic_, ~struck~, ```fixed```, links, mails, numbers.
import { el } from "./dom.js";

const marks = [
  [/```([^`]+)```/, (inner) => el("code", {}, inner)],
  [/(?<![\p{L}\p{N}*])\*(?=\S)([^*\n]*\S)\*(?![\p{L}\p{N}*])/u, (inner) => el("b", {}, ...format(inner))],
  [/(?<![\p{L}\p{N}_])_(?=\S)([^_\n]*\S)_(?![\p{L}\p{N}_])/u, (inner) => el("i", {}, ...format(inner))],
  [/(?<![\p{L}\p{N}~])~(?=\S)([^~\n]*\S)~(?![\p{L}\p{N}~])/u, (inner) => el("s", {}, ...format(inner))],
];
const links = [
  [/https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]»”’]/, (found) => el("a", { href: found, target: "_blank", rel: "noopener noreferrer" }, found)],
  [/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/, (found) => el("a", { href: "mailto:" + found }, found)],
  [/(?<![\d.,/:-])\+?\d[\d\u00a0\u202f ().-]{7,18}\d(?![\d/:])/, (found) => el("a", { href: "tel:" + found.replace(/[^\d+]/g, ""), dir: "ltr" }, found)],
];

export function format(text) {
  let first = null;
  for (const [pattern, build] of links) {
    const match = pattern.exec(text);
    if (match && (!first || match.index < first.index)) first = { index: match.index, end: match.index + match[0].length, node: () => build(match[0]) };
  }
  for (const [pattern, build] of marks) {
    const match = pattern.exec(text);
    if (match && (!first || match.index < first.index)) first = { index: match.index, end: match.index + match[0].length, node: () => build(match[1]) };
  }
  if (!first) return text ? [document.createTextNode(text)] : [];
  return [...format(text.slice(0, first.index)), first.node(), ...format(text.slice(first.end))];
}
