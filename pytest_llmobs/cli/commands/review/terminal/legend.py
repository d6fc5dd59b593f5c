"""Which keys there are: in a line or two below the screen, and all of them as the help and in the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from pytest_llmobs.cli.commands.review.terminal.document import Block, text_block
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.review.keys import DIGITS, Binding, Keymap
from pytest_llmobs.review.records import AnnotationQueue

_NAMES = {
    "ArrowUp": "Up",
    "ArrowDown": "Down",
    "ArrowLeft": "Left",
    "ArrowRight": "Right",
    "PageUp": "PgUp",
    "PageDown": "PgDn",
}
_GAP = "  "
_KEYS = 20
"""Cells of the keys in the help."""
_OF_ITEMS = frozenset({"save", "edit", "comment", "skip"})
"""What makes no sense without an item."""


def shown_keys(binding: Binding) -> str:
    """Return the keys of a binding as they are printed: ``Tab, Right``."""
    if binding.keys == DIGITS:
        return "0-9"
    return ", ".join(_NAMES.get(key, key) for key in binding.keys)


def legend(keymap: Keymap, page: Page, *, saves: bool, is_empty: bool) -> list[str]:
    """Return the keys that a reviewer needs, a line or a few: first what decides, then the rest.

    Args:
        keymap: The queue's.
        page: Where they go.
        saves: There is something that can be saved without a verdict.
        is_empty: There is no item to decide on.
    """
    hidden = {"write", "clear"}
    if not saves:
        hidden.add("save")
    if is_empty:
        hidden |= _OF_ITEMS
    pairs = []
    for binding in keymap.others:
        if binding.command.label and binding.command.action not in hidden:
            pairs.append((binding.keys[0], binding.command.label))
    if is_empty:
        return _flow(pairs, page)
    verdicts = [(binding.keys[0], binding.command.label) for binding in keymap.verdicts]
    return [*_flow(verdicts, page), *_flow(pairs, page)]


def _flow(pairs: Iterable[tuple[str, str]], page: Page) -> list[str]:
    lines: list[str] = []
    # as if a full line stood before: the first pair begins one
    used = page.width
    for key, label in pairs:
        shown = page.clip(page.line(label), page.width - len(key) - 1)
        size = len(key) + 1 + cells.width(shown)
        painted = f"{page.paint(key, 'bold')} {shown}"
        if used + len(_GAP) + size > page.width:
            lines.append(painted)
            used = size
        else:
            lines[-1] += _GAP + painted
            used += len(_GAP) + size
    return lines


def help_blocks(keymap: Keymap, queue: AnnotationQueue) -> Sequence[Block]:
    """Return the help: the queue's instructions, and every key."""
    blocks: list[Block] = [partial(_key_lines, keymap)]
    if queue.rubric_instructions:
        blocks.insert(0, text_block("Instructions", queue.rubric_instructions))
    return blocks


def _key_lines(keymap: Keymap, page: Page) -> Iterator[str]:
    yield page.paint("Keys", "bold", "cyan")
    for binding in keymap.bindings:
        lead = shown_keys(binding).ljust(_KEYS)
        for line in cells.wrap(page.line(binding.command.help), max(page.width - _KEYS, 20)):
            yield lead + line
            lead = " " * _KEYS
