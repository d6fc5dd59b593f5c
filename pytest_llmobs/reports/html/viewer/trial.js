// One trial: why it failed, its answer beside the accepted one, what went in, its scores, what changed, and its trace.

import { answerPart } from "./answer.js";
import { changeBlock } from "./changes.js";
import { element } from "./dom.js";
import { costText, countText, scoreText, secondsText } from "./figures.js";
import { onKey } from "./keys.js";
import { payloadNode, textNode } from "./payload.js";
import { go, readRoute, routeFragment } from "./route.js";
import { stateBadge, statusWord } from "./rows.js";
import { visibleRows } from "./table.js";
import { traceTree } from "./trace.js";

// What a trial's address keeps from that of another.
const KEPT_OPTIONS = ["filter", "sort", "diff"];

export async function trialPage({ index, source, route }) {
  const row = Number(route.argument);
  const { trials } = index;
  if (route.argument === "" || trials.example[row] === undefined) {
    throw new Error(`there is no trial ${route.argument || "without a number"}; they are numbered 0 to ${trials.example.length - 1}.`);
  }
  const { part } = index;
  if (part && (row < part.rows[0] || row > part.rows[1])) {
    const href = `${encodeURIComponent(part.of)}#/trial/${row}`;
    return element("div", { class: "stack" }, trialHead(index, row), element("p", {}, element("a", { href }, `This trial is in ${part.of}.`)));
  }
  const details = await source.trial(row);
  return element(
    "article",
    { class: "trial stack" },
    waysOn(index, row, route),
    trialHead(index, row),
    details.message && element("div", { class: "notice bad" }, textNode(details.message)),
    element(
      "div",
      { class: "halves" },
      element("div", { class: "stack" }, answerPart(details, route), scoresPart(details.scores)),
      element(
        "div",
        { class: "stack" },
        titledPart("Inputs", payloadNode(details.inputs)),
        titledPart("Reference", payloadNode(details.reference)),
        titledPart("What changed", details.changes.map((block) => changeBlock(block))),
        titledPart("Figures", figuresList(trials, row, details)),
        titledPart("Metadata", payloadNode(details.metadata)),
      ),
    ),
    tracePart(details, row, route),
  );
}

function trialHead({ trials, suites, report }, row) {
  const look = trials.look[row];
  const facts = [
    statusWord(trials.status[row]),
    stateBadge(trials.state[row], trials.red[row]),
    look && element("span", { class: "badge" }, look === "control" ? "accepted code, run again" : `look: ${look}`),
    trials.replayed[row] === 1 && element("span", { class: "badge" }, "replayed"),
    element("span", { class: "muted" }, `repeat ${trials.repeat[row]} · ${suites[trials.suite[row]]}`),
  ];
  return element("div", {}, element("h1", {}, trials.example[row]), element("p", { class: "row" }, facts));
}

// Return links to the trials beside this one, in the table's order, and to its repeats; their keys as well.
function waysOn(index, row, route) {
  const chosen = visibleRows(index, route);
  const rows = chosen.includes(row) ? chosen : [...index.trials.example.keys()];
  const place = rows.indexOf(row);
  const repeats = repeatsOf(index.trials, row);
  const repeat = repeats.indexOf(row);
  const ways = [
    ["k", "previous trial", "← previous", rows[place - 1]],
    ["j", "next trial", "next →", rows[place + 1]],
    ["[", "previous repeat", "", repeats[repeat - 1]],
    ["]", "next repeat", "", repeats[repeat + 1]],
  ];
  for (const [key, words, , target] of ways) {
    onKey(key, words, () => target !== undefined && go(trialRoute(target)));
  }
  const all = () => ({ view: "trials", options: keptOptions(["filter", "sort"]) });
  onKey("Escape", "back to the table", () => go(all()));
  const [previous, next] = ways.map(([, , label, target]) => wayLink(label, target));
  const others = repeats.map((target) => wayLink(repeatLabel(index.trials, target), target, target === row));
  const table = element("a", {}, `${place + 1} of ${rows.length}`);
  const links = [...[previous, next, ...others].filter(({ target }) => target !== undefined), { node: table, address: all }];
  const update = () => links.forEach(({ node, address }) => node.setAttribute("href", routeFragment(address())));
  update();
  return element(
    "nav",
    { class: "row", "aria-label": "Trials", "data-follows": true, on: { route: update } },
    [previous.node, table, next.node],
    repeats.length > 1 && element("span", { class: "row repeats" }, "Repeats", others.map(({ node }) => node)),
  );
}

function wayLink(label, target, isCurrent = false) {
  const state = target === undefined ? { role: "link", "aria-disabled": true } : { "aria-current": isCurrent && "page" };
  return { node: element("a", { class: "button", ...state }, label), target, address: () => trialRoute(target) };
}

function trialRoute(row) {
  return { view: "trial", argument: String(row), options: keptOptions(KEPT_OPTIONS) };
}

function keptOptions(names) {
  const { options } = readRoute(location.hash);
  return new Map(names.map((name) => [name, options.get(name) ?? ""]));
}

// Return the rows of a trial's example, the session's own first.
function repeatsOf({ suite, example, look, repeat }, row) {
  const rows = [...example.keys()].filter((other) => suite[other] === suite[row] && example[other] === example[row]);
  return rows.sort((one, other) => look[one].localeCompare(look[other]) || repeat[one] - repeat[other]);
}

function repeatLabel({ look, repeat }, row) {
  return look[row] ? `${look[row]} ${repeat[row]}` : repeat[row];
}

// Return a section; nothing where it has nothing to show.
function titledPart(title, content) {
  const isEmpty = !content || content.length === 0;
  return isEmpty ? null : element("section", { class: "stack" }, element("h2", {}, title), content);
}

function scoresPart(scores) {
  const lines = scores.map((score) => element("li", { class: "score" }, scoreLine(score)));
  return titledPart("Scores", lines.length ? element("ul", { class: "plain" }, lines) : null);
}

function scoreLine({ metric, score, value, comment, error, gating, baseline, control }) {
  const said = value ?? (score === null ? "unscored" : scoreText(score));
  const isUnscored = score === null && value === null;
  return [
    element(
      "div",
      { class: "row" },
      element("h3", {}, metric),
      element("strong", { class: isUnscored ? "warn" : null }, said),
      baseline && element("span", { class: "muted" }, `accepted ${valuesText(baseline)}`),
      control?.length > 0 && element("span", { class: "muted" }, `run again ${valuesText(control)}`),
      !gating && element("span", { class: "muted" }, "for information"),
    ),
    comment && textNode(comment),
    error && element("div", { class: "notice warn" }, textNode(error)),
  ];
}

// Return values as a list; equal ones as `1 × 5`.
function valuesText(values) {
  const texts = values.map((value) => scoreText(value) || "none");
  const isOne = texts.length > 1 && texts.every((text) => text === texts[0]);
  return isOne ? `${texts[0]} × ${texts.length}` : texts.join(", ");
}

function figuresList(trials, row, { nodeid, run_id, model_calls, judge_calls, judge_cost }) {
  const facts = [
    ["Latency", secondsText(trials.latency[row])],
    ["Cost", costText(trials.cost[row])],
    ["Tokens", countText(trials.tokens[row])],
    ["Model calls", countText(model_calls)],
    ["Judge", judge_calls ? `${judge_calls} calls, ${costText(judge_cost) || "cost unknown"}` : ""],
    ["Tags", trials.tags[row].join(", ")],
    ["Test", nodeid && element("code", {}, nodeid)],
    ["Run", run_id && element("code", {}, `llmobs show ${run_id}`)],
  ];
  const told = facts.filter(([, value]) => value);
  return element("dl", { class: "facts" }, told.map(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
}

function tracePart({ runs, runs_in: file }, row, route) {
  if (runs) {
    return traceTree({ runs, row, route });
  }
  const words = file
    ? element("a", { href: `${encodeURIComponent(file)}#/trial/${row}` }, `The trace is in ${file}.`)
    : element("span", { class: "muted" }, "The trace of this trial isn't stored.");
  return titledPart("Trace", element("p", {}, words));
}
