// One run of a trace: its line, its bar, and what it shows once it is open.

import { element } from "./dom.js";
import { costText, countText, secondsText } from "./figures.js";
import { payloadNode, textNode } from "./payload.js";

// Deeper runs are indented no further, and say how deep they are.
const INDENTED = 8;

// Return what the runs say together: parents, depths and the last run below each; errors; milliseconds in all.
export function measuredTrace(runs) {
  const parents = runs.map(({ parent }, at) => (parent >= 0 && parent < at ? parent : -1));
  const depths = [];
  parents.forEach((parent) => depths.push(parent < 0 ? 0 : depths[parent] + 1));
  const ends = [...runs.keys()];
  for (let at = runs.length - 1; at >= 0; at -= 1) {
    if (parents[at] >= 0) {
      ends[parents[at]] = Math.max(ends[parents[at]], ends[at]);
    }
  }
  const errors = [...runs.keys()].filter((at) => isError(runs[at]));
  const total = runs.reduce((latest, { start, took }) => Math.max(latest, start + (took ?? 0)), 0) || 1;
  return { runs, parents, depths, ends, errors, total };
}

export function traceSentence({ runs, depths, errors, total }) {
  const deepest = depths.reduce((most, depth) => Math.max(most, depth), 0) + 1;
  const counts = [
    `${countText(runs.length)} ${runs.length === 1 ? "run" : "runs"}`,
    deepest > 1 && `${deepest} levels`,
    errors.length > 0 && `${errors.length} with an error`,
    secondsText(total / 1000),
  ];
  return counts.filter(Boolean).join(", ");
}

// Return the marks above the bars.
export function timeAxis(total) {
  const marks = [0, 0.5, 1].map((part) => element("span", {}, secondsText((part * total) / 1000)));
  return element("div", { class: "run-axis", "aria-hidden": "true" }, element("span"), element("div", {}, marks));
}

// Return the line of a run.
export function runLine({ runs, depths, ends, total }, at) {
  const run = runs[at];
  const depth = depths[at];
  const level = depth > INDENTED ? element("span", { class: "muted" }, `level ${depth + 1}: `) : levelUnseen(depth);
  const type = element("span", { class: "badge" }, run.type);
  const name = { type: "button", class: "run-name", "aria-expanded": "false" };
  return element(
    "li",
    { class: "run", "data-run": at },
    element(
      "div",
      { class: "run-line", set: { style: `--depth:${Math.min(depth, INDENTED)}` } },
      element("div", { class: "run-head" }, foldButton(run, ends[at] > at), element("button", name, level, type, " ", element("span", {}, run.name))),
      element("p", { class: "run-figures" }, runFigures(run)),
      timeBar(run, total),
    ),
  );
}

function levelUnseen(depth) {
  return element("span", { class: "hidden" }, `level ${depth + 1}: `);
}

function foldButton({ name }, hasChildren) {
  if (!hasChildren) {
    return element("span", { class: "run-fold" });
  }
  return element("button", { type: "button", class: "run-fold", "aria-expanded": "true", "aria-label": `Runs below ${name}` });
}

function runFigures(run) {
  const tokens = (run.input_tokens ?? 0) + (run.output_tokens ?? 0);
  const figures = [
    run.replayed ? "replayed" : runTime(run.took),
    tokens > 0 && `${countText(tokens)} tokens`,
    run.cost !== null && costText(run.cost),
  ];
  const sign = isError(run) && element("span", { class: "bad" }, "✗ error ");
  return [sign, figures.filter(Boolean).join(" · ")];
}

function runTime(took) {
  return took === null ? "unfinished" : secondsText(took / 1000);
}

function timeBar(run, total) {
  const left = (100 * Math.min(Math.max(run.start, 0), total)) / total;
  const width = Math.min((100 * (run.took ?? 0)) / total, 100 - left);
  const kind = isError(run) ? "failed" : run.type;
  const bar = element("span", { class: `run-bar ${kind}`, set: { style: `left:${left.toFixed(2)}%;width:${width.toFixed(2)}%` } });
  return element("div", { class: "run-time", "aria-hidden": "true" }, bar);
}

function isError({ status, error }) {
  return status === "error" || Boolean(error);
}

// Return what a run shows once it is open.
export function runDetails(run) {
  const facts = [
    ["Type", run.type],
    ["Status", run.status],
    ["Started after", secondsText(run.start / 1000)],
    ["Took", runTime(run.took)],
    ["First token after", run.first_token === null ? "" : secondsText(run.first_token / 1000)],
    ["Model", [run.model, run.provider && `(${run.provider})`].filter(Boolean).join(" ")],
    ["Tokens", tokenWords(run)],
    ["Cost", costText(run.cost)],
    ["Stopped by", run.stop_reason],
    ["Tags", (run.tags ?? []).join(", ")],
    ["Run", run.id],
  ];
  const known = facts.filter(([, words]) => words);
  const lines = known.map(([term, words]) => [element("dt", {}, term), element("dd", {}, words)]);
  return element(
    "div",
    { class: "run-details stack" },
    runPart("Error", run.error && textNode(run.error)),
    runPart("Inputs", payloadNode(run.inputs)),
    runPart("Outputs", payloadNode(run.outputs)),
    runPart("Metadata", payloadNode(run.metadata)),
    element("dl", { class: "facts" }, lines),
  );
}

function runPart(title, content) {
  return content ? element("div", {}, element("h3", {}, title), content) : null;
}

function tokenWords({ input_tokens, output_tokens, cached_tokens }) {
  const parts = [
    input_tokens !== null && `${countText(input_tokens)} in`,
    cached_tokens && `${countText(cached_tokens)} of them cached`,
    output_tokens !== null && `${countText(output_tokens)} out`,
  ];
  return parts.filter(Boolean).join(", ");
}
