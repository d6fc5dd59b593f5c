// Two texts compared word by word: what stayed, what was deleted, what was inserted.

// Han and kana are written without spaces: each letter is a word. So are a sign, an end of line, and {tier}; joiners
// make several signs one.
const UNSPACED = "[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}]";
const WORD_PARTS = new RegExp(`([^\\S\\n]*)(\\n|\\{\\w+\\}|(?:(?!${UNSPACED})[\\p{L}\\p{M}\\p{N}_\u200c\u200d])+|\\S(?:\\p{M}|\\p{Emoji_Modifier}|\u200d\\S)*|$)`, "gu");
const LINE_PARTS = /()([^\n]*\n|[^\n]+|$)/g;
// Characters of both texts; longer ones are compared by lines first.
const SHORT_TEXTS = 20_000;
// About 20 ms. What is left when they are used up is shown as one passage deleted and one inserted.
const MOST_STEPS = 1_500_000;
const STEPS_PER_CHARACTER = 4;

// Return segments {kind: "equal" | "delete" | "insert", text}: those that aren't inserted make `before`, those that
// aren't deleted make `after`. Where a passage took another's place, the deleted one comes first.
export function wordDiff(before, after) {
  const effort = { left: MOST_STEPS };
  const isShort = before.length + after.length <= SHORT_TEXTS;
  const passages = isShort ? [{ lead: "", old: before, now: after }] : comparedParts(before, after, LINE_PARTS, effort);
  const changes = passages.flatMap((passage) => comparedPassage(passage, effort));
  return withoutCrumbs(changes).flatMap(segmentsOf);
}

// A passage, or a change, says what took the place of what (`now`, `old`), and which text stayed before it.
function comparedPassage(passage, effort) {
  const { lead, old, now } = passage;
  const steps = STEPS_PER_CHARACTER * (old.length + now.length);
  if (!old || !now || steps > effort.left) {
    return [passage];
  }
  effort.left -= steps;
  const changes = comparedParts(old, now, WORD_PARTS, effort);
  changes[0].lead = lead + changes[0].lead;
  return changes;
}

// Parts are matches: a word with the space before it, the space, the word; the last word is empty.
function comparedParts(before, after, pattern, effort) {
  const [old, now] = [[...before.matchAll(pattern)], [...after.matchAll(pattern)]];
  // what only one text has can't stay; without it, texts that have little in common take no time
  const [inOld, inNow] = [old, now].map((parts) => new Set(parts.map(([, , word]) => word)));
  markKept(old.filter(([, , word]) => inNow.has(word)), now.filter(([, , word]) => inOld.has(word)), effort);
  return changesOf(old, now);
}

// Mark the parts that stay; none where finding them takes too long. Myers, "An O(ND) difference algorithm and its
// variations" (1986). A row says, after so many steps, how far each diagonal came.
function markKept(old, now, effort) {
  // numbers are compared faster than words
  const numbers = new Map();
  const numbered = ([, , word]) => numbers.get(word) ?? numbers.set(word, numbers.size).get(word);
  const [a, b] = [old.map(numbered), now.map(numbered)];
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

// Return where a step enters a diagonal: from the one above, or from the one on the left.
function diagonalEntry(rows, step, diagonal) {
  const above = diagonal < step ? rows[step - 1][diagonal] : 0;
  return diagonal ? Math.max(above, rows[step - 1][diagonal - 1] + 1) : above;
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
  const changes = [{ lead: "", old: "", now: "" }];
  let [x, y] = [0, 0];
  while (x < old.length || y < now.length) {
    const change = changes.at(-1);
    if (x < old.length && !old[x].kept) {
      change.old += old[x++][0];
    } else if (y < now.length && !now[y].kept) {
      change.now += now[y++][0];
    } else {
      addKept(changes, old[x++], now[y++]);
    }
  }
  return changes;
}

function addKept(changes, [, oldSpace], [both, space, word]) {
  const change = changes.at(-1);
  const isSame = oldSpace === space;
  change.old += isSame ? "" : oldSpace;
  change.now += isSame ? "" : space;
  const lead = isSame ? both : word;
  if (change.old || change.now) {
    changes.push({ lead, old: "", now: "" });
  } else {
    change.lead += lead;
  }
}

// Join changes that are twice as long as what stays between them, which read better as one. The end of a line stays.
function withoutCrumbs(changes) {
  const joined = [{ lead: "", old: "", now: "" }];
  for (const change of changes) {
    const before = joined.at(-1);
    const { lead, old, now } = change;
    const most = Math.min(Math.max(old.length, now.length), Math.max(before.old.length, before.now.length));
    if (!before.old && !before.now) {
      joined[joined.length - 1] = { lead: before.lead + lead, old, now };
    } else if (2 * lead.length <= most && !lead.includes("\n")) {
      before.old += lead + old;
      before.now += lead + now;
    } else {
      joined.push(change);
    }
  }
  return joined;
}

function segmentsOf({ lead, old, now }) {
  // a space before both stays
  const from = old[0] === now[0] && /\s/.test(old[0]) ? 1 : 0;
  const segments = [
    { kind: "equal", text: lead + old.slice(0, from) },
    { kind: "delete", text: old.slice(from) },
    { kind: "insert", text: now.slice(from) },
  ];
  return segments.filter(({ text }) => text);
}
