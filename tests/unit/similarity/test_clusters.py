"""Clusters of failures: found without being told how many, the same in every process, described in their own words."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from pytest_llmobs.similarity import cluster
from tests.unit.similarity.planted import NOISE, plant
from tests.unit.similarity.rand import adjusted_rand, cluster_numbers
from tests.unit.similarity.wordings_first import FIRST
from tests.unit.similarity.wordings_second import SECOND

ONE_OFFS = [
    "Penguins huddle together through the polar night.",
    "Ohm related voltage and current in 1827.",
    "The violin has four strings, tuned in fifths.",
    "Copper conducts heat better than iron does.",
    "Hamlet hesitates for nearly five acts.",
    "Glaciers carve valleys over millennia.",
    "Jazz was born in New Orleans around 1900.",
    "Camels store fat in their humps, not water.",
]
MORNING = ["Porridge with honey", "Toast and marmalade", "Scrambled eggs on rye"]
EVENING = ["Lentil soup, warm", "Grilled trout, lemon", "Mushroom risotto tonight"]
SCRIPT = """
import json
from pytest_llmobs.similarity import cluster
from tests.unit.similarity.planted import plant
from tests.unit.similarity.wordings_first import FIRST

texts, _ = plant(FIRST, 80, seed=5)
print(json.dumps([[kind.members, kind.terms, kind.odd] for kind in cluster(texts)]))
"""


@pytest.fixture(scope="module")
def planted():
    texts, labels = plant(FIRST, 400, seed=1)
    return texts, labels, cluster(texts)


def test_planted_types_are_found(planted):
    texts, labels, clusters = planted
    assert adjusted_rand(labels, cluster_numbers(clusters, len(texts))) >= 0.7


@pytest.mark.parametrize("wordings", [FIRST, SECOND], ids=["first", "second"])
def test_a_hundred_failures_are_told_apart_as_well(wordings):
    texts, labels = plant(wordings, 100, seed=1)
    assert adjusted_rand(labels, cluster_numbers(cluster(texts), len(texts))) >= 0.5


@pytest.mark.parametrize("wordings", [FIRST, SECOND], ids=["first", "second"])
def test_what_is_like_nothing_else_is_in_no_cluster(wordings):
    planted_texts, labels = plant(wordings, 100, seed=2)
    texts = [text for text, label in zip(planted_texts, labels, strict=True) if label != NOISE] + ONE_OFFS
    last = cluster(texts)[-1]
    assert last.terms == []
    one_offs = set(range(len(texts) - len(ONE_OFFS), len(texts)))
    assert len(one_offs.intersection(last.members)) >= len(ONE_OFFS) / 2
    assert len(set(last.members) - one_offs) <= len(texts) / 10


def test_every_text_is_in_one_cluster_and_the_largest_comes_first(planted):
    texts, _, clusters = planted
    members = [index for kind in clusters for index in kind.members]
    assert sorted(members) == list(range(len(texts)))
    sizes = [len(kind.members) for kind in clusters if kind.terms]
    assert sizes == sorted(sizes, reverse=True)
    assert all(kind.terms for kind in clusters[:-1])


def test_a_cluster_is_told_by_its_own_words_and_its_odd_one_comes_last(planted):
    _, labels, clusters = planted
    refunds = next(kind for kind in clusters if labels[kind.members[0]] == "invented policy")
    assert {"refund", "days"} & {*" ".join(refunds.terms).split()}
    assert refunds.odd == refunds.members[-1]


def test_two_processes_with_other_hash_seeds_find_the_same():
    found = [json.loads(run_with(seed)) for seed in ("1", "2")]
    assert found[0] == found[1]
    assert len(found[0]) > 1


def run_with(hash_seed):
    """Return what a process of its own prints."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, check=True, capture_output=True, text=True
    ).stdout


def test_each_text_is_embedded_once_and_meaning_tells_what_words_do_not():
    asked = []

    def embed(texts):
        asked.extend(texts)
        return [[1.0, 0.0] if text in MORNING else [0.0, 1.0] for text in texts]

    texts = MORNING * 4 + EVENING * 4
    clusters = cluster(texts, embed=embed)
    assert sorted(asked) == sorted(MORNING + EVENING)
    assert {len({texts[index] in MORNING for index in kind.members}) for kind in clusters} == {1}


def test_an_embedder_has_to_give_one_vector_a_text():
    with pytest.raises(ValueError, match=r"the embedder gave 1 vectors of \[2\] numbers for 2 texts"):
        cluster(["late parcel", "late refund"], embed=lambda texts: [[1.0, 0.0]])


def test_nothing_one_text_and_texts_without_words():
    assert cluster([]) == []
    assert [(kind.members, kind.terms) for kind in cluster(["Where is my order?"])] == [([0], [])]
    assert [(kind.members, kind.terms) for kind in cluster(["", " ", "...", "?"])] == [([0, 1, 2, 3], [])]


def test_texts_that_are_all_the_same_are_one_cluster():
    (kind,) = cluster(["The refund was refused."] * 30)
    assert kind.members == list(range(30))
    assert kind.terms
    assert "refund" in " ".join(kind.terms)


def test_never_more_clusters_than_asked_for(planted):
    texts, _, _ = planted
    assert len([kind for kind in cluster(texts, most=3) if kind.terms]) == 3
    with pytest.raises(ValueError, match="most must be 1 or more, not 0"):
        cluster(texts, most=0)


def test_languages_without_blanks_are_told_apart():
    chinese = [f"退款申请被拒绝，订单号{number}。请联系客服处理退款。" for number in range(20)]
    arabic = [f"لم تصل الشحنة رقم {number} حتى الآن، أين الطرد؟" for number in range(20)]
    emoji = [f"🎉🎊 {number} half \ud83d of it" for number in range(20)]
    clusters = cluster([*chinese, *arabic, *emoji])
    assert sorted(sorted(kind.members) for kind in clusters) == [
        list(range(20)),
        list(range(20, 40)),
        list(range(40, 60)),
    ]
    assert any("退款" in "".join(kind.terms) for kind in clusters)
