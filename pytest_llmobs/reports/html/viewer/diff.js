// Two texts compared word by word: what stayed, what was deleted, what was inserted.

// Han and kana are written without spaces: each letter is a word. So are a sign, an end of line, and {tier}.
const UNSPACED = "[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}]";
const WORD_PARTS = new RegExp(`([^\\S\\n]*)(\\n|\\{\\w+\\}|(?:(?!${UNSPACED})[\\p{L}\\p{M}\\p{N}_])+|\\S|$)`, "gu");
const LINE_PARTS = /()([^\n]*\n|[^\n]+|$)/g;
const LONGEST_WORD = 100;
// Characters of both texts; longer ones are compared by lines first.
const SHORT_TEXTS = 20_000;
// About 20 ms. What is left when they are used up is shown as one passage deleted and one inserted.
const MOST_STEPS = 1_500_000;
const STEPS_PER_CHARACTER = 4;

// Return segments {kind: "equal" | "delete" | "insert", text}: those that aren't inserted make `before`, those that
// aren't deleted make `after`. Where a passage took another's place, the deleted one comes first.
export function wordDiff(before, after) {
  const most = Math.min(before.length, after.length);
  const start = sharedLength(most, (place) => before.charCodeAt(place) === after.charCodeAt(place));
  const [oldLast, nowLast] = [before.length - 1, after.length - 1];
  const isSameEnd = (place) => before.charCodeAt(oldLast - place) === after.charCodeAt(nowLast - place);
  const end = sharedLength(most - start, isSameEnd);
  const old = before.slice(start, before.length - end);
  const now = after.slice(start, after.length - end);
  const changes = comparedTexts(old, now, { left: MOST_STEPS });
  const ends = [before.slice(0, start), before.slice(before.length - end)].map(unchanged);
  return withoutCrumbs([ends[0], ...changes, ends[1]]).flatMap(segmentsOf);
}

// Return how many characters texts share at one end, less those that may be part of a word that differs.
function sharedLength(most, isSame) {
  let length = 0;
  while (length < most && isSame(length)) {
    length += 1;
  }
  return Math.max(0, length - LONGEST_WORD);
}

// A change says what took the place of what (`now`, `old`), and which text stayed before it.
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

// Parts are matches: a word with the space before it, the space, the word; the last word is empty.
function comparedParts(before, after, pattern, effort) {
  const [old, now] = [[...before.matchAll(pattern)], [...after.matchAll(pattern)]];
  // what only one text has can't stay; without it, texts that have little in common take no time
  const [inOld, inNow] = [old, now].map((parts) => new Set(parts.map(([, , word]) => word)));
  const oldRest = old.filter(([, , word]) => inNow.has(word));
  const nowRest = now.filter(([, , word]) => inOld.has(word));
  markKept(oldRest, nowRest, effort);
  return changesOf(old, now);
}

// Mark the parts that stay; none where finding them takes too long. Myers, "An O(ND) difference algorithm and its
// variations" (1986). A row says, after so many steps, how far each diagonal came.
function markKept(old, now, effort) {
  const numbers = new Map();
  const [a, b] = [old, now].map((parts) => parts.map(([, , word]) => wordNumber(word, numbers)));
  const rows = [];
  for (let step = 0; effort.left >= step; step += 1) {
    effort.left -= step;
    const row = new Int32Array(step + 1);
    rows.push(row);
    for (let diagonal = 0; diagonal <= step; diagonal += 1) {
      let x = diagonalEntry(rows, step, diagonal);
      let y = x - 2 * diagonal + step;
      while (x < a.length && y < b.length && a[x] === b[y]) {
        x += 1;
        y += 1;
      }
      row[diagonal] = x;
      if (x === a.length && y === b.length) {
        markWay(rows, diagonal, old, now);
        return;
      }
    }
  }
}

function wordNumber(word, numbers) {
  const number = numbers.get(word) ?? numbers.size;
  numbers.set(word, number);
  return number;
}

// Return where a step enters a diagonal: from the one above, or from the one on the left.
function diagonalEntry(rows, step, diagonal) {
  const row = rows[step - 1];
  const above = diagonal < step ? row[diagonal] : 0;
  const left = diagonal ? row[diagonal - 1] + 1 : 0;
  return Math.max(above, left);
}

function markWay(rows, lastDiagonal, old, now) {
  let [x, diagonal] = [old.length, lastDiagonal];
  for (let step = rows.length - 1; step >= 0; step -= 1) {
    const entry = diagonalEntry(rows, step, diagonal);
    while (x > entry) {
      x -= 1;
      old[x].kept = true;
      now[x - 2 * diagonal + step].kept = true;
    }
    if (step && rows[step - 1][diagonal] !== entry) {
      diagonal -= 1;
      x -= 1;
    }
  }
}

function changesOf(old, now) {
  const changes = [unchanged("")];
  let [x, y] = [0, 0];
  while (x < old.length || y < now.length) {
    const change = changes.at(-1);
    if (x < old.length && !old[x].kept) {
      change.old += old[x++][0];
    } else if (y < now.length && !now[y].kept) {
      change.now += now[y++][0];
    } else {
      const [, oldSpace] = old[x++];
      const [both, space, word] = now[y++];
      const differs = oldSpace !== space;
      change.old += differs ? oldSpace : "";
      change.now += differs ? space : "";
      changes.push(unchanged(differs ? word : both));
    }
  }
  return changes;
}

// Join changes with nothing between them, and those that are twice as long as what stays between them, which read better
// as one. The end of a line stays.
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
  const [size, previousSize] = [change, previous].map(({ old, now }) => Math.max(old.length, now.length));
  const isShort = 2 * change.lead.length <= Math.min(size, previousSize);
  return previousSize === 0 || (isShort && !change.lead.includes("\n"));
}

function segmentsOf({ lead, old, now }) {
  const [space] = old.match(/^\s*/);
  const from = now.match(/^\s*/)[0] === space ? space.length : 0;
  const segments = [
    { kind: "equal", text: lead + old.slice(0, from) },
    { kind: "delete", text: old.slice(from) },
    { kind: "insert", text: now.slice(from) },
  ];
  return segments.filter(({ text }) => text);
}
