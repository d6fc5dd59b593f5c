from dataclasses import replace

import pytest

from pytest_llmobs.reports import cells
from pytest_llmobs.reports.listing import Digest, digest, listing
from pytest_llmobs.reports.page import Page

DIGEST = Digest(
    name="brave-otter",
    started="2026-11-23T16:14:05+00:00",
    duration=12.3,
    trials=36,
    means={"tone_quality": 0.905, "pass": 0.847},
    cost=0.0167,
    verdict="red",
    partial=False,
    commit="921dd62f522ce20cacdc4a643b924e6371436e6a+dirty",
)
OTHER = replace(
    DIGEST,
    name="calm-heron",
    means={"pass": 1.0, "keywords": 0.5},
    cost=None,
    verdict="green",
    partial=True,
)


def test_a_list_at_120_columns():
    assert listing([DIGEST, OTHER], Page(width=120)) == [
        "name         when (UTC)        trials   pass  tone_quality  keywords     cost  verdict           commit",
        "─" * 110,
        "brave-otter  2026-11-23 16:14      36  0.847         0.905            $0.0167  ✗ red             921dd62+dirty",
        "calm-heron   2026-11-23 16:14      36  1.000                   0.500        ?  ✓ green, partial  921dd62+dirty",
    ]


def test_what_has_no_room_is_named():
    assert listing([DIGEST, OTHER], Page(width=80)) == [
        "name         when (UTC)   trials   pass  tone_quality     cost  verdict",
        "─" * 80,
        "brave-otter  11-23 16:14      36  0.847         0.905  $0.0167  ✗ red",
        "calm-heron   11-23 16:14      36  1.000                      ?  ✓ green, partial",
        "no room for keywords: widen the terminal, or use --json",
    ]


def test_red_ones_are_red():
    lines = listing([DIGEST, OTHER], Page(width=120, color=True))
    assert lines[2].startswith("\x1b[31mbrave-otter ")
    assert lines[3].startswith("calm-heron")


def test_a_digest_weighs_suites_by_their_examples(gallery):
    many = digest(gallery["many_suites"]())
    assert many.means == pytest.approx({"pass": 0.905, "tone_quality": (29 * 0.905 + 0.847) / 30})
    assert (many.trials, many.verdict, many.partial) == (360, "red", False)
    assert digest(gallery["partial"]()).partial
    assert digest(gallery["no_baseline"]()).verdict == "no baseline"
    assert digest(gallery["interrupted"]()).verdict == "interrupted"
    assert digest(gallery["offline"]()).cost is None
