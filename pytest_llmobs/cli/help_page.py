"""What ``llmobs --help`` prints: a page, made without the commands' modules."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from pytest_llmobs.cli.registry import COMMANDS, GROUPS

USAGE = "usage: llmobs COMMAND ... | --help | --version"
_INDENT = 2
_CLOSING = (
    "`llmobs COMMAND --help` has an example; all take --json, --store and --color.",
    "Exit status: 0 done, 1 red or not found, 2 usage, 130 interrupted.",
)


def help_page(columns: int) -> str:
    """Return the page.

    Args:
        columns: How wide the terminal is.
    """
    lines = [USAGE]
    for group, heading in GROUPS.items():
        lines += ["", f"{heading}:", *_rows(group, columns)]
    lines.append("")
    for text in _CLOSING:
        # a window of a few columns would have a word a line
        lines += textwrap.wrap(text, max(columns, 40))
    return "\n".join(lines)


def _rows(group: str, columns: int) -> Iterator[str]:
    width = max(map(len, COMMANDS)) + _INDENT
    for name, command in COMMANDS.items():
        if command.group == group:
            # a narrow window breaks the summary, and not the columns
            first, *rest = textwrap.wrap(command.summary, max(columns - width - _INDENT, 20))
            yield f"{'':{_INDENT}}{name:{width}}{first}"
            for line in rest:
                yield f"{'':{_INDENT + width}}{line}"
