// The filter's language: `word`, `"two words"`, `field:value`, `field<number`, `red`, each after `-` for its opposite.

import { isNothing } from "./columns.js";

const TERM = /(?:"[^"]*"?|[^\s"])+/gu;
const PARTS = /^(-?)((?:"[^"]*"?|[^":<>=])*)(?:(:|<=|>=|<|>|=)(.*))?$/su;
const ALTERNATIVE = /(?:"[^"]*"?|[^,"])+/gu;
const FLAGS = ["red", "replayed"];
// what is named wrongly is named again with a few of the right ones
const CHOICES = 12;
const COMPARISONS = {
  "<": (value, bound) => value < bound,
  "<=": (value, bound) => value <= bound,
  ">": (value, bound) => value > bound,
  ">=": (value, bound) => value >= bound,
};
// By index: what words are looked for in, made at the first word.
const SEARCHED = new WeakMap();

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
  if (sign === undefined || /^[:/]/.test(value)) {
    return wordTest(term, index);
  }
  const field = unquoted(name);
  const column = columns.find(({ name: known }) => [field, field.toLowerCase()].includes(unquoted(known)));
  if (FLAGS.includes(field)) {
    return `write ${field}, or -${field} for all others.`;
  }
  if (!column) {
    return `there is no “${field}”, but ${listed(columns.map(({ name: known }) => known))}. Quotes look for it as text.`;
  }
  if (value === "") {
    return `a value is missing; ${column.name}:"" finds trials without one.`;
  }
  const values = index.trials.example.map((_, row) => column.value(row));
  return sign === ":" || sign === "=" ? valueTest(column, value, values, tell) : boundTest(column, sign, value, values);
}

function wordTest(term, index) {
  if (FLAGS.includes(term)) {
    return (row) => index.trials[term][row] === 1;
  }
  if (!SEARCHED.has(index)) {
    const { example, text } = index.trials;
    SEARCHED.set(index, example.map((id, row) => `${id}\n${text[row]}`.toLowerCase()));
  }
  const word = unquoted(term).toLowerCase();
  const texts = SEARCHED.get(index);
  return (row) => texts[row].includes(word);
}

function boundTest({ name }, sign, value, values) {
  const bound = Number(value);
  if (Number.isNaN(bound)) {
    return `“${value}” is no number.`;
  }
  if (!values.some((known) => typeof known === "number")) {
    return `“${name}” has no numbers; try ${name}:… with ${listed(choices(values))}.`;
  }
  return (row) => typeof values[row] === "number" && COMPARISONS[sign](values[row], bound);
}

function valueTest({ kind }, value, values, tell) {
  if (unquoted(value) === "") {
    return (row) => isNothing(values[row]);
  }
  if (kind === "text") {
    const part = unquoted(value).toLowerCase();
    return (row) => values[row].toLowerCase().includes(part);
  }
  const known = choices(values);
  const wanted = new Set();
  for (const [part] of value.matchAll(ALTERNATIVE)) {
    const meant = known.filter((choice) => isMeant(choice, part));
    if (meant.length === 0) {
      tell(`no trial has “${unquoted(part)}”, but ${listed(known)}.`);
    }
    meant.forEach((choice) => wanted.add(choice));
  }
  return (row) => [values[row]].flat().some((choice) => wanted.has(choice));
}

// A number is meant as it is, a word also by its beginning: `status:fail`; in quotes it is the whole word.
function isMeant(choice, part) {
  const word = unquoted(part).toLowerCase();
  if (typeof choice === "number") {
    return choice === Number(word);
  }
  return part.startsWith('"') ? choice.toLowerCase() === word : choice.toLowerCase().startsWith(word);
}

// Return the values of a column, each once.
function choices(values) {
  return [...new Set(values.flat())].filter((value) => !isNothing(value)).sort();
}

function listed(names) {
  const more = names.length > CHOICES ? ` and ${names.length - CHOICES} more` : "";
  return names.length ? names.slice(0, CHOICES).join(", ") + more : "nothing";
}

function unquoted(text) {
  return text.replaceAll('"', "");
}
