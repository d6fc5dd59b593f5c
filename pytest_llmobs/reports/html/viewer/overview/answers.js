// The three questions behind the verdict: why, which examples, what changed. Each answer is a card that fits a phone.

import { changeBlock } from "../texts/changes.js";
import { element } from "../page/dom.js";
import { foldedPart, mutedWords } from "../page/parts.js";
import { trialFragment } from "../page/route.js";
import { standingSign } from "../page/standing.js";

// Return the three cards.
export function answers({ why, examples, changes }) {
  const most = matchMedia("(max-width: 40rem)").matches ? 3 : 8;
  return element(
    "div",
    { class: "answers" },
    card("Why", why.text && element("p", {}, why.text), briefList(why.lines.map(whyLine), most, "reasons")),
    card("Which examples", exampleLines(examples, most)),
    card("What changed", changeGroups(changes, most)),
  );
}

function card(title, ...content) {
  return element("section", { class: "card" }, element("h2", {}, title), content);
}

// Show the first lines of a list, and fold those that have no room on the first screen; null where there are none.
function briefList(lines, most, what) {
  const list = (part) => element("ul", { class: "plain" }, part);
  if (lines.length <= most + 1) {
    return lines.length ? list(lines) : null;
  }
  return [list(lines.slice(0, most)), foldedPart(`${lines.length - most} more ${what}`, list(lines.slice(most)))];
}

function whyLine([standing, name, means, difference, note]) {
  const figures = element("span", { class: "number" }, means, " ", element("strong", {}, difference));
  return cardLine([standingSign(standing), name], means && figures, note);
}

function exampleLines({ lines, more, others }, most) {
  const rest = [more && `${more} more in the table of trials`, others && `others: ${others}`].filter(Boolean);
  const below = rest.map((text) => element("p", { class: "muted" }, text));
  return [briefList(lines.map(exampleLine), most, "examples") ?? element("p", {}, "No example broke."), below];
}

function exampleLine([standing, id, row, scores, reason]) {
  const name = row === null ? id : element("a", { href: trialFragment(row), "data-row": row }, id);
  return cardLine([standingSign(standing), name], element("span", { class: "muted number" }, scores), reason, "one-line");
}

function cardLine(name, figures, note, kind = "") {
  const below = note && element("div", { class: `muted below ${kind}` }, note);
  return element("li", {}, element("div", { class: "pair" }, element("span", {}, name), figures), below);
}

function changeGroups(groups, most) {
  const lines = groups.map(({ who, blocks }) =>
    element("li", {}, who && element("p", { class: "muted" }, who), blocks.map((block) => changeBlock(block, most))),
  );
  return briefList(lines, most, "changes") ?? element("p", {}, "No change is known.");
}
