// A trial's answer with the words marked in which it differs from the accepted one, or from the reference.

import { element } from "./dom.js";
import { onKey } from "./keys.js";
import { diffNode, parsedJson, textNode } from "./payload.js";
import { go, routeFragment } from "./route.js";

export function answerPart(details, route) {
  const others = comparableTexts(details);
  const asked = route.options.get("diff") ?? "accepted";
  const other = others.find(({ option }) => option === asked);
  const address = (option) => ({ ...route, options: new Map([...route.options, ["diff", option]]) });
  const choices = [...others, { option: "off", name: "nothing" }].map(({ option, name }) => {
    const state = { "aria-current": option === (other?.option ?? "off") && "true", id: `diff-${option}` };
    return element("a", { class: "button", href: routeFragment(address(option)), ...state }, name);
  });
  if (others.length) {
    onKey("d", "mark differences, or not", () => go(address(other ? "off" : others[0].option)));
  }
  return element(
    "section",
    { class: "stack" },
    element("h2", {}, "Answer"),
    others.length > 0 && element("p", { class: "row screen-only" }, "Compared with", choices),
    other ? comparison(other) : answersBeside(others, details.output),
  );
}

// Return what there is to compare an answer with, each {option, name, text, now: the answer as far as it is compared}.
function comparableTexts({ baseline, reference, outputs, output }) {
  const texts = [];
  if (baseline) {
    const now = baseline.compared ?? output;
    texts.push({ option: "accepted", name: `accepted answer of ${baseline.code || "the baseline"}`, text: baseline.output, now });
  }
  const expected = expectedText(parsedJson(reference), parsedJson(outputs), output);
  if (expected !== null) {
    texts.push({ option: "reference", name: "reference", text: expected, now: output });
  }
  return texts;
}

// Return the reference where it is a text, or has one under the key under which the outputs have the answer.
function expectedText(reference, outputs, output) {
  const [key] = Object.entries(outputs ?? {}).find(([, value]) => value === output) ?? [];
  const expected = reference?.[key] ?? reference;
  return typeof expected === "string" ? expected : null;
}

function comparison({ name, text, now }) {
  if (text === now) {
    return [element("p", { class: "good" }, `✓ word for word the ${name}`), answerNode(now)];
  }
  const marks = [element("del", {}, `only the ${name} has this`), " ", element("ins", {}, "only this answer has this")];
  return [diffNode(text, now), element("p", { class: "muted diff" }, marks)];
}

// Return answers beside each other, without marks.
function answersBeside(others, output) {
  const texts = [...others.filter(({ option }) => option === "accepted"), { name: "this answer", text: output }];
  const columns = texts.map(({ name, text }) => element("div", {}, texts.length > 1 && element("h3", {}, name), answerNode(text)));
  return element("div", { class: "halves" }, columns);
}

function answerNode(text) {
  return text ? textNode(text) : element("p", { class: "muted" }, "No answer was recorded.");
}
