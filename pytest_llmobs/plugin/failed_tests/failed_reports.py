"""What pytest reported as failed, told apart: trials, which have a status of their own, and all other tests."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_llmobs.records.experiments import SessionEnd
from pytest_llmobs.records.plans import SuitePlan
from pytest_llmobs.records.trials import FAILING, Trial

"""Statuses that say by themselves why a trial's test failed."""


class FailedReports:
    """The failed reports of a session, as they come."""

    def __init__(self) -> None:
        self._phases: dict[str, set[str]] = {}
        self._uncollected = 0

    def note_test(self, nodeid: str, phase: str) -> None:
        """Take a failed report of a test.

        Args:
            nodeid: The test's.
            phase: ``setup``, ``call`` or ``teardown``; anything else is a crash.
        """
        self._phases.setdefault(nodeid, set()).add(phase)

    def note_uncollected(self) -> None:
        """Take a failed report of collection."""
        self._uncollected += 1

    def session_end(
        self, exit_status: int, plans: Iterable[SuitePlan], trials: Iterable[Trial]
    ) -> SessionEnd:
        """Return how the session ended.

        Args:
            exit_status: Pytest's so far.
            plans: Say which tests are trials.
            trials: All that ended.
        """
        nodeids: set[str] = set()
        for plan in plans:
            nodeids.update(trial.nodeid for trial in plan.expected)
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
            uncollected=self._uncollected,
            teardowns=teardowns,
            unexpected=unexpected,
        )


def _as_typed(nodeid: str, known: set[str]) -> str:
    """Return a node id without the group that xdist's ``--dist loadgroup`` appends to it."""
    if nodeid in known:
        return nodeid
    plain = nodeid.rpartition("@")[0]
    if plain in known:
        return plain
    return nodeid
