// How something stands: red, a warning, better, or nothing special; by sign and word first, and by colour.

import { element } from "./dom.js";
import { badge } from "./parts.js";

const SIGNS = {
  red: ["✗", "bad", "red"],
  warning: ["!", "warn", "warning"],
  yellow: ["!", "warn", ""],
  improved: ["▲", "good", "improved"],
  green: ["✓", "good", ""],
};

// Return the class of a standing, or of a verdict's light.
export function standingClass(standing) {
  return SIGNS[standing]?.[1] ?? "";
}

// Return its sign, and the word for those who don't see it: without that where the text beside it says as much.
export function standingSign(standing) {
  const [sign, kind, word] = SIGNS[standing] ?? ["·", "muted", ""];
  const spoken = word && element("span", { class: "hidden" }, word, ": ");
  return [element("span", { class: `sign ${kind}`, "aria-hidden": "true" }, sign, " "), spoken];
}

export function verdictBadge({ light, word }) {
  return badge([standingSign(light)[0], word], standingClass(light));
}
