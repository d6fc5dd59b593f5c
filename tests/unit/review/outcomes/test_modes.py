"""Failure modes by group, each with its share of the reviewed runs."""

from __future__ import annotations

import pytest

from pytest_llmobs.review.outcomes.modes import NO_MODE, failure_modes
from pytest_llmobs.review.outcomes.settled import settle
from tests.unit.review.outcomes.decided import decided

OLD, NEW = "support@0123456789ab", "support@ba9876543210"


def test_each_group_has_its_own_shares() -> None:
    decisions = [
        decided("r1", "ada", "reject", "wrong fact"),
        decided("r2", "ada", "reject", "wrong fact"),
        decided("r3", "ada", "reject"),
        decided("r4", "ada", "accept"),
        decided("r5", "ada", "accept"),
    ]
    groups = {"r1": [OLD], "r2": [OLD], "r3": [OLD], "r4": [OLD, NEW]}
    counted = failure_modes(settle(decisions, ()), groups)

    assert [(group.name, group.reviewed, group.rejected) for group in counted.groups] == [
        (OLD, 4, 3),
        (NEW, 1, 0),
        (None, 1, 0),
    ]
    old = counted.groups[0].modes
    assert [(one.mode, one.runs, one.share) for one in old] == [("wrong fact", 2, 0.5), (NO_MODE, 1, 0.25)]
    # Wilson's interval of 2 of 4 at 95 %, by his formula
    assert (old[0].low, old[0].high) == pytest.approx((0.15004, 0.84996), abs=1e-5)


def test_contested_runs_are_told_and_not_counted() -> None:
    decisions = [
        decided("r1", "ada", "accept"),
        decided("r1", "ben", "reject"),
        decided("r2", "ben", "reject"),
    ]
    counted = failure_modes(settle(decisions, ()), {})

    assert (counted.reviewed, counted.contested) == (1, 1)
    assert counted.groups[0].reviewed == 1
