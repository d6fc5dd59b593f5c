"""Keeping this machine's part of the collected tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from pytest_llmobs.experiments.shards import Shard, deal, durations, hashed
from pytest_llmobs.plugin.suites import PLAN, nodeid_of

if TYPE_CHECKING:
    from pytest_llmobs.plugin.state import Lab


def split(lab: Lab, items: Sequence[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Return this shard's tests and the others'; all repeats of an example are in one shard.

    The examples are dealt out before the user's selection, so that a selection moves none to another shard.
    Tests that are no trials go by the hash of their node id: each runs on one machine.
    """
    shard = Shard.parse(lab.settings.shard)
    directory = lab.config.rootpath / lab.settings.baseline_dir
    totals = lab.suites.totals
    dealt = deal({suite: durations(directory, suite, ids) for suite, ids in totals.items()}, shard.count)
    own: list[pytest.Item] = []
    others: list[pytest.Item] = []
    for item in items:
        plan = item.stash.get(PLAN, None)
        number = hashed(nodeid_of(item), shard.count) if plan is None else dealt[plan.suite, plan.example_id]
        (own if number == shard.number else others).append(item)
    return own, others
