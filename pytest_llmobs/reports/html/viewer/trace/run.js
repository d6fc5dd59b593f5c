// One run of a trace: its line, its bar, and what it shows once it is open.

import { element } from "../page/dom.js";
import { costText, countText, secondsText } from "../page/figures.js";
import { factsList } from "../page/grid.js";
import { badge } from "../page/parts.js";
import { payloadNode, textNode } from "../texts/payload.js";

// Deeper runs are indented no further, and say how deep they are.
const INDENTED = 8;

// Return what the runs say together: parents, depths, the last run below each, and milliseconds in all.
export function measuredTrace(runs) {
  const parents = runs.map(({ parent }, at) => (parent < at ? parent : -1));
  const depths = [];
  parents.forEach((parent) => depths.push(parent < 0 ? 0 : depths[parent] + 1));
  const ends = [...runs.keys()];
  for (let at = runs.length - 1; at >= 0; at -= 1) {
    if (parents[at] >= 0) {
      ends[parents[at]] = Math.max(ends[parents[at]], ends[at]);
    }
  }
  const total = runs.reduce((latest, { start, took }) => Math.max(latest, start + took), 0) || 0.001;
  return { runs, parents, depths, ends, total };
}

export function traceSentence({ runs, depths, total }) {
  const levels = 1 + depths.reduce((most, depth) => Math.max(most, depth), 0);
  const errors = runs.filter(isError).length;
  const counts = [
    `${countText(runs.length)} ${runs.length === 1 ? "run" : "runs"}`,
    levels > 1 && `${levels} levels`,
    errors > 0 && `${errors} with an error`,
    timeText(total),
  ];
  return counts.filter(Boolean).join(", ");
}

// Return the marks above the bars.
export function timeAxis(total) {
  const marks = [0, total / 2, total].map((time) => element("span", {}, timeText(time)));
  return element("div", { class: "run-axis", "aria-hidden": "true" }, element("div", {}, marks));
}

// Return the line of a run.
export function runLine({ runs, depths, ends, total }, at) {
  const run = runs[at];
  const depth = depths[at];
  const level = element("span", { class: depth > INDENTED ? "muted" : "hidden" }, `level ${depth + 1}: `);
  const type = badge(run.type);
  const name = element("button", { type: "button", class: "run-name", "aria-expanded": "false" }, level, type, " ", element("span", {}, run.name));
  const error = isError(run) && element("span", { class: "bad" }, "✗ error ");
  const line = [
    element("div", { class: "run-head" }, foldButton(run, ends[at] > at), name),
    element("p", { class: "run-figures" }, error, runFigures(run)),
    timeBar(run, total),
  ];
  const indent = { style: `--depth:${Math.min(depth, INDENTED)}` };
  return element("li", { class: "run", "data-run": at }, element("div", { class: "run-line", set: indent }, line));
}

function foldButton({ name }, hasChildren) {
  if (!hasChildren) {
    return element("span", { class: "run-fold" });
  }
  return element("button", { type: "button", class: "run-fold", "aria-expanded": "true", "aria-label": `Runs below ${name}` });
}

function runFigures(run) {
  const tokens = run.input_tokens + run.output_tokens;
  const time = run.replayed ? "replayed" : timeText(run.took) || "unfinished";
  return [time, tokens > 0 && `${countText(tokens)} tokens`, costText(run.cost)].filter(Boolean).join(" · ");
}

function timeText(milliseconds) {
  return milliseconds === null ? "" : secondsText(milliseconds / 1000);
}

function timeBar(run, total) {
  const left = (100 * Math.min(Math.max(run.start, 0), total)) / total;
  const width = Math.min((100 * run.took) / total, 100 - left);
  const style = `left:${left.toFixed(2)}%;width:${width.toFixed(2)}%`;
  const bar = element("span", { class: "run-bar", "data-type": isError(run) ? "failed" : run.type, set: { style } });
  return element("div", { class: "run-time", "aria-hidden": "true" }, bar);
}

function isError({ status, error }) {
  return status === "error" || Boolean(error);
}

// Return what a run shows once it is open.
export function runDetails(run) {
  const parts = [
    ["Error", run.error && textNode(run.error)],
    ["Inputs", payloadNode(run.inputs)],
    ["Outputs", payloadNode(run.outputs)],
    ["Metadata", payloadNode(run.metadata)],
  ];
  const facts = [
    ["Started after", timeText(run.start)],
    ["First token after", timeText(run.first_token)],
    ["Model", [run.model, run.provider].filter(Boolean).join(", ")],
    ["Tokens in", countText(run.input_tokens)],
    ["of them cached", countText(run.cached_tokens)],
    ["Tokens out", countText(run.output_tokens)],
    ["Stopped by", run.stop_reason],
    ["Tags", run.tags?.join(", ")],
    ["Run", run.id],
  ];
  return element(
    "div",
    { class: "run-details stack" },
    parts.map(([title, content]) => content && element("div", {}, element("h3", {}, title), content)),
    factsList(facts),
  );
}
