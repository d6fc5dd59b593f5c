// The columns of the trials: the table, the filter and the order call them by the same names.

import { costText, countText, scoreText, secondsText } from "../page/figures.js";

const FORMATS = { latency: secondsText, cost: costText, tokens: countText, tag: (tags) => tags.join(", ") };
const COLLATOR = new Intl.Collator("en", { numeric: true });

// Return the columns of reports/html/table.py, each with `value`, a row's, and `text`, what is shown of a value.
export function trialColumns({ table, trials, suites }) {
  return table.columns.map((column) => {
    const { name, metric } = column;
    const values = metric === null ? (trials[name] ?? trials.tags) : trials.scores[metric];
    const value = name === "suite" ? (row) => suites[values[row]] : (row) => values[row];
    const shortSuite = name === "suite" && ((suite) => table.suites[suites.indexOf(suite)]);
    const text = shortSuite || (metric === null ? (FORMATS[name] ?? String) : scoreText);
    return { ...column, value, text };
  });
}

// Return whether a trial has no such value.
export function isNothing(value) {
  return value === null || value.length === 0;
}

// Return rows in the order of a column; what has no value comes last, equal ones keep their order.
export function sortedRows(rows, { value }, descending) {
  const sign = descending ? -1 : 1;
  return [...rows].sort((left, right) => compared(value(left), value(right), sign));
}

function compared(left, right, sign) {
  if (isNothing(left) || isNothing(right)) {
    return isNothing(left) - isNothing(right);
  }
  if (typeof left === "number" && typeof right === "number") {
    return sign * (left - right);
  }
  return sign * COLLATOR.compare(left, right);
}
