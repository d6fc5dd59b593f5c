"""The rows of a page's table: a trial each, the worst first."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from pytest_llmobs.records.trials import FAILING, Trial
from pytest_llmobs.reports.digest.examples import ExampleDetail, ExampleKey
from pytest_llmobs.reports.digest.experiment import Digest

_NOBODY = 1_000_000_000
"""Comes after everything that has a rank."""


class Row(NamedTuple):
    """A trial and what the verdict says of its example."""

    trial: Trial
    look: str
    """Purpose of the further session that it ran in; empty for the session's own."""
    state: str
    """The state of its example; empty where it has none, and for the accepted code's trials."""
    detail: ExampleDetail | None
    """What the verdict says of its example, where it says more than its state."""

    @property
    def key(self) -> ExampleKey:
        """Its example."""
        return self.trial.suite, self.trial.example_id

    @property
    def red(self) -> bool:
        """True where its example makes the build red."""
        return bool(self.state) and self.detail is not None and self.detail.red


def ordered_rows(digest: Digest) -> list[Row]:
    """Return all trials, those of one example together.

    First come the examples that the report has details of, in its own order, then those that failed, by their state;
    then all others, by theirs.
    """
    rows = list(_rows(digest))
    ranks = _ranks(digest, rows)
    # stable: of one example, and of equals, the session's own order stays
    return sorted(rows, key=lambda row: ranks[row.key])


def failing(row: Row) -> bool:
    """Return True for a trial that didn't pass, or whose example is red; the accepted code's are never meant."""
    return row.red or (row.look != "control" and row.trial.status in FAILING)


def _rows(digest: Digest) -> Iterator[Row]:
    details = {detail.key: detail for detail in digest.examples.detailed}
    states: Mapping[ExampleKey, str] = digest.examples.states
    for look, trial in _trials(digest):
        key = trial.suite, trial.example_id
        state = "" if look == "control" else states.get(key, "")
        yield Row(trial, look, state, details.get(key))


def _trials(digest: Digest) -> Iterator[tuple[str, Trial]]:
    experiment = digest.experiment
    for trial in experiment.trials:
        yield "", trial
    for look in experiment.looks:
        for trial in look.trials:
            yield look.purpose, trial


def _ranks(digest: Digest, rows: Collection[Row]) -> Mapping[ExampleKey, tuple[int, ...]]:
    """Return what examples are ordered by."""
    worst = {detail.key: rank for rank, detail in enumerate(digest.examples.detailed)}
    listed: dict[ExampleKey, int] = {}
    for rank, group in enumerate(digest.examples.listed, start=1):
        listed.update(dict.fromkeys(group.examples, rank))
    failed = {row.key for row in rows if failing(row)}
    ranks = {}
    for number, key in enumerate(dict.fromkeys(row.key for row in rows)):
        # an example without a state tells of an error where it failed, and of nothing where it didn't
        rank = listed.get(key, 0 if key in failed else _NOBODY)
        # of two without details what failed comes first, then the graver state, then what ran first
        ranks[key] = (worst.get(key, _NOBODY), int(key not in failed), rank, number)
    return ranks
