// A trial's answer, and what it is compared with: the accepted one, or the reference.

import { announce, element } from "./dom.js";
import { onKey } from "./keys.js";
import { diffNode, parsedJson, textNode } from "./payload.js";
import { go, readRoute, routeFragment } from "./route.js";

export function answerPart(details, route) {
  const others = comparableTexts(details);
  const place = element("div", { class: "stack" });
  const links = [...others, { option: "off", name: "no comparison" }].map(({ option, name }) => ({ option, node: element("a", { class: "button", id: `diff-${option}` }, name) }));
  const byDefault = others.find(({ option }) => option === "accepted")?.option ?? "off";

  function show({ options }) {
    const chosen = others.find(({ option }) => option === (options.get("diff") ?? byDefault));
    for (const { option, node } of links) {
      node.setAttribute("href", routeFragment(diffRoute(option)));
      node.setAttribute("aria-current", String(option === (chosen?.option ?? "off")));
    }
    place.replaceChildren(...(chosen ? comparison(chosen, details.output) : sideBySide(others, details.output)));
  }

  function toggle() {
    const { options } = readRoute(location.hash);
    const isOff = (options.get("diff") ?? byDefault) === "off";
    go(diffRoute(isOff ? others[0].option : "off"));
    announce(isOff ? "differences marked" : "differences not marked");
  }

  if (others.length) {
    onKey("d", "mark the differences, or not", toggle);
  }
  show(route);
  return element(
    "section",
    { class: "stack", "data-follows": true, on: { route: ({ detail }) => show(detail) } },
    element("h2", {}, "Answer"),
    others.length > 0 && element("p", { class: "row screen-only" }, "Compared with", links.map(({ node }) => node)),
    place,
  );
}

function diffRoute(option) {
  const { view, argument, options } = readRoute(location.hash);
  return { view, argument, options: new Map([...options, ["diff", option]]) };
}

// Return what there is to compare an answer with, each {option, name, text, now: the answer as far as it
// is compared}.
function comparableTexts({ baseline, reference, outputs, output }) {
  const texts = [];
  if (baseline) {
    const code = baseline.code ? ` of ${baseline.code}` : "";
    texts.push({ option: "accepted", name: `accepted answer${code}`, text: baseline.output, now: baseline.compared ?? output });
  }
  const expected = expectedText(parsedJson(reference), parsedJson(outputs), output);
  if (expected !== null) {
    texts.push({ option: "reference", name: "reference", text: expected, now: output });
  }
  return texts;
}

// Return the reference where it is a text, or has one under the key under which the outputs have the answer.
function expectedText(reference, outputs, output) {
  if (typeof reference === "string") {
    return reference;
  }
  const [key] = Object.entries(outputs ?? {}).find(([, value]) => value === output) ?? [];
  return typeof reference?.[key] === "string" ? reference[key] : null;
}

function comparison({ name, text, now }, output) {
  if (text === now) {
    return [element("p", { class: "good" }, `✓ Word for word the ${name}.`), answerNode(output)];
  }
  const legend = ["Marked: ", element("del", {}, `only the ${name} has it`), ", ", element("ins", {}, "only this answer has it")];
  return [diffNode(text, now), element("p", { class: "muted diff" }, legend)];
}

// Return answers side by side, without marks.
function sideBySide(others, output) {
  const accepted = others.filter(({ option }) => option === "accepted");
  if (accepted.length === 0) {
    return [answerNode(output)];
  }
  const columns = [...accepted, { name: "this answer", text: output }];
  return [element("div", { class: "halves" }, columns.map(({ name, text }) => element("div", {}, element("h3", {}, name), answerNode(text))))];
}

function answerNode(text) {
  return text ? textNode(text) : element("p", { class: "muted" }, "No answer was recorded.");
}
