"""Two experiments side by side: what ``llmobs compare A B`` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pytest_llmobs.baselines.prompt_changes import change_text
from pytest_llmobs.records.decisions import Decision
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.digest.commands import prompt_commands
from pytest_llmobs.reports.digest.metrics import MetricsDigest, digest_metrics
from pytest_llmobs.reports.pages.moves import MOST, Shift, moves_table
from pytest_llmobs.reports.terminal.extent import Extent
from pytest_llmobs.reports.terminal.metrics import metric_section
from pytest_llmobs.reports.terminal.suite_scores import suite_section
from pytest_llmobs.reports.text import figures
from pytest_llmobs.reports.text.page import Page, bound, joined
from pytest_llmobs.reports.text.short_names import short_example
from pytest_llmobs.wording import commit_id, count

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
    extent = Extent.EVERYTHING if everything else Extent.PAGE
    return joined(
        [
            [_side("A", before, page), _side("B", after, page), *_prompts(comparison, page)],
            metric_section(_metrics(after, comparison), page, extent),
            suite_section(after.suite_scores, page, before=before.suite_scores, everything=everything),
            _moved(comparison.moved, page, bound(MOST, everything)),
            _apart(comparison, page, bound(_NAMED, everything)),
        ]
    )


def _metrics(after: Experiment, comparison: ExperimentComparison) -> MetricsDigest:
    """Return the metrics as if the comparison had been the gate's decision on the suites that both have."""
    shared = [plan for plan in after.suites if plan.name not in comparison.only_after]
    judged = Experiment(
        name=after.name,
        started=after.started,
        duration=after.duration,
        suites=shared,
        decision=Decision(metrics=comparison.metrics),
    )
    return digest_metrics(judged)


def _side(letter: str, experiment: Experiment, page: Page) -> str:
    text = page.dotted(
        [
            page.line(experiment.name),
            figures.moment(experiment.started),
            commit_id(experiment.commit),
        ]
    )
    return f"{page.paint(letter, 'bold')}  {page.clip(text, page.width - 3)}"


def _prompts(comparison: ExperimentComparison, page: Page) -> Iterator[str]:
    """Yield the prompts of which the second experiment used other commits, and how to see what differs."""
    for text in dict.fromkeys(map(change_text, comparison.prompts)):
        yield from page.wrapped(page.line(text))
    for command in prompt_commands(comparison.prompts):
        yield f"  {page.text(command.command)}"


def _moved(moves: Sequence[Move], page: Page, most: int | None) -> Iterator[str]:
    if not moves:
        yield "no example moved"
        return
    suites = set()
    examples = set()
    for move in moves:
        suites.add(move.suite)
        examples.add((move.suite, move.example_id))
    yield page.paint(f"{count(len(examples), 'example')} moved", "bold")
    shifts = []
    for move in moves:
        name = short_example(move.suite, move.example_id, several=len(suites) > 1)
        shifts.append(Shift(name, move.metric, move.before, move.after, move.difference))
    yield from moves_table(shifts, ("A", "B"), page, most)


def _apart(comparison: ExperimentComparison, page: Page, most: int | None) -> Iterator[str]:
    """Yield what only one side has, or what differs in content and can't be compared."""
    for title, suites in (("only in A", comparison.only_before), ("only in B", comparison.only_after)):
        if suites:
            yield from page.item(f"{title}: {', '.join(suites)}", mark="!", style="yellow")
    sides = (
        ("only in A", comparison.removed),
        ("only in B", comparison.added),
        ("edited in between", comparison.edited),
    )
    for title, examples_of in sides:
        for suite, examples in examples_of.items():
            text = f"{suite}: {count(len(examples), 'example')} {title}: {page.named(examples, most)}"
            yield from page.item(text, mark="!", style="yellow")
