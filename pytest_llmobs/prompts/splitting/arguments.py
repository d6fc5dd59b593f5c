"""What ``ab()`` takes, checked: the key, the weights, the salt, the versions of the arms."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any
from uuid import UUID

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.wording import known, nearest

_A_KEY = (
    "Give the user's id as a text, a whole number or a UUID; for somebody without one, that of the session."
)
_AN_ARM = '{"control": 80, "treatment": 20}'


def checked_weights(weights: Any) -> Mapping[str, float]:
    """Return weights that make a split.

    Raises:
        ArgumentError: They are no mapping, name no arm, or one is no number from 0 on.
    """
    if not isinstance(weights, Mapping):
        raise ArgumentError(f"weights is {weights!r}. Give each arm its weight: {_AN_ARM}.")
    checked: dict[str, float] = {}
    for arm, weight in weights.items():
        _check_arm(arm)
        checked[arm] = _weight(arm, weight)
    if not any(checked.values()):
        raise ArgumentError(f"weights is {weights!r}: nobody would get any arm. Write {_AN_ARM}.")
    return checked


def _check_arm(arm: Any) -> None:
    if not isinstance(arm, str) or not arm.strip():
        raise ArgumentError(
            f"weights has the arm {arm!r}. Name it by a tag or the hash of a commit, as text: {_AN_ARM}."
        )
    if "," in arm:
        raise ArgumentError(f"The arm {arm!r} holds a comma. Give it another name.")


def _weight(arm: str, weight: Any) -> float:
    is_number = isinstance(weight, Real) and not isinstance(weight, bool)
    try:
        number = float(weight) if is_number else math.nan
    except OverflowError:
        number = math.inf
    if not 0 <= number < math.inf:
        raise ArgumentError(
            f"The weight of the arm {arm!r} is {weight!r}. Give a number from 0 (nobody gets it) on, as in {_AN_ARM}."
        )
    return int(weight) if isinstance(weight, Integral) else number


def versions(arms: Mapping[str, str] | None, weights: Mapping[str, float]) -> dict[str, str]:
    """Return which tag or hash each arm stands for: its own name, unless ``arms`` says otherwise.

    Raises:
        ArgumentError: ``arms`` names an arm without a weight, or no version.
    """
    named = dict(zip(weights, weights, strict=True))
    if arms is None:
        return named
    if not isinstance(arms, Mapping):
        raise ArgumentError(f'arms is {arms!r}. Give the tag or hash of an arm: {{"treatment": "abc123"}}.')
    for arm, version in arms.items():
        if arm not in named:
            raise ArgumentError(
                f"arms has {arm!r}, which has no weight.{nearest(str(arm), named)} {known(named)}"
            )
        if not isinstance(version, str) or not version:
            raise ArgumentError(f"arms[{arm!r}] is {version!r}. Give a tag, or the hash of a commit.")
        named[arm] = version
    return named


def checked_salt(salt: Any, name: str) -> str:
    """Return the salt of a split: by default the prompt's name.

    Raises:
        ArgumentError: It is no text, or empty.
    """
    if salt is None:
        return name
    if not isinstance(salt, str) or not salt:
        raise ArgumentError(
            f"salt is {salt!r}. Give a text, such as 'tone-2026-12', or leave it out for the prompt's name."
        )
    return salt


def key_text(key: Any) -> str:
    """Return the user's id as the text that is hashed: 42, "42" and a UUID and its text are the same user.

    Raises:
        ArgumentError: It is no id: None, empty, a number with a fraction, a bool, or something with parts.
    """
    if isinstance(key, str):
        text = str.__str__(key)  # of a member of an enum its value
    elif isinstance(key, UUID):
        text = str(key)
    elif isinstance(key, Integral) and not isinstance(key, bool):
        text = str(int(key))
    else:
        raise ArgumentError(f"The key is {_kind(key)}, which names nobody for good. {_A_KEY}")
    if not text.strip():
        raise ArgumentError(f"The key is a blank text: all users without an id would get one arm. {_A_KEY}")
    return text


def _kind(key: Any) -> str:
    """Return what a key is. It may be personal data, and a message ends up in logs: never its value."""
    if key is None:
        return "None"
    return f"of type {type(key).__name__}"
