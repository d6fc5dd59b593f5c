"""Examples that ask the same: hardly ever meant, and worth a word when a dataset is loaded."""

from __future__ import annotations

import marshal
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_llmobs.datasets.notices import warn
from pytest_llmobs.records.examples import canonical_json
from pytest_llmobs.wording import count, listed

_GROUPS = 3
"""Groups of equal examples that a warning names."""
_IDS = 4
"""Ids of one group that it names."""


def warn_of_equal_inputs(checked: Sequence[tuple[Mapping[str, Any], str]], name: str) -> None:
    """Warn once where examples have the same inputs: such an example counts twice in every mean.

    Args:
        checked: The fields of each example, and its place.
        name: What messages call the source as a whole.

    Raises:
        DatasetError: Warnings are turned into errors.
    """
    first: dict[int, int] = {}
    # Only the repeated ones get a list: there are ten thousand of the others.
    repeated: dict[int, list[int]] = {}
    for number, (fields, _) in enumerate(checked):
        earlier = first.setdefault(_fingerprint(fields["inputs"]), number)
        if earlier != number and _are_equal(fields, checked[earlier][0]):
            repeated.setdefault(earlier, [earlier]).append(number)
    if repeated:
        warn(_message([[checked[number] for number in group] for group in repeated.values()], name))


def _fingerprint(inputs: Mapping[str, Any]) -> int:
    """Return a number that is the same for equal inputs: a hash of canonical JSON takes three times as long."""
    try:
        return hash(marshal.dumps(sorted(inputs.items()), 2))
    except ValueError:  # a subclass of a number or of a text
        return hash(canonical_json(inputs))


def _are_equal(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return canonical_json(one["inputs"]) == canonical_json(other["inputs"])


def _message(groups: Sequence[Sequence[tuple[Mapping[str, Any], str]]], name: str) -> str:
    shown = []
    for group in groups[:_GROUPS]:
        ids = listed([repr(fields["id"]) for fields, _ in group], _IDS)
        shown.append(f"{ids} ({group[0][1]} and {group[1][1]})")
    if len(groups) > _GROUPS:
        shown.append(f"and {count(len(groups) - _GROUPS, 'more group')}")
    return (
        f"{name}: examples have equal inputs: {'; '.join(shown)}. Each counts on its own in every mean and in the "
        "gate. Keep one of them, or say what tells them apart in its inputs; to run an example several times, use "
        "repeat=."
    )
