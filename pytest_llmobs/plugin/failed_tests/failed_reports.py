"""What pytest reported as failed, told apart: trials, which have a status of their own, and all other tests."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_llmobs.records.experiments import SessionEnd
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import FAILING, Trial
from pytest_llmobs.wording import listed

_NAMED = 5
"""Tests and files that are named; there may be thousands."""


class FailedReports:
    """The failed reports of a session, as they come."""

    def __init__(self) -> None:
        self._phases: dict[str, set[str]] = {}
        self._uncollected: list[str] = []

    def note_test(self, nodeid: str, phase: str) -> None:
        """Take a failed report of a test.

        Args:
            nodeid: The test's.
            phase: ``setup``, ``call`` or ``teardown``; anything else is a crash.
        """
        self._phases.setdefault(nodeid, set()).add(phase)

    def note_uncollected(self, nodeid: str) -> None:
        """Take a failed report of collection.

        Args:
            nodeid: Of the file, class or function.
        """
        self._uncollected.append(nodeid)

    def names(self, plans: Iterable[SuitePlan]) -> str:
        """Return a note that names what failed beside the trials; empty where nothing did.

        Who has only a report sees no summary of pytest's.
        """
        trials = _expected(plans)
        others = [reported for reported in self._phases if _as_typed(reported, trials) not in trials]
        nodeids = list(filter(None, dict.fromkeys([*self._uncollected, *others])))
        return f"failed beside the trials: {listed(nodeids, _NAMED)}" if nodeids else ""

    def session_end(
        self, exit_status: int, plans: Iterable[SuitePlan], trials: Iterable[Trial]
    ) -> SessionEnd:
        """Return how the session ended.

        Args:
            exit_status: Pytest's so far.
            plans: Say which tests are trials.
            trials: All that ended.
        """
        nodeids = _expected(plans)
        statuses = {trial.nodeid: trial.status for trial in trials}
        failed = errors = teardowns = unexpected = 0
        for reported, phases in self._phases.items():
            nodeid = _as_typed(reported, nodeids)
            only_around = phases <= {"setup", "teardown"}
            if nodeid not in nodeids:
                errors += only_around
                failed += not only_around
                continue
            teardowns += "teardown" in phases
            unexpected += not only_around and statuses.get(nodeid) not in FAILING
        return SessionEnd(
            exit_status=exit_status,
            failed=failed,
            errors=errors,
            uncollected=len(self._uncollected),
            teardowns=teardowns,
            unexpected=unexpected,
        )


def _expected(plans: Iterable[SuitePlan]) -> set[str]:
    """Return the node ids of all trials."""
    nodeids: set[str] = set()
    for plan in plans:
        nodeids.update(trial.nodeid for trial in plan.expected)
    return nodeids


def _as_typed(nodeid: str, known: set[str]) -> str:
    """Return a node id without the group that xdist's ``--dist loadgroup`` appends to it."""
    if nodeid in known:
        return nodeid
    plain = nodeid.rpartition("@")[0]
    if plain in known:
        return plain
    return nodeid
