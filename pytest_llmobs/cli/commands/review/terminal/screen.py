"""The whole screen: a pure function of what is shown, the page and the height. It writes nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_llmobs.cli.commands.review.terminal.document import Document, isolated
from pytest_llmobs.cli.commands.review.terminal.legend import legend
from pytest_llmobs.cli.commands.review.terminal.line_editor import LineEditor
from pytest_llmobs.cli.commands.review.terminal.panel import panel
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.review.keys import Keymap
from pytest_llmobs.review.rubric.questions import Question

if TYPE_CHECKING:
    from pytest_llmobs.review.working.current import Current, Progress

LEAST_WIDTH, LEAST_HEIGHT = 60, 15
"""Below this there is room for the most necessary alone."""
COMMENT = "comment"
"""What is being written where it is the comment."""
_ROOMY = 20
"""Lines from which on all keys are named."""
_MOST_OF_A_MESSAGE = 3
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_WRITING = "Enter keeps it, Esc leaves it as it was"
_WRITING_LINES = f"{_WRITING}, Ctrl+J begins a new line"


@dataclass(frozen=True)
class Shown:
    """Everything that a screen shows."""

    title: str
    """The queue's name and the reviewer's."""
    progress: Progress
    keymap: Keymap
    document: Document
    """What is read: the item, the help, or why there is nothing."""
    top: int = 0
    """Its first line that is seen."""
    is_empty: bool = False
    """True where no item waits."""
    current: Current | None = None
    """The item under way; None where there is none, or the help is shown."""
    questions: Sequence[Question] = ()
    """Those that are asked after the answers so far."""
    focus: str | None = None
    """The key of the question that digits answer."""
    message: str = ""
    style: str = "yellow"
    """The message's colour."""
    entry: str = ""
    """What is being written, in a word; empty where nothing is."""
    line: LineEditor | None = None
    """What has been written."""


@dataclass(frozen=True)
class Drawing:
    """What stands on a screen."""

    lines: Sequence[str]
    """As many as it has, or fewer; none is longer than it is wide."""
    room: int
    """Lines of the document that are seen."""
    cursor: tuple[int, int] | None = None
    """Line and column, from 0; None where none is shown."""


def draw(shown: Shown, page: Page, height: int) -> Drawing:
    """Return the screen.

    Args:
        shown: What is to be shown.
        page: Its width, colours and encoding.
        height: Lines.
    """
    head = [_header(shown, page, height)] if height >= 5 else []
    message = _message(shown, page)
    keys = _keys(shown, page, height)
    has_rules = height >= LEAST_HEIGHT
    # half of what is left at most: what is judged matters more than what is asked
    most = max((height - len(head) - len(message) - len(keys) - 2 * has_rules) // 2, 1)
    said = []
    if shown.current is not None:
        is_comment_written = shown.entry == COMMENT
        said = panel(
            shown.questions, shown.current, shown.focus, page, most, is_comment_written=is_comment_written
        )
    foot = [*said, *message, *keys]
    room = max(height - len(head) - len(foot) - 2 * has_rules, 1)
    body = shown.document.on(page)
    top = body.clamped(shown.top, room)
    text = list(body.lines(top, room))
    text += [""] * (room - len(text))
    if has_rules:
        more = "" if body.is_end(top + room) else " Space: more "
        text = [_rule(page, ""), *text, _rule(page, more)]
    lines = [*head, *text, *foot][:height]
    if page.width < LEAST_WIDTH:
        # names and keys that can't be made narrower lose their ends, and colours with them
        lines = [_cut(line, page) for line in lines]
    # what is being written stands below the message
    row = len(head) + len(text) + len(said) + len(message) - 1
    return Drawing(lines, room, _cursor(shown, page, row, height))


def _cut(line: str, page: Page) -> str:
    plain = _COLOUR.sub("", line)
    return line if cells.width(plain) <= page.width else isolated(page.clip(plain, page.width), page)


def _header(shown: Shown, page: Page, height: int) -> str:
    progress = shown.progress
    parts = [
        f"{progress.done_for_me:,} of {progress.total:,} done",
        f"{progress.mine_today:,} today",
        page.line(shown.title),
    ]
    # a number that `/` takes
    if shown.current is not None:
        parts.insert(0, f"item {shown.current.number:,}")
    if page.width < LEAST_WIDTH or height < LEAST_HEIGHT:
        small = f"small screen, made for {LEAST_WIDTH}{page.signs.times}{LEAST_HEIGHT}"
        parts = [small, *parts[:2]]
    return page.paint(isolated(page.clip(page.dotted(parts), page.width), page), "bold")


def _rule(page: Page, text: str) -> str:
    line = page.signs.rule * (page.width - len(text) - 2 * bool(text))
    return page.paint(f"{line}{text}{page.signs.rule * 2 if text else ''}", "dim")


def _message(shown: Shown, page: Page) -> list[str]:
    """Return the line that is being written, or the message; an empty line where there is neither."""
    if shown.line is not None:
        lead = f"{page.line(shown.entry)}: "
        seen, _ = shown.line.seen(page.width - cells.width(lead), page)
        told = _told(shown, page) if shown.message else []
        return [*told, page.paint(lead, "bold") + seen]
    return _told(shown, page)


def _told(shown: Shown, page: Page) -> list[str]:
    lines = cells.wrap(page.line(shown.message), page.width)
    if len(lines) > _MOST_OF_A_MESSAGE:
        rest = " ".join(lines[_MOST_OF_A_MESSAGE - 1 :])
        lines[_MOST_OF_A_MESSAGE - 1 :] = [page.clip(rest, page.width)]
    return page.painted([isolated(line, page) for line in lines], shown.style)


def _keys(shown: Shown, page: Page, height: int) -> list[str]:
    if height < LEAST_HEIGHT // 2:
        return []
    if shown.line is not None:
        return page.painted(
            cells.wrap(_WRITING_LINES if shown.line.has_lines else _WRITING, page.width), "dim"
        )
    saves = bool(shown.questions)
    if shown.current is not None:
        saves = saves or bool(shown.current.correction or shown.current.comment)
    lines = legend(shown.keymap, page, saves=saves, is_empty=shown.is_empty)
    if height < LEAST_HEIGHT:
        return lines[:1]
    # the last line has help and quit, and is kept
    most = 3 if height < _ROOMY else 6
    if len(lines) > most:
        return [*lines[: most - 1], lines[-1]]
    return lines


def _cursor(shown: Shown, page: Page, row: int, height: int) -> tuple[int, int] | None:
    if shown.line is None:
        return None
    lead = cells.width(f"{page.line(shown.entry)}: ")
    _, column = shown.line.seen(page.width - lead, page)
    return min(row, height - 1), min(lead + column, page.width - 1)
