// A trial's answer with the words marked in which it differs from the accepted one, or from the reference.

import { element } from "../page/dom.js";
import { onKey } from "../page/keys.js";
import { diffNode, textNode } from "../texts/payload.js";
import { go, routeFragment, withOptions } from "../page/route.js";

export function answerPart(details, route) {
  const others = comparableTexts(details);
  const asked = route.options.get("diff") ?? "accepted";
  const other = others.find(({ option }) => option === asked);
  const compared = (option) => withOptions(route, [["diff", option]]);
  const choices = [...others, { option: "off", name: "nothing" }].map(({ option, name }) => {
    const state = { id: `diff-${option}`, "aria-current": option === (other?.option ?? "off") && "true" };
    return element("a", { class: "button", href: routeFragment(compared(option)), ...state }, name);
  });
  if (others.length) {
    onKey("d", "mark differences, or not", () => go(compared(other ? "off" : others[0].option)));
  }
  return element(
    "section",
    { class: "stack" },
    element("h2", {}, "Answer"),
    others.length > 0 && element("p", { class: "row screen-only" }, "Compared with", choices),
    other ? comparison(other) : answersBeside(details),
  );
}

// Return what there is to compare an answer with, each {option, name, text, now: the answer as far as it is compared}.
function comparableTexts({ baseline, reference, outputs, output }) {
  // a reference is a text, or has one under the key under which the outputs have the answer
  const key = Object.keys(outputs ?? {}).find((key) => outputs[key] === output);
  const expected = reference?.[key] ?? reference;
  return [
    baseline && { option: "accepted", name: acceptedName(baseline), text: baseline.output, now: baseline.compared ?? output },
    typeof expected === "string" && { option: "reference", name: "reference", text: expected, now: output },
  ].filter(Boolean);
}

function acceptedName({ code }) {
  return `accepted answer of ${code || "the baseline"}`;
}

function comparison({ name, text, now }) {
  if (text === now) {
    return [element("p", { class: "good" }, `✓ word for word the ${name}`), answerNode(now)];
  }
  const marks = [element("del", {}, `only the ${name} has this`), " ", element("ins", {}, "only this answer has this")];
  return [diffNode(text, now), element("p", { class: "muted diff" }, marks)];
}

function answersBeside({ baseline, output }) {
  const column = (name, text) => element("div", {}, element("h3", {}, name), answerNode(text));
  if (!baseline) {
    return answerNode(output);
  }
  return element("div", { class: "halves" }, column(acceptedName(baseline), baseline.output), column("this answer", output));
}

function answerNode(text) {
  return text ? textNode(text) : element("p", { class: "muted" }, "No answer is stored.");
}
