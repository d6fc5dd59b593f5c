from __future__ import annotations

import random

from pytest_llmobs.similarity import leader_pairs, near_duplicates

LATE = "My parcel is late by three days and the courier never rang the bell at my door"
NEARLY = LATE.replace("three", "four")
REFUND = "I sent the shoes back two weeks ago and the money is still missing on my card"


def test_a_text_that_is_like_an_earlier_one_is_paired_with_it() -> None:
    pairs = leader_pairs([LATE, REFUND, NEARLY, f" {LATE.upper()}"])
    assert [(pair.first, pair.second) for pair in pairs] == [(2, 0), (3, 0)]
    assert 0.6 < pairs[0].similarity < pairs[1].similarity == 1.0


def test_a_repeated_follower_is_as_like_its_leader_as_the_first() -> None:
    pairs = leader_pairs([LATE, NEARLY, NEARLY])
    assert [(pair.first, pair.second) for pair in pairs] == [(1, 0), (2, 0)]
    assert pairs[0].similarity == pairs[1].similarity < 1.0


def test_known_texts_lead_whatever_they_are_like() -> None:
    pairs = leader_pairs([LATE, REFUND], known=[NEARLY, LATE])
    assert [tuple(pair) for pair in pairs] == [(2, 1, 1.0)]


def test_nobody_follows_a_follower_and_leaders_are_unlike() -> None:
    chance = random.Random(3)
    texts = [
        f"The refund for order {chance.randrange(10**6)} is missing for {place} days" for place in range(400)
    ]
    pairs = leader_pairs(texts)
    followers = {pair.first for pair in pairs}
    assert followers.isdisjoint(pair.second for pair in pairs)
    leaders = [text for place, text in enumerate(texts) if place not in followers]
    assert near_duplicates(leaders) == []


def test_texts_without_words_are_no_duplicates() -> None:
    assert leader_pairs(["", " ", "\n"]) == []
