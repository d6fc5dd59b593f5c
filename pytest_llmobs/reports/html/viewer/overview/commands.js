// The commands a reader may want next, to copy.

import { element } from "../page/dom.js";
import { factsList } from "../page/grid.js";
import { announce, pushButton } from "../page/parts.js";

export function commandList(commands) {
  const lines = commands.map(({ title, command }) => [title, commandLine(command)]);
  return lines.length > 0 && element("section", { class: "next" }, element("h2", {}, "Next"), factsList(lines));
}

function commandLine(command) {
  const text = element("code", {}, command);
  const button = pushButton(() => copy(text, button), "Copy", { "aria-label": `Copy: ${command}` });
  return element("div", { class: "command" }, text, button);
}

// Copy; where a browser forbids that, select, so that Ctrl+C does.
async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text.textContent);
    button.textContent = "Copied";
    announce("Copied");
  } catch {
    getSelection().selectAllChildren(text);
    announce("Selected; copy it with Ctrl+C");
  }
}
