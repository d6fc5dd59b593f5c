"""Which experiments used a commit of a prompt, and how they ended: the evidence for and against it.

An experiment is green for a commit, so that it speaks for it, where all of this holds:

- it isn't red, neither by the gate nor by pytest itself, and it wasn't interrupted;
- it is whole: no shard, and the user left out no example of the suite (``-k``, ``limit``);
- the suite was judged: a metric of it was compared with a baseline, or kept a bound of ``llm_gate`` (``min_mean``,
  ``must_pass``), and no metric was left unjudged because its evaluator is another one now; with ``rule="off"`` a
  comparison is shown and decides nothing, and a bound is one all the same;
- the suite used no other commit of the prompt, or the verdict would be about a mixture.

An experiment that recorded a baseline was judged by nobody, and is no evidence. That only the text tells of the commit
(``matched``) is no objection: that text is what the model was sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from pytest_llmobs.experiments.stored import stored_experiments
from pytest_llmobs.records.decisions import COMPARED, MetricRow
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import GateRule, SuitePlan
from pytest_llmobs.records.prompt_uses import PromptUse, read_uses
from pytest_llmobs.storage.store import Store


@dataclass(frozen=True, kw_only=True)
class PromptVerdict:
    """How a suite ended that used a commit of a prompt."""

    experiment: str
    """Its name: what ``llmobs show`` takes."""
    suite: str
    verdict: str
    """``green``, or why it isn't: ``red``, ``red elsewhere`` (the suite is not, the build is), ``interrupted``,
    ``shard I/N``, ``partial``, ``recorded``, ``no baseline``, ``not judged``, ``mixed``."""
    is_green: bool
    """True where it speaks for the commit; see the module."""
    created_at: datetime
    """When the experiment started; UTC."""
    matched: bool = False
    """True where only the text tells that the commit was used."""


def verdicts_by_commit(store: Store, name: str) -> dict[str, list[PromptVerdict]]:
    """Return how the experiments ended that used each commit of a prompt, the newest first.

    Args:
        store: Has the experiments; only the heads of their documents are read.
        name: The prompt's.
    """
    heads = []
    for stored in stored_experiments(store, heads=True):
        heads.append(stored.experiment)
    return verdicts_of(heads, name)


def verdicts_of(experiments: Iterable[Experiment], name: str) -> dict[str, list[PromptVerdict]]:
    """Return the same of experiments at hand; their trials aren't needed."""
    verdicts: dict[str, list[PromptVerdict]] = {}
    for experiment in experiments:
        for suite, prompts in experiment.prompts.items():
            uses = read_uses(prompts.get(name, ""))
            for use in uses:
                verdicts.setdefault(use.commit_hash, []).append(_verdict(experiment, suite, use, uses))
    for of_commit in verdicts.values():
        of_commit.sort(key=lambda verdict: (verdict.created_at, verdict.experiment), reverse=True)
    return verdicts


def _verdict(experiment: Experiment, suite: str, use: PromptUse, uses: Sequence[PromptUse]) -> PromptVerdict:
    plan = experiment.plan_of(suite)
    word = next(_objections(experiment, plan, suite), "")
    if not word and len(uses) > 1:
        word = "mixed"
    return PromptVerdict(
        experiment=experiment.name,
        suite=suite,
        verdict=word or "green",
        is_green=not word,
        created_at=datetime.fromisoformat(experiment.started),
        matched=use.matched,
    )


def _objections(experiment: Experiment, plan: SuitePlan | None, suite: str) -> Iterator[str]:
    """Yield what speaks against calling a suite green, what says most first."""
    rows = [row for row in experiment.decision.metrics if row.suite == suite]
    examples = [row for row in experiment.decision.examples if row.suite == suite]
    verdicts = {row.verdict for row in rows}
    reds = [*map(attrgetter("red"), rows), *map(attrgetter("red"), examples)]
    if any(reds):
        yield "red"
    if experiment.interrupted:
        yield "interrupted"
    if experiment.red:
        yield "red elsewhere" if rows and not experiment.decision.errors else "red"
    if experiment.shard:
        yield f"shard {experiment.shard}"
    if plan is None or plan.partial:
        yield "partial"
    if not experiment.decision.metrics:
        yield "recorded"
    if "REBASELINE" in verdicts:
        yield "not judged"
    if plan is not None and not _is_judged(rows, plan.gates):
        yield "no baseline" if "NO_BASELINE" in verdicts else "not judged"


def _is_judged(rows: Sequence[MetricRow], gates: Sequence[GateRule]) -> bool:
    """Tell whether a metric was compared with a baseline, or held against a bound."""
    shown_only = {gate.metric for gate in gates if gate.rule == "off"}
    means: dict[str, float | None] = {}
    for row in rows:
        means[row.metric] = row.candidate
        if row.verdict in COMPARED and row.metric not in shown_only:
            return True
    for gate in gates:
        has_bound = gate.min_mean is not None or gate.must_pass is not None
        if has_bound and means.get(gate.metric) is not None:
            return True
    return False
