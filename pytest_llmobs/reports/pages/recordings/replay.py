"""A stored run beside those that repeat it: what ``llmobs replay RUN_ID`` prints."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Any, NamedTuple

from pytest_llmobs.measures.model_calls import spending
from pytest_llmobs.records import conversation
from pytest_llmobs.records.runs import PAID, Run
from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page, indent, joined
from pytest_llmobs.reports.text.payloads import words
from pytest_llmobs.reports.text.table import Table, column, draw_painted, drop, fitted, squeeze
from pytest_llmobs.reports.text.word_diff import Segment, word_segments
from pytest_llmobs.reports.text.word_diff_lines import word_diff_lines
from pytest_llmobs.wording import count, error_line

_NARROWEST = 10
"""Cells that the name of a model keeps."""


class _Row(NamedTuple):
    """One run in the table."""

    title: str
    run: Run
    calls: Sequence[Run]
    """The model calls that it is or has below it."""


def replay_text(
    before: Run, after: Sequence[Run], changed: Mapping[str, Any], page: Page, *, everything: bool = False
) -> str:
    """Return both sides: figures in a table, then the outputs word by word.

    Args:
        before: The stored run, with what is below it.
        after: Those that repeat it, in their order.
        changed: What was changed, by option: ``{"model": …, "set": {…}}``.
        page: Where it goes.
        everything: Show long unchanged parts whole.
    """
    rows = [_row("was", before)]
    for number, run in enumerate(after, 1):
        rows.append(_row(_title(number, after), run))
    blocks = [
        _heading(before, changed, page),
        _figures(rows, page),
        _instructions(before, after, page, everything),
    ]
    for row in rows[1:]:
        blocks.append(list(_compared(before, row, page, everything)))
    return joined(blocks)


def output_text(run: Run) -> str:
    """Return what a run put out as one text: the words of a reply, else JSON."""
    outputs = run.outputs
    if outputs is None:
        return ""
    reply = conversation.reply(outputs)
    if reply is not None:
        return words(reply)
    value: Any = outputs
    if list(outputs) == ["output"]:
        value = outputs["output"]
    if isinstance(value, str):
        return value
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def _row(title: str, run: Run) -> _Row:
    return _Row(title, run, list(filter(_is_paid, _family(run))))


def _is_paid(run: Run) -> bool:
    return run.run_type in PAID


def _family(run: Run) -> Iterator[Run]:
    yield run
    for child in run.child_runs:
        yield from _family(child)


def _title(number: int, runs: Sequence[Run]) -> str:
    if len(runs) == 1:
        return "now"
    return f"now {number}"


def _heading(run: Run, changed: Mapping[str, Any], page: Page) -> list[str]:
    parts = [f"replay of {page.line(run.name)}", f"project {page.line(run.project)}", f"run {run.id}"]
    lines = page.painted(page.flow(parts), "bold")
    said = ", ".join(_changes(changed, page))
    return [*lines, *page.wrapped(f"changed: {said}" if said else "changed: nothing")]


def _changes(changed: Mapping[str, Any], page: Page) -> Iterator[str]:
    for option, value in changed.items():
        if isinstance(value, Mapping):
            for name, each in value.items():
                yield f"{page.line(name)} {page.line(json.dumps(each, ensure_ascii=False, default=str))}"
        else:
            yield f"{option} {page.line(value)}"


def _figures(rows: Sequence[_Row], page: Page) -> list[str]:
    table: Table = [
        column("title", "", rows, lambda row: row.title),
        column("model", "model", rows, lambda row: page.line(_models(row))),
        column("in", "tokens in", rows, lambda row: _tokens(row, "input_tokens"), right=True),
        column("out", "out", rows, lambda row: _tokens(row, "output_tokens"), right=True),
        column("cost", "cost", rows, _cost, right=True),
        column("latency", "latency", rows, _latency, right=True),
        column("stopped", "stopped by", rows, lambda row: page.line(_stop(row))),
    ]
    steps = [squeeze("model", _NARROWEST, page.width, page), drop("stopped"), drop("in"), drop("out")]
    heading, lines = draw_painted(fitted(table, page.width, steps), page)
    return [*heading, *lines]


def _models(row: _Row) -> str:
    return ", ".join(dict.fromkeys(one.model for one in row.calls if one.model))


def _tokens(row: _Row, name: str) -> str:
    known = list(map(attrgetter(f"usage.{name}"), row.calls))
    if not known or None in known:
        return ""
    return figures.tokens(sum(known))


def _cost(row: _Row) -> str:
    spent = spending(row.calls)
    if not row.calls:
        return ""
    if spent.replayed and not spent.calls:
        return "$0"
    return figures.spent(spent.cost, is_whole=not spent.unpriced)


def _latency(row: _Row) -> str:
    if row.run.columns.get("replayed"):
        return "replayed"  # the time says nothing of a model
    return figures.seconds(row.run.latency)


def _stop(row: _Row) -> str:
    if row.run.error:
        return "error"
    return row.run.stop_reason or ""


def _instructions(before: Run, after: Iterable[Run], page: Page, everything: bool) -> list[str]:
    """Return how the system prompt was changed; the same in all of the new runs."""
    for run in after:
        old, new = _system(before), _system(run)
        if old != new:
            segments = word_segments(old, new)
            return [page.paint("system prompt", "cyan"), *_diff(segments, page, everything)]
    return []


def _system(run: Run) -> str:
    """Return the system prompt of a model call, or of the one that a trace has."""
    calls = list(filter(_is_paid, _family(run)))
    # of several calls, nobody knows which prompt took the place of which
    if len(calls) == 1:
        run = calls[0]
    return "\n".join(map(words, conversation.instructions(run.inputs)))


def _compared(before: Run, row: _Row, page: Page, everything: bool) -> Iterator[str]:
    title = "output" if row.title == "now" else row.title
    parts = [title, f"run {row.run.id}"]
    if row.run.error:
        yield page.paint(page.dotted([*parts, "failed"]), "red")
        yield from page.item(_raised(row.run.error), mark=page.signs.cross, style="red")
        return
    old, new = output_text(before), output_text(row.run)
    if old == new:
        yield page.paint(page.dotted([*parts, "the same words"]), "cyan")
        return
    segments = word_segments(old, new)
    differing = _words(segments, "delete"), _words(segments, "insert")
    said = f"{count(differing[0], 'word')} gone, {differing[1]:,} new"
    yield page.paint(page.dotted([*parts, said]), "cyan")
    yield from _diff(segments, page, everything)


def _raised(traceback: str) -> str:
    """Return what a traceback says behind its last frame: a message may have several lines."""
    lines = traceback.rstrip().split("\n")
    for number in range(len(lines) - 1, 0, -1):
        if lines[number - 1].startswith("    "):  # the code of a frame
            return "\n".join(lines[number:])
    return error_line(traceback)


def _words(segments: Iterable[Segment], kind: str) -> int:
    return sum(len(segment.text.split()) for segment in segments if segment.kind == kind)


def _diff(segments: Sequence[Segment], page: Page, everything: bool) -> list[str]:
    narrow = replace(page, width=page.width - 2)
    return indent(word_diff_lines(segments, narrow, narrow.width, everything=everything))
