"""Python's garbage collector in an experiment.

What was collected, and what each trial recorded, is kept to the end of the session. The collector would go through all
of it again and again and find nothing: of ten thousand quick trials that is a fifth of their time.
"""

from __future__ import annotations

import gc

import pytest

THRESHOLDS = (10_000, 20, 50)
"""See ``gc.set_threshold``; Python's own first one is 700."""


def relax(config: pytest.Config) -> None:
    """Let the collector run less often, until the session ends; a user who set it slower still knows why."""
    before = gc.get_threshold()
    if not 0 < before[0] < THRESHOLDS[0]:
        return
    gc.set_threshold(*THRESHOLDS)
    config.add_cleanup(lambda: gc.set_threshold(*before))


def freeze(config: pytest.Config) -> None:
    """Leave what lives now out of every collection, until the session ends.

    No longer: a file that a user's plugin has left open is written to its end only where the collector finds it as the
    process ends.
    """
    if gc.get_freeze_count() == 0:
        gc.freeze()
        config.add_cleanup(gc.unfreeze)
