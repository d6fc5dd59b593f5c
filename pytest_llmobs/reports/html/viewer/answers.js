// The three questions behind the verdict: why, which examples, what changed. Each answer is a card that fits a phone.

import { changeBlock } from "./changes.js";
import { element } from "./dom.js";
import { counted, differenceText, meanText } from "./figures.js";
import { inPoints, metricStanding, standingSign } from "./metrics.js";
import { routeFragment } from "./route.js";

const NARROW = "(max-width: 40rem)";

// Return the three cards.
export function answers(index) {
  const most = matchMedia(NARROW).matches ? 3 : 8;
  const { report } = index;
  return element(
    "div",
    { class: "answers" },
    card("Why", whyLines(report, most)),
    card("Which examples", exampleLines(index, most)),
    card("What changed", changeLines(report, most)),
  );
}

function card(title, content) {
  return element("section", { class: "card" }, element("h2", {}, title), content);
}

// Show the first of a list, and fold what has no room on the first screen.
function firstOf(lines, most, what) {
  const list = (part) => element("ul", { class: "plain" }, part);
  if (lines.length <= most + 1) {
    return list(lines);
  }
  const more = element("summary", {}, counted(lines.length - most, `more ${what}`));
  return [list(lines.slice(0, most)), element("details", {}, more, list(lines.slice(most)))];
}

function whyLines(report, most) {
  const metrics = report.suites.flatMap((suite) => suite.metrics);
  const errors = report.errors.map((error) => element("li", {}, standingSign("red"), error));
  const loud = ["red", "warning", "improved"].flatMap((standing) =>
    metrics.filter((metric) => metricStanding(metric) === standing),
  );
  const lines = [...errors, ...loud.map(whyLine)];
  const trials = endedAs(report.spending.trials);
  if (lines.length === 0) {
    return element("p", {}, quietWords(report, metrics), " ", trials);
  }
  return [firstOf(lines, most, "reason"), element("p", { class: "muted" }, trials)];
}

function whyLine(metric) {
  const change = differenceText(metric.delta, inPoints(metric));
  const means = [meanText(metric.baseline), meanText(metric.candidate)].filter(Boolean).join(" → ");
  const figures = element("span", { class: "number" }, means, " ", element("strong", {}, change));
  const name = element("span", {}, standingSign(metricStanding(metric)), metric.metric);
  const why = metric.note || (metric.red ? "" : metric.verdict.toLowerCase().replace("_", " "));
  return element("li", {}, element("div", { class: "pair" }, name, figures), why && element("div", { class: "muted" }, why));
}

function quietWords({ verdict }, metrics) {
  const judged = metrics.filter((metric) => metric.verdict !== null && metric.delta !== null).length;
  if (verdict.light === "green" && judged) {
    return `No drop in ${counted(judged, "metric")}.`;
  }
  return judged ? "" : "Nothing was compared with a baseline.";
}

// How the trials ended: `35 trials: 1 passed, 34 failed`.
function endedAs({ ran, expected, statuses }) {
  const ends = Object.entries(statuses).map(([status, number]) => `${number} ${status}`);
  const trials = ran < expected ? `${ran} of ${counted(expected, "trial")}` : counted(ran, "trial");
  return ends.length ? `${trials}: ${ends.join(", ")}` : trials;
}

function exampleLines(index, most) {
  const { examples, other_examples: others } = index.report;
  const rows = firstRows(index);
  const lines = examples.map((example) => exampleLine(example, rows.get(exampleKey(example.suite, example.example_id))));
  const counts = new Map();
  for (const { state } of others) {
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  const rest = [...counts].map(([state, number]) => `${number} ${state}`).join(", ");
  if (lines.length === 0) {
    return element("p", {}, "No example broke.", rest && ` Others: ${rest}.`);
  }
  return [firstOf(lines, most, "example"), rest && element("p", { class: "muted" }, `others: ${rest}`)];
}

// Return the first row of each example: the table's order has the worst trial first.
function firstRows({ suites, trials }) {
  const rows = new Map();
  trials.example.forEach((example, row) => {
    const key = exampleKey(suites[trials.suite[row]], example);
    if (!rows.has(key)) {
      rows.set(key, row);
    }
  });
  return rows;
}

function exampleKey(suite, example) {
  return JSON.stringify([suite, example]);
}

function exampleLine({ example_id: id, red, state, scores }, row) {
  const link = { href: routeFragment({ view: "trial", argument: String(row) }), "data-row": row };
  const name = row === undefined ? id : element("a", link, id);
  // the pass is told by every example; a score that failed says more
  const worst = scores.find((score) => score.red && score.comment) ?? scores.find((score) => score.red) ?? scores[0];
  const figures = worst ? `${worst.metric} ${repeats(worst.baseline)} → ${repeats(worst.candidate)}` : "";
  const sign = standingSign(red ? "red" : "warning");
  const words = element("span", { class: "muted number" }, state === "broken" ? "" : `${state} · `, figures);
  const comment = worst?.comment ? element("div", { class: "muted comment" }, worst.comment.split("\n").at(-1)) : null;
  return element("li", {}, element("div", { class: "pair" }, element("span", {}, sign, name), words), comment);
}

// Return `5/5` where a metric passes or fails, else the mean of its repeats.
function repeats(values) {
  const scored = values.filter((value) => value !== null);
  if (scored.length === 0) {
    return "·";
  }
  const sum = scored.reduce((total, value) => total + value, 0);
  return scored.every((value) => value === 0 || value === 1) ? `${sum}/${values.length}` : meanText(sum / scored.length);
}

function changeLines(report, most) {
  const blocks = [...promptLines(report), ...sharedChanges(report, most)];
  const data = datasetChanges(report.other_examples);
  if (data) {
    blocks.push(element("p", {}, data));
  }
  if (blocks.length > 0) {
    return blocks;
  }
  const compared = report.suites.some((suite) => suite.metrics.some((metric) => metric.baseline !== null));
  return element("p", {}, compared ? "No change of prompts, models or code is known." : "There is no baseline to compare with.");
}

// Return which prompts have another commit; suites that share a change say it once.
function promptLines({ prompt_changes: changes }) {
  const lines = new Map();
  for (const { name, before, after, description } of changes) {
    const commits = `${shortHashes(before)} → ${shortHashes(after) || "not used"}`;
    const words = [element("strong", {}, "prompt ", name), " ", element("span", { class: "mono" }, commits)];
    lines.set(JSON.stringify([name, before, after]), element("p", {}, words, description && ` “${description}”`));
  }
  return [...lines.values()];
}

function shortHashes(commits) {
  return commits.replace(/[0-9a-f]{16}/g, (hash) => hash.slice(0, 12));
}

// Return the changes that examples share, else those of the worst example.
function sharedChanges({ changes, examples, prompt_changes: prompts }, most) {
  const told = (block) => prompts.some(({ name }) => block.startsWith(`prompt ${name}:`));
  const groups = changes.length > 0 ? changes : ownChanges(examples);
  return groups.map(({ changes: blocks, examples: members }) => {
    const untold = blocks.filter((block) => !told(block) && !block.startsWith("output:"));
    const who = members.length > 1 ? `the same in ${counted(members.length, "example")}` : `in ${members[0].example_id}`;
    return untold.length ? [element("p", { class: "muted" }, who), untold.map((block) => changeBlock(block, most))] : null;
  });
}

function ownChanges(examples) {
  const changed = examples.find((example) => example.changes.some((block) => !block.startsWith("output:")));
  return changed ? [{ changes: changed.changes, examples: [changed] }] : [];
}

function datasetChanges(others) {
  const states = ["new", "edited", "removed"];
  const numbers = states.map((state) => [others.filter((other) => other.state === state).length, state]);
  const told = numbers.filter(([number]) => number > 0).map(([number, state]) => `${number} ${state}`);
  return told.length ? `Examples of the dataset: ${told.join(", ")}.` : "";
}
