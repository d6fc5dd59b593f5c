"""What is said of passes that were added to a baseline, and of those that were not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_llmobs.baselines.records import MOST_PASSES, BaselineUpdate
from pytest_llmobs.baselines.sameness import other_evaluators
from pytest_llmobs.experiments.references import Source, readable_baseline
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.wording import count, listed, shell_line

RECORD = "pytest --llm-experiment --llm-update-baseline"
"""The command that records a baseline, where nobody knows how the session was started."""
_NAMED = 10
"""Examples named in a note; more are counted."""


def not_the_same(plan: SuitePlan, differing: Sequence[str], command: str) -> str:
    """Return why passes are not added to a baseline, with what to do instead.

    Args:
        plan: The suite.
        differing: What isn't as it was recorded.
        command: Records the baseline anew.
    """
    return (
        f"{plan.name}: nothing was added to any baseline, because its passes are not of what was recorded. "
        f"Different: {'; '.join(differing)}. Record a new baseline: {command}"
    )


def known_beforehand(plans: Sequence[SuitePlan], source: Source, command: str = RECORD) -> str | None:
    """Return why a session that is to add to baselines would add nothing, as far as that is known before it costs.

    Args:
        plans: The suites, as collected.
        source: Returns the committed baseline of a suite.
        command: Records the baselines anew.
    """
    for plan in plans:
        baseline = readable_baseline(plan.name, source)  # the recording itself says why one isn't
        if baseline is not None:
            comparable: dict[str, None] = {}
            for trial in plan.expected:
                if baseline.row_of(trial.example_id, trial.example_hash) is not None:
                    comparable[trial.example_id] = None
            differing = list(other_evaluators(baseline, plan, comparable))
            if differing:
                return not_the_same(plan, differing, command)
    return None


def addition_remarks(plan: SuitePlan, update: BaselineUpdate) -> Iterator[str]:
    """Yield what was added to a suite's baseline."""
    if not update.added:
        return
    passes = count(plan.repeat, "pass", "passes")
    examples = count(len(update.added), "example")
    yield f"{plan.name}: {passes} added to {examples}, now up to {update.baseline.repeat} each"
    if update.recorded:
        yield f"{plan.name}: new, so these passes are their first ones: {listed(update.recorded, _NAMED)}"


def addition_notes(plan: SuitePlan, update: BaselineUpdate, command: str) -> Iterator[str]:
    """Yield what was not added.

    Args:
        plan: The suite.
        update: Its baseline, and what happened to it.
        command: Records examples anew once their node ids are appended to it.
    """
    if update.edited:
        nodes: dict[str, str] = {}
        for trial in plan.expected:
            if trial.example_id in update.edited:
                nodes.setdefault(trial.example_id, trial.nodeid)
        yield (
            f"{plan.name}: edited since they were recorded, so nothing was added to them: "
            f"{listed(update.edited, _NAMED)}. Record them anew: {command} {shell_line(nodes.values())}"
        )
    if update.replayed:
        yield (
            f"{plan.name}: answered by recordings that the baseline has already, which count once: "
            f"{listed(update.replayed, _NAMED)}. --llm-cassettes=refresh asks for new replies"
        )
    if update.full:
        yield (
            f"{plan.name}: {count(len(update.full), 'example')} already with {MOST_PASSES} newer passes, which is all "
            "that a row keeps"
        )
