"""The answers to three questions behind a verdict: why, which examples, what changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Any

from pytest_llmobs.baselines.prompt_changes import change_text
from pytest_llmobs.records.decisions import ExampleRow, ExampleState
from pytest_llmobs.reports.digest.examples import ExampleDetail, ExampleKey, ExamplesDigest, ListedExamples
from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.digest.metrics import STANDINGS, MetricLine, Standing, compared_lines, standing
from pytest_llmobs.reports.digest.reasons import reasons
from pytest_llmobs.reports.html.rows import Row, failing
from pytest_llmobs.reports.terminal.example_details import outcome
from pytest_llmobs.reports.terminal.metric_columns import verdict_text
from pytest_llmobs.reports.terminal.spending import statuses_text, trials_text
from pytest_llmobs.reports.text import figures, metric_words
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.repeats import is_binary, repeats_text
from pytest_llmobs.reports.text.short_names import test_of
from pytest_llmobs.wording import commit_id, count

_MOST_EXAMPLES = 100
"""Examples of the first page; a browser needs a while for thousands, and the table is made for them."""
_LONGEST = 100
"""Cells of an example's id on the first page, which has room for several; its trial has the whole."""
_DATASET: tuple[ExampleState, ...] = ("new", "edited", "removed")
"""States that an edited dataset brings."""


def facts(digest: Digest) -> list[str]:
    """Return what ran: when, on which code, how much of it, how long, for how much."""
    experiment, spending = digest.experiment, digest.spending
    told = [
        figures.moment(experiment.started),
        commit_id(experiment.commit),
        _trials(digest),
        figures.seconds(spending.duration),
    ]
    if spending.total.cost is not None:
        told.append(figures.spent(spending.total.cost, is_whole=not spending.total.unpriced))
    return list(filter(None, told))


def _trials(digest: Digest) -> str:
    trials = trials_text(digest.spending)
    ended = statuses_text(digest.spending.statuses)
    return f"{trials}: {ended}" if ended else trials


def why(digest: Digest, page: Page) -> dict[str, Any]:
    """Return what decided: errors, then the metrics that are red, doubtful or better, a line each.

    ``lines`` are lists of standing, name, means, difference and note. ``text`` says whose they are, or why there are
    none.
    """
    loud: list[MetricLine] = []
    for suite in digest.metrics.suites:
        loud += filter(_is_loud, suite.lines)
    suites = set(map(attrgetter("row.suite"), loud))
    lines = []
    for error in digest.errors:
        lines.append(["red", error, "", "", ""])
    for line in sorted(loud, key=lambda line: STANDINGS.index(standing(line.row))):
        lines.append(_why(line, page, len(suites) > 1))
    text = ""
    if not lines:
        text = _quiet(digest)
    elif len(suites) == 1 and len(digest.metrics.suites) > 1:
        text = f"in {loud[0].row.suite}"
    return {"lines": lines, "text": text}


def _is_loud(line: MetricLine) -> bool:
    return line.has_verdict and bool(standing(line.row))


def _why(line: MetricLine, page: Page, several: bool) -> list[str]:
    row = line.row
    name = row.metric
    if several:  # a metric of the same name may be in each suite
        name = f"{name} · {test_of(row.suite)}"
    # without one of them the other stands alone
    means = f" {page.signs.to} ".join(filter(None, map(figures.rate, (row.baseline, row.candidate))))
    note = row.note
    if not note and row.verdict != "REGRESSED":
        note = verdict_text(line, page)
    return [standing(row), name, means, metric_words.difference(row.delta, row, page), note]


def _quiet(digest: Digest) -> str:
    """Return why it is green, or what it is else."""
    compared = _compared(digest)
    if digest.experiment.red:
        why_red = ", ".join(reasons(digest.experiment, digest.examples, digest.spending))
        return f"{why_red[:1].upper()}{why_red[1:]}."
    if compared:
        return f"No drop in {count(compared, 'metric')}."
    return "Nothing was compared with a baseline."


def worst(digest: Digest, rows: Sequence[Row], page: Page) -> dict[str, Any]:
    """Return the examples that need a look, the worst first, and how many others changed.

    ``lines`` are lists of standing, example id, row in the table or null, what its first score was and is, and why.
    ``more`` examples are in the table alone. Where it isn't green and no example is compared with anything, they are
    those that failed.
    """
    row_of: dict[ExampleKey, int] = {}
    for number, row in enumerate(rows):
        if row.look != "control":
            row_of.setdefault(row.key, number)
    lines: list[list[Any]] = []
    detailed = digest.examples.detailed
    if not detailed and (digest.experiment.red or _is_open(digest)):
        lines = list(_failed(rows, "red" if digest.experiment.red else "warning"))
        return {"lines": lines[:_MOST_EXAMPLES], "more": len(lines[_MOST_EXAMPLES:]), "others": ""}
    for example in detailed[:_MOST_EXAMPLES]:
        lines.append(_example(example, row_of.get(example.key), page))
    others = ", ".join(map(_counted, digest.examples.listed))
    return {"lines": lines, "more": len(detailed) - len(lines), "others": others}


def _counted(listed: ListedExamples) -> str:
    return f"{len(listed.examples):,} {listed.state}"


def _is_open(digest: Digest) -> bool:
    """Tell whether nothing was judged: a part of an experiment, or one without baseline."""
    return digest.verdict.light == "yellow" and not _compared(digest)


def _compared(digest: Digest) -> int:
    """Return the number of metrics that a baseline judged; what has no gate says nothing of the verdict."""
    return sum(map(attrgetter("has_verdict"), compared_lines(digest.metrics)))


def _failed(rows: Sequence[Row], standing: Standing) -> Iterator[list[Any]]:
    """Yield a line of each example of which a trial failed: how many did, and why the first."""
    trials: dict[ExampleKey, list[tuple[int, Row]]] = {}
    for number, row in enumerate(rows):
        if not row.look:
            trials.setdefault(row.key, []).append((number, row))
    for (_, example_id), repeats in trials.items():
        wrong = [(number, row) for number, row in repeats if failing(row)]
        if wrong:
            number, row = wrong[0]
            ended: str = row.trial.status
            if len(repeats) > 1:
                ended = f"{ended}: {len(wrong)} of {len(repeats)} trials"
            yield [standing, example_id, number, ended, (row.trial.message or "").strip().partition("\n")[0]]


def _example(example: ExampleDetail, row: int | None, page: Page) -> list[Any]:
    first = example.rows[0]
    # what the accepted code did stands with the reasons, where there is room for words
    scores = f"{first.metric} {outcome(replace(first, control=()), page)}".removesuffix(" trials")
    if example.state != "broken":
        scores = f"{example.state}: {scores}"
    name = page.clip_middle(example.example_id, _LONGEST)
    return ["red" if example.red else "warning", name, row, scores, _reason(first)]


def _reason(row: ExampleRow) -> str:
    """Return why a row is there, in a line: what failed, and what the accepted code did today."""
    # what failed comes last, behind the gate's own words
    reason = row.comment.strip().rpartition("\n")[2]
    if not row.control:
        return reason
    control = repeats_text(row.control, is_binary(row.control))
    return " · ".join(filter(None, (f"accepted code today {control}", reason)))


def changes(digest: Digest) -> list[dict[str, Any]]:
    """Return what changed: ``who`` has a change (nothing: all), and its ``blocks``, as the gate tells them."""
    groups = list(_groups(digest.examples))
    # a prompt that examples share is told with them
    told: set[str] = set()
    for group in groups:
        told.update(group["blocks"])
    prompts: dict[str, None] = {}
    for change in digest.experiment.decision.prompts:
        text = change_text(change)
        if text not in told:
            prompts[text] = None
    if prompts:
        groups.insert(0, _group("", list(prompts)))
    # an edited dataset changes what is asked, as a prompt does
    edited = []
    for listed in digest.examples.listed:
        if listed.state in _DATASET:
            edited.append(_counted(listed))
    if edited:
        groups.append(_group("", [f"examples: {', '.join(edited)}"]))
    return groups


def _groups(examples: ExamplesDigest) -> Iterator[dict[str, Any]]:
    """Yield the changes that examples share; where they share none, those of the worst that has any."""
    shared = False
    if examples.common_changes:
        shared = True
        number = len(examples.detailed)
        yield _group(f"the same in all {number:,} examples", examples.common_changes)
    for group in examples.groups:
        if group.changes and len(group.examples) > 1:
            shared = True
            yield _group(f"the same in {count(len(group.examples), 'example')}", group.changes)
    if shared:
        return
    for example in examples.detailed:
        if example.changes:
            yield _group(f"in {example.example_id}", example.changes)
            return


def _group(who: str, blocks: Sequence[str]) -> dict[str, Any]:
    return {"who": who, "blocks": list(blocks)}
