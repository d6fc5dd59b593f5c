"""The plan: from runs and what was said of them to the examples that they become. Nothing is read or written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from pytest_llmobs.curation.candidates import FILTER, Candidate, Found
from pytest_llmobs.curation.drafts import REJECTED, SOURCE, draft, reviewed
from pytest_llmobs.curation.duplicates import Distinct, Known, distinct, known
from pytest_llmobs.curation.modes import Choice, Group, choose, describe, grouped
from pytest_llmobs.curation.options import Options
from pytest_llmobs.curation.plans import Completion, CurationPlan, Duplicate, LeakingRun
from pytest_llmobs.records.examples import Example

if TYPE_CHECKING:
    from pytest_llmobs.similarity import Embedder

Taken = Sequence[tuple[Candidate, str]]
"""The runs that become examples, each with the name of its cluster."""


@dataclass(frozen=True)
class Sifted:
    """Which runs are what: there already, like each other, like an example."""

    candidates: Sequence[Candidate]
    """In the order in which they are preferred."""
    sources: Collection[str]
    """Ids of the runs that examples were made of before."""
    dismissed: Collection[str]
    """Ids of the runs that somebody doesn't want, and that no examples were made of."""
    unlike: Distinct
    like_examples: Known

    @cached_property
    def already_there(self) -> list[str]:
        """Ids of the runs that were found and that examples were made of before."""
        return list(filter(self.sources.__contains__, map(attrgetter("id"), self.candidates)))

    @property
    def duplicates(self) -> list[Duplicate]:
        """Those that no examples were made of before."""
        fresh = list(self.like_examples.duplicates.values())
        for duplicate in self.unlike.duplicates:
            if duplicate.run.id not in self.sources:
                fresh.append(duplicate)
        return fresh

    @property
    def standing_for(self) -> Mapping[str, Sequence[Candidate]]:
        """The duplicates of each run that is kept, by its id."""
        by_id = dict(zip(map(attrgetter("id"), self.candidates), self.candidates, strict=True))
        standing: dict[str, list[Candidate]] = {}
        for duplicate in self.unlike.duplicates:
            standing.setdefault(duplicate.of.id, []).append(by_id[duplicate.run.id])
        return standing


def plan(
    found: Found,
    dataset: str,
    examples: Sequence[Example] | None,
    options: Options | None = None,
    *,
    embed: Embedder | None = None,
) -> CurationPlan:
    """Work out which runs become which examples of a dataset. The same runs give the same plan.

    Args:
        found: The runs, in any order, and what was said of them.
        dataset: The dataset's name.
        examples: What it holds; None where it is to be made.
        options: What somebody chose; the defaults if None.
        embed: What turns texts into vectors; None clusters by words.
    """
    options = options or Options()
    sifted = _sifted(found, examples or (), options)
    groups = grouped(sifted.unlike.kept, sifted.standing_for, embed)
    choices = [_choice(group, sifted, options) for group in groups]
    taken = _taken(groups, choices)
    return CurationPlan(
        dataset=dataset,
        is_new=examples is None,
        splits=_splits(examples or ()),
        options=options,
        found=len(found.runs),
        without_inputs=found.without_inputs,
        already_there=sifted.already_there,
        dismissed=sorted(sifted.dismissed),
        duplicates=sifted.duplicates,
        leaks=_told_leaks(sifted.like_examples, taken, options),
        modes=list(map(partial(describe, user_keys=options.user_keys), groups, choices)),
        reasons=_reasons(sifted.candidates),
        drafts=_drafts(taken, sifted.like_examples, examples or (), dataset, options),
        corrected=sum(candidate.correction is not None for candidate, _ in taken),
        completions=_completions(sifted.candidates, examples or ()),
    )


def _sifted(found: Found, examples: Sequence[Example], options: Options) -> Sifted:
    """Leave out a run that is like another that is kept, or like an example.

    Kept are first those that the dataset has or that somebody dismissed, then those that a user corrected, then the
    newest.
    """
    sources: set[str] = set()
    for example in examples:
        sources.update(_sources(example))
    everything = list(found.candidates())
    dismissed = {one.id for one in filter(attrgetter("is_dismissed"), everything)} - sources
    # those that the dataset has come first: else another run may stand for one that was taken the last time
    settled = sources | dismissed
    candidates = sorted(
        everything, key=lambda candidate: (candidate.id not in settled, *_preference(candidate))
    )
    unlike = distinct(candidates)
    fresh = [candidate for candidate in unlike.kept if candidate.id not in settled]
    return Sifted(candidates, sources, dismissed, unlike, known(fresh, examples, options.split))


def _sources(example: Example) -> Iterator[str]:
    """Yield the id of the run that an example was made of, wherever it is stated."""
    for stated in (example.source_run_id, example.metadata.get(SOURCE)):
        if isinstance(stated, str):
            yield stated


def _completions(candidates: Iterable[Candidate], examples: Sequence[Example]) -> list[Completion]:
    """Return what examples without outputs get: what people said since of the run that each was made of."""
    answered: dict[str, Candidate] = {}
    for candidate in candidates:
        if candidate.reference:
            answered[candidate.id] = candidate
    completions = []
    for example in examples:
        run_id = next(filter(answered.__contains__, _sources(example)), None)
        if run_id is not None and not example.outputs:
            candidate = answered[run_id]
            more = dict(reviewed(candidate.review))
            if candidate.reference == example.metadata.get(REJECTED):
                # what was taken for a failure was right after all
                more[REJECTED] = None
            completions.append(Completion(example.id, run_id, candidate.reference or {}, more))
    return completions


def _splits(examples: Sequence[Example]) -> list[str]:
    splits: set[str] = set()
    for example in examples:
        splits.update(example.splits)
    return sorted(splits)


def _preference(candidate: Candidate) -> tuple[Any, ...]:
    run = candidate.run
    return candidate.correction is None, -run.start_time.timestamp(), run.id


def _choice(group: Group, sifted: Sifted, options: Options) -> Choice:
    there = {*sifted.already_there, *sifted.like_examples.duplicates}
    leaking = sifted.like_examples.leaks if options.on_leak == "refuse" else {}
    return choose(group, there, sifted.dismissed, leaking, options.cap)


def _taken(groups: Sequence[Group], choices: Sequence[Choice]) -> Taken:
    taken = []
    for group, choice in zip(groups, choices, strict=True):
        for candidate in choice.taken:
            taken.append((candidate, group.name))
    return taken


def _told_leaks(like_examples: Known, taken: Taken, options: Options) -> list[LeakingRun]:
    """Return the leaks that something is done about: where they are moved, those that the cap lets in."""
    if options.on_leak == "refuse":
        return list(like_examples.leaks.values())
    leaks = []
    for candidate, _ in taken:
        if candidate.id in like_examples.leaks:
            leaks.append(like_examples.leaks[candidate.id])
    return leaks


def _reasons(candidates: Iterable[Candidate]) -> Mapping[str, int]:
    counted: Counter[str] = Counter()
    for candidate in candidates:
        counted.update(candidate.reasons.keys() or (FILTER,))
    return dict(counted.most_common())


def _drafts(
    taken: Taken, like_examples: Known, examples: Sequence[Example], dataset: str, options: Options
) -> list[dict[str, Any]]:
    # an example that is added takes its id, too
    ids = set(map(attrgetter("id"), examples))
    drafts = []
    for candidate, name in taken:
        leak = like_examples.leaks.get(candidate.id)
        split = options.split if leak is None else leak.split
        made = draft(candidate, name, split, options, ids, dataset)
        ids.add(made["id"])
        drafts.append(made)
    return drafts
