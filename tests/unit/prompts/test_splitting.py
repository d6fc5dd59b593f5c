"""Who gets which arm: in proportion, for good, and without moving anybody who needn't."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections import Counter
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmobs.errors import ArgumentError, NotFoundError
from pytest_llmobs.prompts.splitting.arguments import checked_weights, key_text
from pytest_llmobs.prompts.splitting.dealing import deal
from pytest_llmobs.prompts.splitting.notes import NotedArm, noted_arm
from pytest_llmobs.prompts.splitting.split import Split

WEIGHTS: dict[str, float] = {"control": 80, "treatment": 20}
USERS = list(map(str, range(500)))


def split(weights: dict[str, float], salt: str = "support") -> Split:
    return Split("support", weights, salt)


def dealt(weights: dict[str, float], users: list[str] = USERS, salt: str = "support") -> dict[str, str]:
    chosen = split(weights, salt)
    return {user: chosen.variant(user) for user in users}


@pytest.mark.usefixtures("untraced")
def test_a_hundred_thousand_users_come_within_half_a_point_of_the_weights() -> None:
    counts = Counter(
        dealt({"a": 70, "b": 20, "c": 10}, [f"user-{number}" for number in range(100_000)]).values()
    )
    for arm, share in {"a": 0.7, "b": 0.2, "c": 0.1}.items():
        assert abs(counts[arm] / 100_000 - share) < 0.005


weight = st.floats(0.01, 100)


@settings(max_examples=6, deadline=None)
@given(st.lists(weight, min_size=2, max_size=4), st.floats(1.01, 5), st.text(max_size=3))
def test_a_heavier_arm_takes_users_and_nobody_else_moves(
    weights: list[float], factor: float, salt: str
) -> None:
    before = {f"arm-{number}": each for number, each in enumerate(weights)}
    after = {**before, "arm-0": before["arm-0"] * factor}
    old, new = dealt(before, salt=salt), dealt(after, salt=salt)
    assert all(new[user] in (old[user], "arm-0") for user in USERS)
    assert all(new[user] == "arm-0" for user in USERS if old[user] == "arm-0")


@settings(max_examples=6, deadline=None)
@given(st.lists(weight, min_size=1, max_size=3), weight)
def test_an_added_arm_takes_users_for_itself_alone(weights: list[float], added: float) -> None:
    before = {f"arm-{number}": each for number, each in enumerate(weights)}
    old, new = dealt(before), dealt({**before, "added": added})
    assert all(new[user] in (old[user], "added") for user in USERS)


def test_from_twenty_to_thirty_percent_ten_points_of_users_move() -> None:
    users = [f"user-{number}" for number in range(6_000)]
    old, new = dealt(WEIGHTS, users), dealt({"control": 70, "treatment": 30}, users)
    moves = Counter((old[user], new[user]) for user in users if old[user] != new[user])
    assert set(moves) == {("control", "treatment")}
    assert moves["control", "treatment"] / len(users) == pytest.approx(0.10, abs=0.012)


def test_neither_the_order_nor_the_unit_of_the_weights_matters() -> None:
    assert (
        dealt(WEIGHTS)
        == dealt({"treatment": 0.2, "control": 0.8})
        == dealt({"treatment": 2e300, "control": 8e300})
    )


def test_another_salt_deals_everybody_out_anew() -> None:
    first, second = dealt({"a": 1, "b": 1}), dealt({"a": 1, "b": 1}, salt="next")
    assert sum(first[user] == second[user] for user in USERS) / len(USERS) == pytest.approx(0.5, abs=0.07)


def test_an_arm_of_weight_zero_is_nobodys() -> None:
    assert set(dealt({"control": 5, "treatment": 0}).values()) == {"control"}


def test_assignments_are_for_good() -> None:
    """Written down once: a change of them would move the users of every running test."""
    treated = [number for number in range(30) if split(WEIGHTS).variant(str(number)) == "treatment"]
    assert treated == [2, 9, 18, 22, 27]
    assert split(WEIGHTS).entries("42") == {
        "ab.support": "control",
        "ab.support.unit": "8c1bce26cc5cfe2e",
        "ab.support.weights": '{"control":80,"treatment":20}',
    }


def test_other_processes_with_other_hash_seeds_agree() -> None:
    code = (
        "from pytest_llmobs.prompts.splitting.split import Split\n"
        "split = Split('support', {'treatment': 20, 'control': 80}, 'support')\n"
        "print(*[split.variant(str(user)) for user in range(500)])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "12345"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == list(dealt(WEIGHTS, USERS[:500]).values())


class Member(StrEnum):
    ADA = "ada"


ID = uuid.UUID("019a0000-0000-7000-8000-0000000000aa")


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (42, "42"),
        ("42", "42"),
        (np.int64(42), "42"),
        (ID, str(ID)),
        (Member.ADA, "ada"),
        ("é\ud800", "é\ud800"),
    ],
)
def test_a_whole_number_and_its_text_are_the_same_user(key: Any, text: str) -> None:
    assert key_text(key) == text
    assert split(WEIGHTS).variant(key_text(key)) in WEIGHTS


@pytest.mark.parametrize(
    ("key", "what"),
    [
        (None, "is None"),
        ("", "is a blank text"),
        ("  ", "is a blank text"),
        (12.5, "is of type float"),
        (True, "is of type bool"),
        (b"ada", "is of type bytes"),
        (["secret@example.com"], "is of type list"),
        ({"email": "secret@example.com"}, "is of type dict"),
    ],
)
def test_a_key_that_names_nobody_is_refused_and_never_shown(key: Any, what: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        key_text(key)
    assert f"The key {what}" in str(raised.value)
    assert "Give the user's id as a text, a whole number or a UUID" in str(raised.value)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({}, "weights is {}: nobody would get any arm."),
        (None, "weights is None. Give each arm its weight:"),
        ([("a", 1)], "weights is [('a', 1)]. Give each arm"),
        ({"a": 0, "b": 0.0}, "weights is {'a': 0, 'b': 0.0}: nobody would get any arm."),
        ({"a": 1, "b": -1}, "The weight of the arm 'b' is -1. Give a number from 0 (nobody gets it) on"),
        ({"a": float("nan")}, "The weight of the arm 'a' is nan."),
        ({"a": float("inf")}, "The weight of the arm 'a' is inf."),
        ({"a": 10**400}, "The weight of the arm 'a' is 1000"),
        ({"a": True}, "The weight of the arm 'a' is True."),
        ({"a": "80"}, "The weight of the arm 'a' is '80'."),
        ({"a": None}, "The weight of the arm 'a' is None."),
        ({"a": Decimal(1)}, "The weight of the arm 'a' is Decimal('1')."),
        ({"": 1}, "weights has the arm ''. Name it by a tag or the hash"),
        ({1: 1}, "weights has the arm 1. Name it by a tag or the hash"),
        ({"a, b": 1}, "The arm 'a, b' holds a comma."),
    ],
)
def test_weights_that_make_no_split_are_refused(weights: Any, message: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        checked_weights(weights)
    assert message in str(raised.value)


def test_numbers_of_other_kinds_are_weights() -> None:
    assert checked_weights({"a": np.int64(3), "b": Fraction(1, 2), "c": np.float32(0.5)}) == {
        "a": 3,
        "b": 0.5,
        "c": 0.5,
    }


def pull(version: str) -> str:
    if version not in ("control", "treatment", "abc123"):
        raise NotFoundError(
            f"The prompt 'support' has no commit or tag {version!r}. Did you mean 'treatment'?"
        )
    return f"prompt of {version}"


def test_an_arm_is_its_own_name_or_what_arms_says() -> None:
    arm = deal("support", pull, key=7, weights={"new": 1}, arms={"new": "abc123"})
    variant, prompt = arm
    assert (variant, prompt) == (arm.variant, arm.prompt) == ("new", "prompt of abc123")


def test_a_mistyped_arm_shows_at_the_first_user_whoever_that_is() -> None:
    with pytest.raises(NotFoundError) as raised:
        deal("support", pull, key=7, weights={"control": 1e9, "treatmnet": 1})
    assert str(raised.value) == (
        "Nobody can get the arm 'treatmnet'. The prompt 'support' has no commit or tag 'treatmnet'. Did you mean "
        "'treatment'? An arm is a tag or a hash of the prompt; arms={'treatmnet': 'HASH'} says which one it stands for."
    )


def test_an_arm_that_nobody_gets_needn_t_be_there_yet() -> None:
    assert deal("support", pull, key=7, weights={"control": 1, "later": 0}).variant == "control"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"arms": {"tratment": "abc123"}}, "'tratment', which has no weight. Did you mean 'treatment'?"),
        ({"arms": {"treatment": None}}, "arms['treatment'] is None. Give a tag, or the hash of a commit."),
        ({"arms": ["abc123"]}, "arms is ['abc123']. Give the tag or hash of an arm"),
        ({"salt": ""}, "salt is ''. Give a text"),
        ({"salt": 7}, "salt is 7. Give a text"),
    ],
)
def test_salts_and_versions_that_are_none_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        deal("support", pull, key=7, weights=WEIGHTS, **given)
    assert message in str(raised.value)


def test_what_is_noted_is_read_back() -> None:
    entries = split(WEIGHTS).entries("42")
    assert noted_arm({**entries, "other": 1}, "support") == NotedArm(
        "control", entries["ab.support.unit"], WEIGHTS
    )
    assert noted_arm(entries, "other") is None


@pytest.mark.parametrize(
    ("metadata", "noted"),
    [
        ({"ab.support": "control, treatment", "ab.support.unit": "1, 2"}, None),
        ({"ab.support": "control", "ab.support.unit": "1, 2"}, None),
        ({"ab.support": 1}, None),
        ({"ab.support": "control"}, NotedArm("control", None, {})),
        (
            {"ab.support": "control", "ab.support.unit": "1", "ab.support.weights": "{"},
            NotedArm("control", "1", {}),
        ),
        (
            {"ab.support": "a", "ab.support.unit": "1", "ab.support.weights": '{"a":-1}'},
            NotedArm("a", "1", {}),
        ),
        (
            {"ab.support": "a", "ab.support.unit": "1", "ab.support.weights": '{"a":1}, {"a":2}'},
            NotedArm("a", "1", {}),
        ),
    ],
)
def test_a_run_of_several_users_is_nobodys_and_damaged_weights_are_none(
    metadata: dict[str, Any], noted: NotedArm | None
) -> None:
    assert noted_arm(metadata, "support") == noted
