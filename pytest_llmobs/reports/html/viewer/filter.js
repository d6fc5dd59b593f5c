// The filter's language: `word`, `"two words"`, `field:value`, `field<number`, `red`, each after `-` for its opposite.

import { isNothing } from "./columns.js";

const TERM = /(?:"[^"]*"?|[^\s"])+/gu;
const PARTS = /^(-?)((?:"[^"]*"?|[^":<>=])*)(?:(:|<=|>=|<|>|=)(.*))?$/su;
const FLAGS = ["red", "replayed"];
// what is named wrongly is named again with a few of the right ones
const CHOICES = 12;
const COMPARISONS = {
  "<": (value, bound) => value < bound,
  "<=": (value, bound) => value <= bound,
  ">": (value, bound) => value > bound,
  ">=": (value, bound) => value >= bound,
};

// Return {matches: row -> whether all terms hold, mistakes}. A term that can't be read is left out, and that is told.
export function readFilter(text, index, columns) {
  const tests = [];
  const mistakes = [];
  for (const [term] of text.matchAll(TERM)) {
    const [, minus, name, sign, value] = term.match(PARTS);
    const tell = (mistake) => mistakes.push(`${term}: ${mistake}`);
    const test = readTerm({ name, sign, value, term: term.slice(minus.length), tell }, index, columns);
    if (typeof test === "string") {
      tell(`left out, ${test}`);
    } else {
      tests.push(minus ? (row) => !test(row) : test);
    }
  }
  return { matches: (row) => tests.every((test) => test(row)), mistakes };
}

// Return the test of one term, or what is wrong with it.
function readTerm({ name, sign, value, term, tell }, index, columns) {
  if (term === "") {
    return "nothing follows the minus.";
  }
  // a node id or an address isn't a field with a value
  if (sign === undefined || /^"?[:/]/.test(value)) {
    return wordTest(term, index);
  }
  const field = unquoted(name);
  const column = columns.find((column) => column.name === field.toLowerCase() || column.name === field);
  if (FLAGS.includes(field)) {
    return `write ${field}, or -${field} for all others.`;
  }
  if (!column) {
    return `there is no “${field}”, but ${listed(columns.map(({ name }) => name))}. Quotes look for it as text.`;
  }
  if (value === "") {
    return `a value is missing; ${column.name}:"" finds trials without one.`;
  }
  return sign === ":" || sign === "=" ? valueTest(column, value, index, tell) : boundTest(column, sign, value, index);
}

function wordTest(term, index) {
  if (FLAGS.includes(term)) {
    return (row) => index.trials[term][row] === 1;
  }
  const word = unquoted(term).toLowerCase();
  const texts = searchTexts(index);
  return (row) => texts[row].includes(word);
}

function boundTest(column, sign, value, index) {
  const bound = Number(value);
  if (Number.isNaN(bound)) {
    return `“${value}” is no number.`;
  }
  if (!index.trials.example.some((_, row) => typeof column.value(row) === "number")) {
    return `“${column.name}” has no numbers; try ${column.name}:… with ${listed(choices(column, index))}.`;
  }
  const holds = COMPARISONS[sign];
  return (row) => {
    const number = column.value(row);
    return typeof number === "number" && holds(number, bound);
  };
}

function valueTest(column, value, index, tell) {
  if (unquoted(value) === "") {
    return (row) => isNothing(column.value(row));
  }
  if (column.kind === "text") {
    const part = unquoted(value).toLowerCase();
    return (row) => column.value(row).toLowerCase().includes(part);
  }
  const known = choices(column, index);
  const wanted = new Set();
  for (const [part] of value.matchAll(/(?:"[^"]*"?|[^,"])+/gu)) {
    const meant = known.filter((choice) => isMeant(choice, unquoted(part), part.startsWith('"')));
    if (meant.length === 0) {
      tell(`no trial has “${unquoted(part)}”, but ${listed(known)}.`);
    }
    meant.forEach((choice) => wanted.add(choice));
  }
  return (row) => [column.value(row)].flat().some((choice) => wanted.has(choice));
}

// A number is meant as it is, a word also by its beginning: `status:fail`; in quotes it is the whole word.
function isMeant(choice, part, isWhole) {
  if (typeof choice === "number") {
    return part !== "" && choice === Number(part);
  }
  const word = choice.toLowerCase();
  return isWhole ? word === part.toLowerCase() : word.startsWith(part.toLowerCase());
}

// Return the values of a column, each once.
function choices(column, index) {
  const values = index.trials.example.flatMap((_, row) => column.value(row));
  return [...new Set(values)].filter((value) => !isNothing(value)).sort();
}

function listed(names) {
  const more = names.length > CHOICES ? ` and ${names.length - CHOICES} more` : "";
  return names.length ? names.slice(0, CHOICES).join(", ") + more : "nothing";
}

function unquoted(text) {
  return text.replaceAll('"', "");
}

// By index: what words are looked for in, made at the first word.
const SEARCHED = new WeakMap();

function searchTexts(index) {
  if (!SEARCHED.has(index)) {
    const { example, text } = index.trials;
    SEARCHED.set(index, example.map((id, row) => `${id}\n${text[row]}`.toLowerCase()));
  }
  return SEARCHED.get(index);
}
