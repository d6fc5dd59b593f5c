// Two texts compared word by word: what stayed, what was deleted, what was inserted.

// Han and kana are written without spaces: each letter is a word. So is every sign, and a variable such as {tier}.
const UNSPACED = "[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}]";
const WORD_PARTS = new RegExp(`(\\s*)(\\{\\w+\\}|(?:(?!${UNSPACED})[\\p{L}\\p{M}\\p{N}_])+|\\S|$)`, "gu");
const LINE_PARTS = /()([^\n]*\n|[^\n]+|$)/g;
const LONGEST_WORD = 100;
// Characters of both texts; longer ones are compared by lines first.
const SHORT_TEXTS = 20_000;
// About 20 ms. What is left when they are used up is shown as one passage deleted and one inserted.
const MOST_STEPS = 2_000_000;
const STEPS_PER_CHARACTER = 4;

// Return segments {kind: "equal" | "delete" | "insert", text}: those that aren't inserted make `before`, those that
// aren't deleted make `after`. Where a passage took another's place, the deleted one comes first.
export function wordDiff(before, after) {
  const most = Math.min(before.length, after.length);
  const start = sharedLength(before, after, most, (text, place) => text[place]);
  const end = sharedLength(before, after, most - start, (text, place) => text.at(-1 - place));
  const old = before.slice(start, before.length - end);
  const now = after.slice(start, after.length - end);
  const changes = comparedTexts(old, now, { left: MOST_STEPS });
  changes.unshift(unchanged(before.slice(0, start)));
  changes.push(unchanged(before.slice(before.length - end)));
  return withoutCrumbs(changes).flatMap(segmentsOf);
}

// Return how many characters texts share at one end, less those that may be part of a word that differs.
function sharedLength(before, after, most, character) {
  let place = 0;
  while (place < most && character(before, place) === character(after, place)) {
    place++;
  }
  return Math.max(0, place - LONGEST_WORD);
}

// A change: `now` took the place of `old`, after a text that stayed.
function unchanged(lead) {
  return { lead, old: "", now: "" };
}

function comparedTexts(before, after, effort) {
  if (before.length + after.length <= SHORT_TEXTS) {
    return comparedParts(before, after, WORD_PARTS, effort);
  }
  return comparedParts(before, after, LINE_PARTS, effort).flatMap((change) => comparedLines(change, effort));
}

function comparedLines(change, effort) {
  const { lead, old, now } = change;
  const steps = STEPS_PER_CHARACTER * (old.length + now.length);
  if (!old || !now || steps > effort.left) {
    return [change];
  }
  effort.left -= steps;
  return [unchanged(lead), ...comparedParts(old, now, WORD_PARTS, effort)];
}

function comparedParts(before, after, pattern, effort) {
  const old = textParts(before, pattern);
  const now = textParts(after, pattern);
  // what only one text has can't stay; without it, texts that have little in common take no time
  const oldPlaces = sharedPlaces(old.words, new Set(now.words));
  const nowPlaces = sharedPlaces(now.words, new Set(old.words));
  const numbers = new Map();
  const a = oldPlaces.map((place) => wordNumber(old.words[place], numbers));
  const b = nowPlaces.map((place) => wordNumber(now.words[place], numbers));
  for (const [x, y] of shortestWay(a, b, effort)) {
    old.kept[oldPlaces[x]] = 1;
    now.kept[nowPlaces[y]] = 1;
  }
  return changesOf(old, now);
}

// Return the words of a text and the space before each; the last word is empty.
function textParts(text, pattern) {
  const words = [];
  const spaces = [];
  for (const [, space, word] of text.matchAll(pattern)) {
    words.push(word);
    spaces.push(space);
    if (!word) {
      break;
    }
  }
  return { words, spaces, kept: new Uint8Array(words.length) };
}

function sharedPlaces(words, others) {
  return [...words.keys()].filter((place) => others.has(words[place]));
}

function wordNumber(word, numbers) {
  const number = numbers.get(word) ?? numbers.size;
  numbers.set(word, number);
  return number;
}

// Return the pairs of places that stay; none where finding them takes too long. Myers, "An O(ND) difference algorithm
// and its variations" (1986). A row says, after so many steps, how far each diagonal came.
function shortestWay(a, b, effort) {
  const rows = [];
  for (let step = 0; effort.left >= step; step++) {
    effort.left -= step;
    const row = new Int32Array(step + 1);
    for (let diagonal = 0; diagonal <= step; diagonal++) {
      let x = diagonalEntry(rows, step, diagonal);
      let y = x - 2 * diagonal + step;
      while (x < a.length && y < b.length && a[x] === b[y]) {
        x++;
        y++;
      }
      row[diagonal] = x;
      if (x === a.length && y === b.length) {
        return keptPairs(rows, step, diagonal, x);
      }
    }
    rows.push(row);
  }
  return [];
}

// Return where a step enters a diagonal: from the one above, or from the one on the left.
function diagonalEntry(rows, step, diagonal) {
  if (step === 0) {
    return 0;
  }
  const row = rows[step - 1];
  const above = diagonal < step ? row[diagonal] : 0;
  const left = diagonal ? row[diagonal - 1] + 1 : 0;
  return Math.max(above, left);
}

function keptPairs(rows, lastStep, lastDiagonal, end) {
  const found = [];
  let diagonal = lastDiagonal;
  let x = end;
  for (let step = lastStep; step >= 0; step--) {
    const start = diagonalEntry(rows, step, diagonal);
    while (x > start) {
      x--;
      found.push([x, x - 2 * diagonal + step]);
    }
    if (step && rows[step - 1][diagonal] !== start) {
      diagonal--;
      x--;
    }
  }
  return found;
}

function changesOf(old, now) {
  const changes = [unchanged("")];
  let [x, y] = [0, 0];
  while (x < old.words.length || y < now.words.length) {
    const change = changes.at(-1);
    if (x < old.words.length && !old.kept[x]) {
      change.old += old.spaces[x] + old.words[x++];
    } else if (y < now.words.length && !now.kept[y]) {
      change.now += now.spaces[y] + now.words[y++];
    } else {
      const [oldSpace, space] = [old.spaces[x++], now.spaces[y]];
      const differs = oldSpace !== space;
      change.old += differs ? oldSpace : "";
      change.now += differs ? space : "";
      changes.push(unchanged((differs ? "" : space) + now.words[y++]));
    }
  }
  return changes;
}

// Join changes with nothing between them, and those that are longer than what stays between them, which read better as
// one. The end of a line stays.
function withoutCrumbs(changes) {
  const joined = [];
  for (let change of changes) {
    while (joined.length && isCrumb(change, joined.at(-1))) {
      const { lead, old, now } = joined.pop();
      const between = change.lead;
      if (old || now) {
        change = { lead, old: old + between + change.old, now: now + between + change.now };
      } else {
        change.lead = lead + between;
      }
    }
    joined.push(change);
  }
  return joined;
}

function isCrumb(change, previous) {
  const most = Math.min(changeSize(change), changeSize(previous));
  return changeSize(previous) === 0 || (change.lead.length <= most && !change.lead.includes("\n"));
}

function changeSize({ old, now }) {
  return Math.max(old.length, now.length);
}

function segmentsOf({ lead, old, now }) {
  const [space] = old.match(/^\s*/);
  const sharesSpace = now.match(/^\s*/)[0] === space;
  const from = sharesSpace ? space.length : 0;
  const segments = [
    { kind: "equal", text: lead + old.slice(0, from) },
    { kind: "delete", text: old.slice(from) },
    { kind: "insert", text: now.slice(from) },
  ];
  return segments.filter(({ text }) => text);
}
