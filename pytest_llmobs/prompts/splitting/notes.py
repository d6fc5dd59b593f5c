"""What a run's metadata says of a split."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pytest_llmobs.prompts.splitting.arguments import checked_weights
from pytest_llmobs.prompts.splitting.split import AB_KEY, UNIT, WEIGHTS


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
    arm, unit, weights = (metadata.get(noted + ending) for ending in ("", UNIT, WEIGHTS))
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
