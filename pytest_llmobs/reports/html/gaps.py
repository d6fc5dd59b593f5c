"""What a page lacks, and why, in sentences: nothing is left out without a word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any

from pytest_llmobs.reports.digest.experiment import Digest
from pytest_llmobs.reports.html.accepted import Accepted
from pytest_llmobs.reports.html.rows import Row
from pytest_llmobs.reports.html.traces import Traces
from pytest_llmobs.wording import count, listed, noun

_SHOWN = 10
"""Fields, and trials, that are named at most."""
_SUITES = 3
"""Suites that are named at most."""


def gaps(
    digest: Digest, rows: Sequence[Row], traces: Traces, accepted: Accepted, missing: Sequence[Any]
) -> Iterator[str]:
    """Yield what is missing.

    Args:
        digest: The finished experiment.
        rows: All trials.
        traces: Those that are stored.
        accepted: The baselines, asked for each trial already.
        missing: Trials that never ran.
    """
    if missing:
        expected = count(digest.spending.expected, "expected trial")
        names = []
        for trial in missing:
            names.append(f"{trial['example']} (repeat {trial['repeat']})")
        yield f"{len(missing):,} of {expected} never ran: {listed(names, _SHOWN)}."
    yield from _without_traces(rows, traces)
    yield from _without_baseline(rows, accepted)


def _without_traces(rows: Sequence[Row], traces: Traces) -> Iterator[str]:
    traced = unstored = 0
    for row in rows:
        # a trial that stopped before its test began has no trace to miss
        if row.trial.run_id is not None:
            traced += 1
            unstored += traces.root(row.trial.run_id) is None
    if unstored:
        yield (
            f"{unstored} of {count(traced, 'trace')} {noun(unstored, 'is', 'are')} not in the store: "
            "not sampled (llm_sample_rate), purged, damaged, or recorded on another machine."
        )


def _without_baseline(rows: Sequence[Row], accepted: Accepted) -> Iterator[str]:
    suites_of: dict[str, list[str]] = {}
    for suite in dict.fromkeys(map(attrgetter("trial.suite"), rows)):
        reason = _reason(suite, accepted)
        if reason:
            suites_of.setdefault(reason, []).append(suite)
    for reason, suites in suites_of.items():
        yield f"{listed(suites, _SUITES)}: {reason}"


def _reason(suite: str, accepted: Accepted) -> str:
    """Return why no answer of a suite's baseline stands beside today's; empty where one may."""
    baseline = accepted.evidence.baseline(suite)
    if baseline is None:
        return "there is no baseline here that can be read, so that no answer stands beside another."
    if suite in accepted.newer:
        return "the baseline was recorded by this experiment or since, and isn't shown beside it."
    if baseline.texts is None:
        return "the baseline keeps no texts, so that no answer stands beside another."
    return ""


def unknown_fields(fields: Sequence[str]) -> Iterator[str]:
    """Say which fields of the experiment's file nobody here can read."""
    if fields:
        yield (
            f"The experiment's file has {noun(len(fields), 'a field', 'fields')} that this version doesn't know "
            f"({listed(fields, _SHOWN)}): a newer version wrote it, and shows more."
        )
