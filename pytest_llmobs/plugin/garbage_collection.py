"""Python's garbage collector in an experiment.

What was collected, and what each trial recorded, is kept to the end of the session. The collector would go through all
of it again and again and find nothing: of ten thousand quick trials that is a fifth of their time.
"""

from __future__ import annotations

import gc

import pytest

THRESHOLDS = (10_000, 20, 50)
"""See ``gc.set_threshold``; Python's own first one is 700."""

# The collector is the process's, and so is this: the next session of the same process must find it.
_frozen = False


def relax(config: pytest.Config) -> None:
    """Let the collector run less often, until the session ends; a user who set it slower still knows why."""
    before = gc.get_threshold()
    if not 0 < before[0] < THRESHOLDS[0]:
        return
    gc.set_threshold(*THRESHOLDS)
    config.add_cleanup(lambda: gc.set_threshold(*before))


def freeze() -> None:
    """Leave what lives now out of every collection, until ``thaw``."""
    global _frozen
    if gc.get_freeze_count() == 0:
        gc.freeze()
        _frozen = True


def thaw() -> None:
    """Give back what ``freeze`` took.

    For the next session of a process that has several. Before the process ends it would only be work: the interpreter
    goes through everything several times.
    """
    global _frozen
    if _frozen:
        gc.unfreeze()
        _frozen = False
