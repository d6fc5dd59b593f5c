"""A/B splits: which version of a prompt a user gets, and how that is noted on a run and read back from it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from numbers import Integral, Real
from typing import Any, NamedTuple
from uuid import UUID

from pytest_llmobs.errors import ArgumentError, NotFoundError
from pytest_llmobs.prompts.filling.pulled import Pulled
from pytest_llmobs.tracing.prompt_stamps import stamp_trace
from pytest_llmobs.wording import known, nearest

AB_KEY = "ab."
"""Begins the keys of the metadata that tell of a split: ``ab.NAME``, ``ab.NAME.unit``, ``ab.NAME.weights``."""
_UNIT, _WEIGHTS = ".unit", ".weights"
_BITS = 52
"""Of a hash that become a number between 0 and 1; with its half a step more a double holds it exactly."""
_COMPACT = json.JSONEncoder(separators=(",", ":"), sort_keys=True)
"""Without spaces: several values of an entry are told apart by a comma and a space."""
_A_KEY = (
    "Give the user's id as a text, a whole number or a UUID; for somebody without one, that of the session."
)
_AN_ARM = '{"control": 80, "treatment": 20}'


class Arm(NamedTuple):
    """What a user gets: ``variant, prompt = ab(…)``."""

    variant: str
    """The arm's name."""
    prompt: Any
    """As ``pull_prompt`` returns it."""


@dataclass(frozen=True)
class Split:
    """The arms of a split. What it gives a user depends on nothing but salt, weights and the user's key."""

    name: str
    """The prompt's."""
    weights: Mapping[str, float]
    """Arm -> what it weighs; any sum above 0."""
    salt: str

    def variant(self, key: str) -> str:
        """Return the arm of a user.

        Weighted rendezvous hashing: of all arms the one with the highest -weight/ln(u), where u is between 0 and 1 and
        comes from a hash of salt, arm and key (rendezvous: Thaler and Ravishankar 1998, IEEE/ACM Trans. Netw. 6; with
        weights: Resch 2015, New Hashing Algorithms for Data Storage, SNIA SDC). Each arm gets users in proportion to
        its weight. An arm that is added, or becomes heavier, takes users for itself, and no other user moves.

        u = (h + 1/2)/2**52, h the first 52 bits of blake2b (8 bytes) of ``["SALT", "ARM", "KEY"]``, JSON in ASCII.

        Args:
            key: From ``key_text``.
        """
        heaviest = max(self.weights.values())
        best, best_score = "", 0.0
        # sorted: a tie must not depend on the order in which somebody wrote the arms
        for arm in sorted(self.weights):
            hashed = int.from_bytes(_digest(self.salt, arm, key)) >> (64 - _BITS)
            # relative to the heaviest, so that no weight is too large
            score = self.weights[arm] / heaviest / -math.log((hashed + 0.5) / 2**_BITS)
            if score > best_score:
                best, best_score = arm, score
        return best

    def entries(self, key: str) -> dict[str, str]:
        """Return what is noted on a run of a user: the arm, who it is (a hash of salt and key), the weights."""
        noted = AB_KEY + self.name
        return {
            noted: self.variant(key),
            noted + _UNIT: _digest(self.salt, key).hex(),
            noted + _WEIGHTS: _COMPACT.encode(dict(self.weights)),
        }


def deal(
    name: str, pull: Callable[[str], Any], *, key: Any, weights: Any, salt: Any = None, arms: Any = None
) -> Arm:
    """Return what a user gets, and note it on the current run and those it is nested in.

    Args:
        name: The prompt's.
        pull: Returns the prompt of a tag or hash, or raises a ``NotFoundError``.
        key: The user's id.
        weights: Arm -> its weight.
        salt: A text, or None for the prompt's name.
        arms: Arm -> its tag or hash, where that isn't its name.

    Raises:
        NotFoundError: An arm is neither a tag nor a commit of the prompt.
        ArgumentError: The key names nobody, or weights, salt or arms make no sense.
    """
    split = Split(name, checked_weights(weights), checked_salt(salt, name))
    tags = versions(arms, split.weights)
    entries = split.entries(key_text(key))
    prompts = _pulled(split.weights, tags, pull)
    variant = entries[AB_KEY + name]
    prompt = prompts[variant]
    stamp_trace(entries)
    if isinstance(prompt, Pulled):
        # chosen outside a run, it is noted on those that fill it
        prompt = prompt.with_arm(variant, entries)
    return Arm(variant, prompt)


def _pulled(
    weights: Mapping[str, float], tags: Mapping[str, str], pull: Callable[[str], Any]
) -> dict[str, Any]:
    """Return the prompts of all arms that somebody gets: a mistake in one has to show at the first user, not the last.

    Raises:
        NotFoundError: An arm is neither a tag nor a commit.
    """
    prompts = {}
    for arm, weight in weights.items():
        if not weight:
            continue
        try:
            prompts[arm] = pull(tags[arm])
        except NotFoundError as error:
            raise NotFoundError(
                f"Nobody can get the arm {arm!r}. {error} An arm is a tag or a hash of the prompt; arms="
                f"{{{arm!r}: 'HASH'}} says which one it stands for."
            ) from None
    return prompts


@dataclass(frozen=True)
class NotedArm:
    """What a run's metadata says of a split."""

    arm: str
    unit: str | None
    """16 hex digits that stand for the user; None where none are noted."""
    weights: Mapping[str, float]
    """As they were then; empty where they aren't noted."""


def noted_arm(metadata: Mapping[str, Any], name: str) -> NotedArm | None:
    """Return what a run's metadata says of the split of a prompt; None where that is nothing, or of several users."""
    noted = AB_KEY + name
    arm, unit, weights = (metadata.get(noted + ending) for ending in ("", _UNIT, _WEIGHTS))
    if not isinstance(arm, str) or ", " in arm:
        return None
    if not isinstance(unit, str):
        return NotedArm(arm, None, _read_weights(weights))
    if ", " in unit:
        return None
    return NotedArm(arm, unit, _read_weights(weights))


def _read_weights(text: Any) -> Mapping[str, float]:
    """Return the weights that a run was noted with; none where several stand beside each other, or it is no JSON."""
    if not isinstance(text, str):
        return {}
    return _parsed_weights(text)


@lru_cache(maxsize=256)  # a hundred thousand runs were noted with the same few
def _parsed_weights(text: str) -> Mapping[str, float]:
    try:
        return checked_weights(json.loads(text))
    except ValueError:
        return {}


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


def _digest(*parts: str) -> bytes:
    # part by part, which is faster than to encode the list
    text = ", ".join(map(json.dumps, parts))
    return blake2b(f"[{text}]".encode("ascii"), digest_size=8).digest()
