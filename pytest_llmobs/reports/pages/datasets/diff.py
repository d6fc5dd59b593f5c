"""Two versions of a dataset: the totals, then what was added, removed and edited, value by value and word by word."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pytest_llmobs.datasets.inspection.changes import DatasetChanges, SplitSizes
from pytest_llmobs.datasets.inspection.value_changes import ValueChange, value_changes
from pytest_llmobs.datasets.versions.differences import ChangedExample
from pytest_llmobs.records.examples import Example
from pytest_llmobs.reports.pages.datasets.versions import VersionLine, sized_title
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page, bound, indent
from pytest_llmobs.reports.text.table import Table, column, draw_painted, fitted, squeeze
from pytest_llmobs.reports.text.word_diff import Segment, word_segments
from pytest_llmobs.reports.text.word_diff_lines import word_diff_lines
from pytest_llmobs.wording import count

_EXAMPLES = 50
"""Examples of a kind that are shown."""
_LONGEST = 300
"""Characters of a text that came, went or took another's place; longer ones are cut in their middle."""
_TAIL = 80
"""Of them at its end."""
_LEAST = 20
"""Cells beside a path that are worth a try."""
_DEEP = 4
"""Cells by which values are moved to the right."""


@dataclass(frozen=True, kw_only=True)
class DatasetDifference:
    """What is compared, and how it differs."""

    dataset: str
    before: VersionLine
    after: VersionLine
    changes: DatasetChanges
    about: Sequence[ValueChange] = ()
    """Of the dataset itself: its schemas, its description; none where nobody knows."""

    @property
    def is_none(self) -> bool:
        """True where both are the same."""
        return self.changes.is_none and not self.about


def diff_page(difference: DatasetDifference, page: Page, *, stat: bool, everything: bool) -> list[str]:
    """Return totals, both versions, and what changed.

    Args:
        difference: What is compared.
        page: Where it goes.
        stat: Leave out the examples.
        everything: Show all examples, and long texts whole.
    """
    changes = difference.changes
    title = page.paint(page.clip_start(page.line(difference.dataset), page.width), "bold")
    lines = [title, *page.flow(totals(difference, page))]
    for sign, style, version in (("-", "red", difference.before), ("+", "green", difference.after)):
        narrow = replace(page, width=page.width - 2)
        titled = sized_title(version, narrow)
        lines.append(f"{page.paint(sign, style)} {titled}")
    if stat or any(split.before != split.after for split in changes.splits):
        lines += _splits(changes.splits, page)
    if not stat and not difference.is_none:
        lines += ["", *change_lines(difference, page, everything=everything)]
    return lines


def totals(difference: DatasetDifference, page: Page) -> list[str]:
    """Return what happened to how many examples, and to which parts of them and of the dataset itself."""
    changes = difference.changes
    keys = dict.fromkeys(re.split(r"[.\[]", change.path)[0] for change in difference.about)
    about = [f"~ {', '.join(keys)}"] if keys else []
    if changes.is_none:
        return ["the same examples", *about]
    parts = ", ".join(f"{part} {number:,}" for part, number in changes.parts.items())
    edited = f"~{len(changes.edited):,} edited"
    if parts:
        edited = f"{edited} ({parts})"
    return [
        f"+{len(changes.added):,} added",
        f"{page.signs.minus}{len(changes.removed):,} removed",
        edited,
        f"{changes.unchanged:,} unchanged",
        *about,
    ]


def _splits(splits: Sequence[SplitSizes], page: Page) -> list[str]:
    if not splits:
        return []
    table: Table = [
        column("split", "split", splits, lambda split: page.line(split.name) or "(none)"),
        column("before", "before", splits, lambda split: f"{split.before:,}", right=True),
        column("after", "after", splits, lambda split: f"{split.after:,}", right=True),
        column("change", "change", splits, partial(_growth, page=page), right=True),
    ]
    heading, rows = draw_painted(fitted(table, page.width, [squeeze("split", 8, page.width, page)]), page)
    return ["", *heading, *rows]


def _growth(split: SplitSizes, page: Page) -> str:
    grown = split.after - split.before
    if not grown:
        return ""
    sign = "+" if grown > 0 else page.signs.minus
    return f"{sign}{abs(grown):,}"


def change_lines(difference: DatasetDifference, page: Page, *, everything: bool) -> Iterator[str]:
    """Yield what changed of the dataset itself, and its examples: a line that names each, and its values below."""
    changes = difference.changes
    if difference.about:
        yield page.paint("~ the dataset itself", "yellow")
        yield from _values(difference.about, page, everything)
    most = bound(_EXAMPLES, everything)
    for example in changes.added[:most]:
        yield from _whole("+", "green", example, page, everything=everything)
    yield from _more(len(changes.added), most, "added", page)
    for example in changes.removed[:most]:
        yield from _whole("-", "red", example, page, everything=everything)
    yield from _more(len(changes.removed), most, "removed", page)
    for edited in changes.edited[:most]:
        yield from _edited(edited, page, everything=everything)
    yield from _more(len(changes.edited), most, "edited", page)


def _more(number: int, most: int | None, word: str, page: Page) -> Iterator[str]:
    if most is not None and number > most:
        left_out = count(number - most, f"more {word}", f"more {word}")
        yield from page.wrapped(f"{page.signs.ellipsis} {left_out} (--all shows them)", "dim")


def _whole(sign: str, style: str, example: Example, page: Page, *, everything: bool) -> Iterator[str]:
    """Yield an example that came or went: a line that names it, and a line or two a part."""
    splits = f" ({', '.join(example.splits)})" if example.splits else ""
    yield page.paint(page.clip(page.line(f"{sign} {example.id}{splits}"), page.width), style)
    room = page.width - _DEEP
    for part in ("inputs", "outputs", "metadata"):
        for key, value in getattr(example, part).items():
            text = f"{part}.{key}: {_text(value)}"
            if everything:
                yield from indent(cells.wrap(page.text(text), room), _DEEP)
            else:
                yield " " * _DEEP + page.clip(page.line(text), room)


def _edited(edited: ChangedExample, page: Page, *, everything: bool) -> Iterator[str]:
    parts = ", ".join(edited.parts) or "another id alone"
    yield page.paint(page.clip(page.line(f"~ {edited.after.id}: {parts}"), page.width), "yellow")
    changes = value_changes(edited.before, edited.after)
    if edited.before.id != edited.after.id:
        changes.insert(0, ValueChange("id", "changed", edited.before.id, edited.after.id))
    yield from _values(changes, page, everything)


def _values(changes: Sequence[ValueChange], page: Page, everything: bool) -> Iterator[str]:
    narrow = replace(page, width=page.width - _DEEP)
    for change in changes:
        yield from indent(value_lines(change, narrow, everything), _DEEP)


def value_lines(change: ValueChange, page: Page, everything: bool) -> list[str]:
    """Return one value that differs: behind its path where it fits there, else below it."""
    segments = _segments(change)
    if not everything:
        segments = list(map(partial(_abridged, page=page), segments))
    path = page.line(change.path)
    lead = f"{path}: "
    room = page.width - cells.width(lead)
    if room >= _LEAST:
        lines = word_diff_lines(segments, page, room, everything=everything)
        if len(lines) == 1:
            return [page.paint(lead, "cyan") + lines[0]]
    title = page.paint(page.clip_middle(f"{path}:", page.width), "cyan")
    return [title, *indent(word_diff_lines(segments, page, page.width - 2, everything=everything))]


def _segments(change: ValueChange) -> list[Segment]:
    if change.state == "added":
        return [Segment("insert", _text(change.after))]
    if change.state == "removed":
        return [Segment("delete", _text(change.before))]
    if isinstance(change.before, str) and isinstance(change.after, str):
        return word_segments(change.before, change.after)
    before, after = _json(change.before), _json(change.after)
    # of a number or a word nothing is left to compare
    if _has_parts(change.before) and _has_parts(change.after):
        return word_segments(before, after)
    return [Segment("delete", before), Segment("insert", after)]


def _has_parts(value: Any) -> bool:
    return isinstance(value, dict | list | tuple)


def _abridged(segment: Segment, page: Page) -> Segment:
    text = segment.text
    if segment.kind == "equal" or len(text) <= _LONGEST:
        return segment
    left_out = count(len(text) - _LONGEST, "character")
    sign = page.signs.ellipsis
    return replace(segment, text=f"{text[: _LONGEST - _TAIL]} {sign} {left_out} {sign} {text[-_TAIL:]}")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
