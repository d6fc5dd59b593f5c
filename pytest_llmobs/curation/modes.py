"""Clusters of failures: what they have in common, whether they come back, and which of them become examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import partial
from operator import attrgetter
from statistics import fmean

from pytest_llmobs.curation.candidates import Candidate
from pytest_llmobs.curation.plans import UNCLUSTERED, FailureMode, Recurrence
from pytest_llmobs.records.feedback import Feedback, FeedbackStats
from pytest_llmobs.records.runs import Run
from pytest_llmobs.similarity import Embedder, cluster
from pytest_llmobs.wording import error_line

_NAMED_BY = 3
"""Terms that make the name of a cluster."""
_TYPICAL = 3
_HEAVIEST = 3
"""How often a text counts at most, where it has duplicates: three make a cluster."""


@dataclass(frozen=True)
class Group:
    """One cluster of runs."""

    terms: Sequence[str]
    members: Sequence[Candidate]
    """The most typical first, each text once."""
    everybody: Sequence[Candidate]
    """The same and their duplicates."""
    odd: Candidate | None = None
    """The member that fits worst."""

    @property
    def name(self) -> str:
        """Its first terms."""
        return ", ".join(self.terms[:_NAMED_BY]) or UNCLUSTERED


@dataclass(frozen=True)
class Choice:
    """Which members of a cluster become examples."""

    taken: Sequence[Candidate]
    there: int
    dismissed: int
    leaking: int
    over_cap: int


def grouped(
    kept: Sequence[Candidate], standing_for: Mapping[str, Sequence[Candidate]], embed: Embedder | None
) -> list[Group]:
    """Return the clusters, the one with most runs first; what is in none comes last.

    Args:
        kept: Runs without duplicates among them.
        standing_for: The duplicates of each, by its id.
        embed: What turns texts into vectors; None clusters by words.
    """
    # by time: in whatever order they are preferred, the same runs make the same clusters
    ordered = sorted(kept, key=lambda candidate: (candidate.run.start_time, candidate.run.id))
    weighted: list[Candidate] = []
    for candidate in ordered:
        # an outage that asks for the same all the time is a cluster, too
        weighted += [candidate] * min(1 + len(standing_for.get(candidate.id, ())), _HEAVIEST)
    groups = []
    placed: set[str] = set()
    for found in cluster(list(map(attrgetter("failure"), weighted)), embed=embed):
        members = _placed(map(weighted.__getitem__, found.members), placed)
        everybody = list(members)
        for member in members:
            everybody += standing_for.get(member.id, ())
        if members:
            odd = None if found.odd is None else weighted[found.odd]
            groups.append(Group(found.terms, members, everybody, odd))
    return sorted(groups, key=lambda group: (not group.terms, -len(group.everybody)))


def _placed(candidates: Iterable[Candidate], placed: set[str]) -> list[Candidate]:
    """Return those that have no place yet, each once."""
    members = []
    for candidate in candidates:
        if candidate.id not in placed:
            placed.add(candidate.id)
            members.append(candidate)
    return members


def choose(
    group: Group, there: Collection[str], dismissed: Collection[str], leaking: Collection[str], cap: int
) -> Choice:
    """Choose members up to the cap, first those that a user corrected, then the most typical.

    What is there already counts, so that curating the same runs again adds nothing.

    Args:
        group: The cluster.
        there: Ids of runs that the dataset has, themselves or as duplicates.
        dismissed: Ids of runs that somebody doesn't want.
        leaking: Ids of runs that must not be taken.
        cap: Most members; 0 for all.
    """
    number_there = number_dismissed = number_leaking = 0
    open_to_choice = []
    for member in group.members:
        if member.id in there:
            number_there += 1
        elif member.id in dismissed:
            number_dismissed += 1
        elif member.id in leaking:
            number_leaking += 1
        else:
            open_to_choice.append(member)
    # the sort is stable: the most typical stay ahead
    open_to_choice.sort(key=lambda member: member.correction is None)
    room = max(cap - number_there, 0) if cap else len(open_to_choice)
    taken = open_to_choice[:room]
    return Choice(taken, number_there, number_dismissed, number_leaking, len(open_to_choice) - len(taken))


def describe(group: Group, choice: Choice, user_keys: Sequence[str]) -> FailureMode:
    """Return what is told of a cluster.

    Args:
        group: It.
        choice: Which of its members become examples.
        user_keys: Metadata keys that name a user.
    """
    said: list[Feedback] = []
    for candidate in group.everybody:
        said += candidate.feedback
    typical = list(map(attrgetter("said"), group.members[:_TYPICAL]))
    odd = None if group.odd is None else group.odd.said
    if odd in typical:  # for lack of others
        odd = None
    return FailureMode(
        name=group.name,
        terms=tuple(group.terms),
        members=list(map(attrgetter("id"), group.members)),
        runs=len(group.everybody),
        typical=typical,
        odd=odd,
        feedback=_stats(said),
        errors=_errors(group.everybody),
        recurrence=_recurrence(list(map(attrgetter("run"), group.everybody)), user_keys),
        taken=len(choice.taken),
        there=choice.there,
        dismissed=choice.dismissed,
        leaking=choice.leaking,
        over_cap=choice.over_cap,
    )


def _stats(said: Iterable[Feedback]) -> dict[str, FeedbackStats]:
    by_key: dict[str, list[Feedback]] = {}
    for feedback in said:
        by_key.setdefault(feedback.key, []).append(feedback)
    stats = {}
    for key, records in sorted(by_key.items()):
        scores = []
        labels: Counter[str] = Counter()
        for record in records:
            if record.score is not None:
                scores.append(float(record.score))
            if isinstance(record.value, str):
                labels[record.value] += 1
        stats[key] = FeedbackStats(
            n=len(records),
            avg=fmean(scores) if scores else None,
            values=_most_first(labels),
            comments=sum(bool(record.comment) for record in records),
        )
    return stats


def _errors(candidates: Iterable[Candidate]) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for candidate in candidates:
        if candidate.run.error:
            counted[error_line(candidate.run.error)] += 1
    return _most_first(counted)


def _most_first(counted: Counter[str]) -> dict[str, int]:
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def _recurrence(runs: Sequence[Run], user_keys: Sequence[str]) -> Recurrence:
    times = list(map(attrgetter("start_time"), runs))
    return Recurrence(
        first_seen=min(times),
        last_seen=max(times),
        runs=len(runs),
        days=len({time.astimezone(UTC).date() for time in times}),
        users=_different(map(partial(_user, user_keys), runs)),
        sessions=_different(map(attrgetter("thread_id"), runs)),
    )


def _user(keys: Sequence[str], run: Run) -> str | None:
    for key in keys:
        if run.metadata.get(key) is not None:
            return str(run.metadata[key])
    return None


def _different(names: Iterable[str | None]) -> int | None:
    """Return how many different names there are; None where there is none."""
    return len(set(names) - {None}) or None
