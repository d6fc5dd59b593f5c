// The columns of the trials, for the table, the filter and the order: all three call them by the same names.

import { costText, countText, scoreText, secondsText } from "./figures.js";

// Return the columns, each {name, title, kind, value: row -> value, text: value -> text, first: order at a first click}.
//   kind: "text" holds anything, "choice" one of a few words, "number", "list" several words, "score" a number or a label.
export function trialColumns(index) {
  const { trials, suites, metrics } = index;
  const columns = [
    { name: "example", title: "Example", kind: "text", value: (row) => trials.example[row] },
    { name: "status", title: "Status", kind: "choice", value: (row) => trials.status[row] },
    { name: "state", title: "State", kind: "choice", value: (row) => trials.state[row] },
    { name: "repeat", title: "Repeat", kind: "number", value: (row) => trials.repeat[row] },
    { name: "suite", title: "Suite", kind: "text", value: (row) => suites[trials.suite[row]] },
    { name: "look", title: "Look", kind: "choice", value: (row) => trials.look[row] },
  ];
  const taken = new Set(["red", "replayed", "latency", "cost", "tokens", "tag", ...columns.map(({ name }) => name)]);
  for (const metric of metrics) {
    // an evaluator may be called "cost"
    const name = taken.has(metric) ? `score.${metric}` : metric;
    const values = trials.scores[metric] ?? [];
    columns.push({ name, title: metric, kind: "score", value: (row) => values[row] ?? null, text: scoreText });
  }
  return [
    ...columns,
    { name: "latency", title: "Latency", kind: "number", value: (row) => trials.latency[row], text: secondsText, first: "-" },
    { name: "cost", title: "Cost", kind: "number", value: (row) => trials.cost[row], text: costText, first: "-" },
    { name: "tokens", title: "Tokens", kind: "number", value: (row) => trials.tokens[row], text: countText, first: "-" },
    { name: "tag", title: "Tags", kind: "list", value: (row) => trials.tags[row], text: (tags) => tags.join(", ") },
  ];
}

// Return the columns that differ from row to row or say anything: one suite or one repeat needs no column.
export function tellingColumns(index, columns) {
  const rows = index.trials.example;
  return columns.filter(({ name, value }) => {
    if (name === "example" || name === "status") {
      return true;
    }
    if (name === "suite") {
      return index.suites.length > 1;
    }
    if (name === "repeat") {
      return rows.some((_, row) => value(row) !== 1);
    }
    // "red" is told in the column of states
    return rows.some((_, row) => !isNothing(value(row)) || (name === "state" && index.trials.red[row]));
  });
}

// Return whether a trial has no such value.
export function isNothing(value) {
  return value === null || value === undefined || value.length === 0;
}

const COLLATOR = new Intl.Collator("en", { numeric: true });

// Return rows in the order of a column; what has no value comes last, equal ones keep their order.
export function sortedRows(rows, column, descending) {
  const values = new Map(rows.map((row) => [row, sortValue(column.value(row))]));
  const sign = descending ? -1 : 1;
  return [...rows].sort((left, right) => compared(values.get(left), values.get(right), sign));
}

function sortValue(value) {
  return Array.isArray(value) ? value.join(", ") : value;
}

function compared(left, right, sign) {
  if (isNothing(left) || isNothing(right)) {
    return isNothing(left) - isNothing(right);
  }
  if (typeof left === "number" && typeof right === "number") {
    return sign * (left - right);
  }
  return sign * COLLATOR.compare(String(left), String(right));
}
