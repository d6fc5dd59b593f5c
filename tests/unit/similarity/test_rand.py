"""The adjusted Rand index, by hand."""

from __future__ import annotations

import pytest

from tests.unit.similarity.rand import adjusted_rand


def test_by_hand():
    # The table is [[2, 1], [0, 3]]: 1 + 3 = 4 pairs together in both, 3 + 3 = 6 in the first, 1 + 6 = 7 in the second,
    # 15 in all; chance puts 6 × 7 / 15 = 2.8 together, so it is (4 - 2.8) / (6.5 - 2.8).
    assert adjusted_rand("aaabbb", "xxyyyy") == pytest.approx(1.2 / 3.7)


def test_names_of_clusters_do_not_matter_and_chance_is_zero():
    assert adjusted_rand("aabbcc", [3, 3, 1, 1, 2, 2]) == 1
    assert adjusted_rand("ab" * 50, "aabb" * 25) == pytest.approx(0, abs=0.02)
    assert adjusted_rand("aaaa", "aaaa") == 1
