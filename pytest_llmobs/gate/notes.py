"""What a reader should know besides the verdicts: what was left out, what is new, what repeats and clocks tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from pytest_llmobs.gate.latency_and_cost import latency_and_cost_notes
from pytest_llmobs.gate.pairing import SuitePair
from pytest_llmobs.measures.gate_rules import PASS
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.wording import count, listed, noun

_NAMED = 3
"""Suites or examples named in a note; more are counted."""


def session_notes(
    plans: Iterable[SuitePlan], suites: Iterable[SuitePair], conditions: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Yield the notes of a session.

    Args:
        plans: What collection promised.
        suites: Those that a verdict is about.
        conditions: Under which the trials ran; see ``Experiment.conditions``.
    """
    unselected = [plan.name for plan in plans if plan.left_out]
    if unselected:
        names = listed(unselected, _NAMED)
        yield f"partial: nothing was selected of {names}; the verdict says nothing about it"
    for suite in suites:
        yield from _selection_note(suite)
        yield from _changed_examples_notes(suite)
        yield from _unfilled_notes(suite)
        if conditions is not None and conditions.get("cassettes") == "only":
            yield from _recordings_note(suite)
        yield from latency_and_cost_notes(suite, conditions)


def _selection_note(suite: SuitePair) -> Iterator[str]:
    plan = suite.plan
    if plan.partial:
        ran = len(suite.expected)
        yield f"{plan.name}: partial, {ran} of {plan.total} examples were selected; the verdict covers those"


def _changed_examples_notes(suite: SuitePair) -> Iterator[str]:
    """Yield what became of the examples since the baseline, and what that means for them."""
    name = suite.plan.name
    if suite.new:
        failing = _failing(suite, suite.new)
        yield f"{name}: {count(len(suite.new), 'new example')}{failing}, compared from the next baseline on"
    if suite.edited:
        were, failing = noun(len(suite.edited), "was", "were"), _failing(suite, suite.edited)
        its = noun(len(suite.edited), "its", "their")
        yield (
            f"{name}: {count(len(suite.edited), 'example')} {were} edited since the baseline{failing}: "
            f"{its} scores are not compared"
        )
    if suite.renamed:
        pairs = [f"{old} is now {new}" for new, old in suite.renamed.items()]
        were, its = noun(len(pairs), "was", "were"), noun(len(pairs), "its row", "their rows")
        yield (
            f"{name}: {count(len(pairs), 'example')} {were} renamed since the baseline: {listed(pairs, _NAMED)}; "
            f"compared by content, and `llmobs baseline prune` renames {its}"
        )
    if suite.removed and not suite.plan.gone:
        were, its = noun(len(suite.removed), "was", "were"), noun(len(suite.removed), "its row", "their rows")
        yield (
            f"{name}: {count(len(suite.removed), 'example')} {were} removed since the baseline: "
            f"`llmobs baseline prune` drops {its}"
        )
    if suite.baseline is not None:
        # 7 ms with all that records of baselines are made of; a session without one needs none of it
        from pytest_llmobs.baselines.removal import erased_note

        yield from (f"{name}: {note}" for note in erased_note(suite.baseline))


def _recordings_note(suite: SuitePair) -> Iterator[str]:
    """Yield what keeps replies from being held against their own recordings, where nobody can look again."""
    if suite.baseline is None:
        return
    if not any(row.recordings for row in suite.rows.values()):
        yield (
            f"{suite.plan.name}: its baseline keeps no recordings, so that replayed replies count as fresh ones and a "
            "small drop may be chance; recorded with --llm-cassettes=reuse, it tells"
        )
        return
    others = 0
    for example in suite.comparable:
        recordings = {trial.recording for trial in suite.measured.trials.get(example, ())} - {None}
        others += bool(recordings) and recordings.isdisjoint(suite.rows[example].recordings)
    if others:
        yield (
            f"{suite.plan.name}: {count(others, 'example')} {noun(others, 'replays', 'replay')} what the baseline was "
            "not recorded with, so that replies count as fresh ones"
        )


def _unfilled_notes(suite: SuitePair) -> Iterator[str]:
    """Yield the prompts that models were sent with a variable in braces: a mistake, as a rule."""
    trials: Counter[tuple[str, str]] = Counter()
    for trial in chain.from_iterable(suite.measured.trials.values()):
        trials.update(trial.unfilled.items())
    for (prompt, variables), number in trials.items():
        names = variables.split(", ")
        shown = " and ".join(f"{{{name}}}" for name in names)
        given = ", ".join(f"{name}=…" for name in names)
        yield (
            f"{suite.plan.name}: {count(number, 'trial')} sent a model the prompt {prompt!r} in which {shown} "
            f"{noun(len(names), 'was', 'were')} never filled in: pull_prompt({prompt!r}).format({given})"
        )


def _failing(suite: SuitePair, examples: Sequence[str]) -> str:
    """Return how many of some examples fail, in brackets; nothing where none does."""
    passes = suite.values(PASS)
    failing = 0
    for example in examples:
        failing += min(passes.get(example, [1.0])) == 0
    if not failing:
        return ""
    return f" ({failing} of them failing)"


def every_time_note(suite: SuitePair) -> str:
    """Return pass^k, the share of examples that pass all of k repeats (Yao et al. 2024, arXiv 2406.12045), in words.

    An empty string where nothing was repeated, or no example has all its repeats.
    """
    k = suite.plan.repeat
    if k < 2:
        return ""
    complete = always = 0
    for passes in suite.values(PASS).values():
        if len(passes) == k:
            complete += 1
            always += min(passes) == 1
    if not complete:
        return ""
    return f"pass^{k} {always / complete:.3f} ({always} of {complete} examples passed all {k} repeats)"
