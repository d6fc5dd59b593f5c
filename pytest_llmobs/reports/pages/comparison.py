"""Two experiments side by side: what ``llmobs compare A B`` prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from pytest_llmobs.records.decisions import Decision
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.pages.moves import MOST, Shift, moves_table
from pytest_llmobs.reports.terminal.metrics import metric_section
from pytest_llmobs.reports.terminal.suite_scores import suite_section
from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.wording import count

if TYPE_CHECKING:
    from pytest_llmobs.experiments.compare import ExperimentComparison, Move

_NAMED = 8


def comparison_text(
    before: Experiment,
    after: Experiment,
    comparison: ExperimentComparison,
    page: Page,
    *,
    everything: bool = False,
) -> str:
    """Return the metrics, the examples that moved, and what can't be compared.

    Args:
        before: The experiment in the place of the baseline.
        after: The one that is judged.
        comparison: Of the two.
        page: Where it goes.
        everything: Name every example.
    """
    shared = [plan for plan in after.suites if plan.name not in comparison.only_after]
    judged = Experiment(
        name=after.name,
        started=after.started,
        duration=after.duration,
        suites=shared,
        decision=Decision(metrics=comparison.metrics),
    )
    blocks = [
        [_side("A", before, page), _side("B", after, page)],
        metric_section(judged, page, everything=everything),
        suite_section(after.suite_scores, page, before=before.suite_scores, everything=everything),
        list(_moved(comparison.moved, page, everything)),
        list(_apart(comparison, page, everything)),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _side(letter: str, experiment: Experiment, page: Page) -> str:
    facts = [
        page.line(experiment.name),
        figures.moment(experiment.started),
        figures.commit_id(experiment.commit),
    ]
    text = f" {page.signs.dot} ".join(fact for fact in facts if fact)
    return f"{page.paint(letter, 'bold')}  {page.clip(text, page.width - 3)}"


def _moved(moves: Sequence[Move], page: Page, everything: bool) -> Iterator[str]:
    if not moves:
        yield "no example moved"
        return
    several = len({move.suite for move in moves}) > 1
    yield page.paint(f"{count(len({(m.suite, m.example_id) for m in moves}), 'example')} moved", "bold")
    shifts = [Shift(_name(m, several), m.metric, m.before, m.after, m.difference) for m in moves]
    yield from moves_table(shifts, ("A", "B"), page, None if everything else MOST)


def _name(move: Move, several: bool) -> str:
    if several:
        return f"{move.suite.rpartition('::')[2]}[{move.example_id}]"
    return move.example_id


def _apart(comparison: ExperimentComparison, page: Page, everything: bool) -> Iterator[str]:
    """Yield what only one side has, or what differs in content and can't be compared."""
    sides: Sequence[tuple[str, Mapping[str, Sequence[str]]]] = [
        ("only in A", comparison.removed),
        ("only in B", comparison.added),
        ("edited in between", comparison.edited),
    ]
    for title, suites in (("only in A", comparison.only_before), ("only in B", comparison.only_after)):
        if suites:
            yield from page.item(f"{title}: {', '.join(suites)}", mark="!", style="yellow")
    for title, found in sides:
        for suite, examples in found.items():
            shown = examples if everything else examples[:_NAMED]
            more = (
                f", {page.signs.ellipsis} {len(examples) - len(shown):,} more"
                if len(examples) > len(shown)
                else ""
            )
            text = f"{suite}: {count(len(examples), 'example')} {title}: {', '.join(shown)}{more}"
            yield from page.item(text, mark="!", style="yellow")
