"""Further passes for the rows of a baseline: more of what was recorded, never anything else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import filterfalse

from pytest_llmobs.baselines.fresh import (
    expected_hashes,
    fresh_rows,
    measured_of,
    most_passes,
    own_versions,
    renewed_texts,
    suite_records,
    without,
)
from pytest_llmobs.baselines.passes import joined_row
from pytest_llmobs.baselines.records import (
    Baseline,
    BaselineRow,
    BaselineUpdate,
    RecordedSession,
    named_sessions,
)
from pytest_llmobs.baselines.renames import follow_renames
from pytest_llmobs.baselines.sameness import other_calls, other_evaluators
from pytest_llmobs.measures.values import Measurements
from pytest_llmobs.records.experiments import SuiteScore
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import Trial

_NAMED = 3
"""Examples that differ alike and are named; more are counted."""

Outdated = Callable[[Baseline, BaselineRow], bool]
"""Tells of a row that it was recorded anew since, for other code than that of the session to be added."""


@dataclass
class _Sorted:
    """Fresh rows by what is to be done with them."""

    new: dict[str, BaselineRow] = field(default_factory=dict)
    more: dict[str, BaselineRow] = field(default_factory=dict)
    edited: list[str] = field(default_factory=list)
    outdated: list[str] = field(default_factory=list)
    replayed: list[str] = field(default_factory=list)


def added_baseline(
    old: Baseline | None,
    plan: SuitePlan,
    trials: Iterable[Trial],
    *,
    source: RecordedSession | None = None,
    texts: bool = True,
) -> BaselineUpdate:
    """Return the baseline with further passes of a session; examples that it lacks get their first row.

    Rows of examples whose content changed stay as they are. Where evaluators, or what was sent, are others than those
    recorded, nothing is added at all: ``differing`` says so.

    Args:
        old: The baseline so far, or None for the first.
        plan: The suite as collected.
        trials: Fresh trials; those of other suites are ignored.
        source: The session of these trials, or None where nobody knows more of it.
        texts: Keep redacted prompts and outputs beside the baseline (``llm_baseline_texts``).
    """
    source = source or RecordedSession()
    old = follow_renames(old or Baseline(suite=plan.name), plan)
    trials, replayed = _without_known_replies(old, plan, trials, source.key)
    measured = measured_of(plan, trials)
    fresh = fresh_rows(old, expected_hashes(plan), measured, source.key)
    sort = _sorted(old, fresh, source.key)
    sort.replayed = replayed
    differing = [
        *_differing(old, plan, sort.more, measured),
        *_other_summaries(old, plan, source.suite_scores),
    ]
    if differing:
        return BaselineUpdate(baseline=old, differing=differing)
    baseline = _with_rows(old, plan, source, sort.new)
    baseline = _with_passes(baseline, source, sort.more)
    # what the other rows have of them is as good
    kept = renewed_texts(old, baseline.rows, measured, sort.new) if texts else None
    return _update(old, replace(baseline, texts=kept), plan, fresh, sort)


def pooled_baseline(
    old: Baseline,
    plan: SuitePlan,
    trials: Iterable[Trial],
    source: RecordedSession,
    outdated: Outdated = lambda *_: False,
) -> BaselineUpdate:
    """Return the baseline with the passes of a session of the past; see ``added_baseline``.

    An example that the baseline lacks gets no row by that: it may be gone from the dataset since.

    Args:
        old: The baseline so far.
        plan: The suite as that session collected it.
        trials: That session's own, with what they sent.
        source: The session.
        outdated: Tells which rows must not have these passes.
    """
    trials, replayed = _without_known_replies(old, plan, trials, source.key)
    measured = measured_of(plan, trials)
    fresh = fresh_rows(old, expected_hashes(plan), measured, source.key)
    sort = _sorted(old, fresh, source.key, outdated)
    sort.replayed = replayed
    differing = list(_differing(old, plan, sort.more, measured))
    if differing:
        return BaselineUpdate(baseline=old, differing=differing)
    baseline = _with_passes(old, source, sort.more)
    update = _update(old, baseline, plan, fresh, sort)
    return replace(update, recorded=(), rowless=list(sort.new))


def _without_known_replies(
    old: Baseline, plan: SuitePlan, trials: Iterable[Trial], session: str
) -> tuple[list[Trial], list[str]]:
    """Return a suite's trials that bring replies which no pass of their row has, and the examples of the others.

    Where a trial asked no model, no reply is there to count twice.

    Args:
        old: The baseline so far.
        plan: The suite.
        trials: Fresh ones; those of other suites are left out.
        session: Theirs; what a row has of that session already is no other session's reply.
    """
    seen: dict[str, set[str | None]] = {}
    for example, row in old.rows.items():
        seen[example] = set() if session in row.sessions else set(row.recordings)
    new: list[Trial] = []
    replayed: dict[str, None] = {}
    for trial in trials:
        if trial.suite != plan.name:
            continue
        known = seen.setdefault(trial.example_id, set())
        if trial.llm_calls and trial.recording is not None and trial.recording in known:
            replayed[trial.example_id] = None
            continue
        known.add(trial.recording)
        new.append(trial)
    return new, list(replayed)


def _sorted(
    old: Baseline, fresh: Mapping[str, BaselineRow], key: str, outdated: Outdated = lambda *_: False
) -> _Sorted:
    sort = _Sorted()
    for name, row in fresh.items():
        recorded = old.rows.get(name)
        if recorded is None:
            sort.new[name] = row
        elif recorded.hash != row.hash:
            sort.edited.append(name)
        elif key in recorded.sessions:
            continue  # it has these passes already
        elif outdated(old, recorded):
            sort.outdated.append(name)
        else:
            sort.more[name] = row
    return sort


def _differing(
    old: Baseline, plan: SuitePlan, examples: Collection[str], measured: Measurements
) -> Iterator[str]:
    """Yield what isn't as it was recorded, each with the examples of which that is true."""
    yield from other_evaluators(old, plan, examples)
    names: dict[str, list[str]] = {}
    for example in examples:
        for difference in other_calls(old, example, measured.trials[example]):
            names.setdefault(difference, []).append(example)
    for difference, having in names.items():
        yield f"{difference} ({_few(having)})"


def _few(examples: list[str]) -> str:
    shown = ", ".join(examples[:_NAMED])
    if len(examples) > _NAMED:
        return f"{shown} and {len(examples) - _NAMED:,} more"
    return shown


def _other_summaries(old: Baseline, plan: SuitePlan, scores: Iterable[SuiteScore]) -> Iterator[str]:
    for metric, now in suite_records(old, plan, scores).items():
        then = old.suite_scores.get(metric)
        if then is not None and then.version != now.version:
            yield f"summary evaluator of {metric}: {then.version[:8] or 'none'} -> {now.version[:8] or 'none'}"


def _with_rows(
    old: Baseline, plan: SuitePlan, source: RecordedSession, new: Mapping[str, BaselineRow]
) -> Baseline:
    """Return the baseline with first rows, scored by the evaluators of now."""
    rows = dict(new)
    for name, row in old.rows.items():
        rows[name] = replace(row, versions=own_versions(old, row, plan))
    return replace(
        old,
        rows=dict(sorted(rows.items())),
        dataset=plan.dataset,
        dataset_version=plan.dataset_version,
        metrics=dict(plan.metrics),
        suite_scores={**suite_records(old, plan, source.suite_scores), **old.suite_scores},
        sessions={**old.sessions, source.key: source.session},
        metadata=old.metadata or dict(source.metadata),
    )


def _with_passes(old: Baseline, source: RecordedSession, more: Mapping[str, BaselineRow]) -> Baseline:
    """Return the baseline with further passes in its rows."""
    sessions = {**old.sessions, source.key: source.session}
    rows = dict(old.rows)
    for name, row in more.items():
        rows[name] = joined_row(rows[name], row, sessions)
    return replace(old, rows=rows, sessions=named_sessions(sessions, rows.values()))


def _update(
    old: Baseline, baseline: Baseline, plan: SuitePlan, fresh: Mapping[str, BaselineRow], sort: _Sorted
) -> BaselineUpdate:
    added = []
    for name in sort.more:
        if baseline.rows[name].sessions != old.rows[name].sessions:
            added.append(name)
    known = filter(baseline.known_failure, [*sort.new, *added])
    return BaselineUpdate(
        baseline=replace(baseline, repeat=most_passes(baseline.rows, plan)),
        recorded=list(sort.new),
        added=added,
        known_failures=list(filterfalse(old.known_failure, known)),
        unrecorded=without(expected_hashes(plan), {*fresh, *sort.replayed}),
        renamed=old.renamed,
        replayed=sort.replayed,
        edited=sort.edited,
        outdated=sort.outdated,
        full=without(sort.more, set(added)),
    )
