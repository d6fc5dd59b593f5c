"""The plan: from runs and what was said of them to the examples that they become. Nothing is read or written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_llmobs.curation.candidates import FILTER, Candidate
from pytest_llmobs.curation.drafts import SOURCE, draft
from pytest_llmobs.curation.duplicates import Distinct, Known, distinct, known
from pytest_llmobs.curation.modes import Choice, Group, choose, describe, grouped
from pytest_llmobs.curation.options import Options
from pytest_llmobs.curation.plans import CurationPlan, Duplicate, LeakingRun
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.feedback import Feedback
from pytest_llmobs.records.runs import Run

if TYPE_CHECKING:
    from pytest_llmobs.similarity import Embedder

Taken = Sequence[tuple[Candidate, str]]
"""The runs that become examples, each with the name of its cluster."""


def plan(
    runs: Sequence[Run],
    feedback: Mapping[str, Sequence[Feedback]],
    dataset: str,
    examples: Sequence[Example] | None,
    options: Options | None = None,
    *,
    asked_keys: Collection[str] = (),
    embed: Embedder | None = None,
) -> CurationPlan:
    """Work out which runs become which examples of a dataset. The same runs give the same plan.

    A run that is like another that is kept, or like an example, is left out. Kept are first those that the dataset has,
    then those that a user corrected, then the newest.

    Args:
        runs: What was found, in any order.
        feedback: What was said of them, by the run's id.
        dataset: The dataset's name.
        examples: What it holds; None where it is to be made.
        options: What somebody chose; the defaults if None.
        asked_keys: The keys of feedback that the filter names.
        embed: What turns texts into vectors; None clusters by words.
    """
    options = options or Options()
    examples_there = examples or ()
    sources = _sources(examples_there)
    candidates = [Candidate(run, feedback.get(run.id, ()), asked_keys) for run in runs if run.inputs]
    candidates.sort(key=lambda candidate: _preference(candidate, sources))
    unlike = distinct(candidates)
    fresh = [candidate for candidate in unlike.kept if candidate.run.id not in sources]
    like_examples = known(fresh, examples_there, options.split)
    groups = grouped(unlike.kept, _standing_for(unlike, candidates), embed)
    choices = _choices(groups, sources, like_examples, options)
    taken = _taken(groups, choices)
    modes = []
    for group, choice in zip(groups, choices, strict=True):
        modes.append(describe(group, choice, options.user_keys))
    return CurationPlan(
        dataset=dataset,
        is_new=examples is None,
        splits=_splits(examples_there),
        options=options,
        found=len(runs),
        without_inputs=[run.id for run in runs if not run.inputs],
        already_there=[candidate.run.id for candidate in candidates if candidate.run.id in sources],
        duplicates=_fresh_duplicates(unlike, like_examples, sources),
        leaks=_told_leaks(like_examples, taken, options),
        modes=modes,
        reasons=_reasons(candidates),
        sources=[candidate.run for candidate, _ in taken],
        drafts=_drafts(taken, like_examples, examples_there, dataset, options),
        corrected=sum(candidate.correction is not None for candidate, _ in taken),
    )


def _splits(examples: Sequence[Example]) -> list[str]:
    splits: set[str] = set()
    for example in examples:
        splits.update(example.splits)
    return sorted(splits)


def _sources(examples: Sequence[Example]) -> set[str]:
    """Return the ids of the runs that examples were made of."""
    ids = set()
    for example in examples:
        ids |= {example.source_run_id, example.metadata.get(SOURCE)}
    return {id for id in ids if isinstance(id, str)}


def _preference(candidate: Candidate, sources: Collection[str]) -> tuple[Any, ...]:
    run = candidate.run
    return run.id not in sources, candidate.correction is None, -run.start_time.timestamp(), run.id


def _standing_for(unlike: Distinct, candidates: Sequence[Candidate]) -> Mapping[str, Sequence[Candidate]]:
    """Return the duplicates of each run that is kept."""
    by_id = {candidate.run.id: candidate for candidate in candidates}
    standing: dict[str, list[Candidate]] = {}
    for duplicate in unlike.duplicates:
        standing.setdefault(duplicate.of.id, []).append(by_id[duplicate.run.id])
    return standing


def _choices(
    groups: Sequence[Group], sources: Collection[str], like_examples: Known, options: Options
) -> list[Choice]:
    there = {*sources, *like_examples.duplicates}
    leaking = like_examples.leaks if options.on_leak == "refuse" else {}
    return [choose(group, there, leaking, options.cap) for group in groups]


def _taken(groups: Sequence[Group], choices: Sequence[Choice]) -> Taken:
    taken = []
    for group, choice in zip(groups, choices, strict=True):
        taken += [(candidate, group.name) for candidate in choice.taken]
    return taken


def _fresh_duplicates(unlike: Distinct, like_examples: Known, sources: Collection[str]) -> list[Duplicate]:
    """Return the duplicates that no examples were made of before."""
    duplicates = [duplicate for duplicate in unlike.duplicates if duplicate.run.id not in sources]
    return [*duplicates, *like_examples.duplicates.values()]


def _told_leaks(like_examples: Known, taken: Taken, options: Options) -> list[LeakingRun]:
    """Return the leaks that something is done about: where they are moved, those that the cap lets in."""
    if options.on_leak == "refuse":
        return list(like_examples.leaks.values())
    ids = {candidate.run.id for candidate, _ in taken}
    return [leak for id, leak in like_examples.leaks.items() if id in ids]


def _reasons(candidates: Iterable[Candidate]) -> Mapping[str, int]:
    counted: Counter[str] = Counter()
    for candidate in candidates:
        counted.update(candidate.reasons.keys() or (FILTER,))
    return dict(counted.most_common())


def _drafts(
    taken: Taken, like_examples: Known, examples: Sequence[Example], dataset: str, options: Options
) -> list[dict[str, Any]]:
    ids = {example.id for example in examples}
    drafts = []
    for candidate, name in taken:
        leak = like_examples.leaks.get(candidate.run.id)
        split = options.split if leak is None else leak.split or None
        made = draft(candidate, name, split, options, ids, dataset)
        ids.add(made["id"])
        drafts.append(made)
    return drafts
