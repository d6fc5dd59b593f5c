"""The rules of a queue: each is a few conditions that all must hold, and a run that fulfils one rule is an item."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_llmobs.errors import ArgumentError, FilterError
from pytest_llmobs.records.fit import shortened
from pytest_llmobs.review.routing.kinds import KINDS, JudgeDifference, Part
from pytest_llmobs.wording import known, nearest

_DRAWN = 1 << 64
"""How many numbers a run's id may draw."""


@dataclass(frozen=True)
class Rule:
    """Conditions that all must hold."""

    reason: str
    """What an item says of why it is there."""
    filters: Sequence[str] = ()
    """In the filter language."""
    projects: Sequence[str] | None = None
    """Runs of these alone; None for whatever project."""
    share: float = 1.0
    """Part of the runs that is drawn."""
    difference: JudgeDifference | None = None

    def draws(self, run_id: str) -> bool:
        """Tell whether a run is in the sample; the same answer in every process and at any time."""
        if self.share >= 1:
            return True
        # the id alone would draw whoever was drawn for another purpose
        digest = hashlib.sha256(f"sample/{run_id}".encode()).digest()
        return int.from_bytes(digest[:8], "big") < self.share * _DRAWN


def check_rules(rules: Any, place: str) -> tuple[Mapping[str, Any], ...]:
    """Return the rules of a queue, as plain data.

    Args:
        rules: Mappings from a kind of condition (see ``kinds.KINDS``) to its value; None for no rules.
        place: Where they are stated, for messages: ``queues/refunds.yaml: route``.

    Raises:
        ArgumentError: A rule is none, has an unknown condition, or a value that its kind doesn't take.
    """
    if rules is None:
        return ()
    if isinstance(rules, str | bytes | Mapping) or not isinstance(rules, Sequence):
        raise ArgumentError(
            f"{place} is {shortened(rules)}. Give a list of rules, such as [{{'sample': '2%'}}]."
        )
    checked: list[Mapping[str, Any]] = []
    for number, stated in enumerate(rules):
        read_rule(stated, f"{place}[{number}]")
        checked.append(dict(json.loads(json.dumps(stated))))
    return tuple(checked)


def read_rule(stated: Any, place: str) -> Rule:
    """Return what a rule means.

    Args:
        stated: Its conditions.
        place: Where it is stated, for messages.

    Raises:
        ArgumentError: It is none, has an unknown condition, or a value that its kind doesn't take.
    """
    if not isinstance(stated, Mapping) or not stated:
        raise ArgumentError(
            f"{place} is {shortened(stated)}. Give conditions that all must hold, such as {{'sample': '2%'}}. "
            f"{known(KINDS)}"
        )
    return _joined([_part(kind, value, place) for kind, value in stated.items()])


def _part(name: Any, value: Any, place: str) -> Part:
    if name not in KINDS:
        raise ArgumentError(f"{place}: unknown condition {name!r}.{nearest(str(name), KINDS)} {known(KINDS)}")
    kind = KINDS[name]
    try:
        part = kind.read(value)
    except (ArgumentError, FilterError) as error:
        raise ArgumentError(f"{place}: {name}: {error}") from None
    if part is None:
        raise ArgumentError(f"{place}: {name} is {shortened(value)}; it takes {kind.values}.")
    return part


def _joined(parts: Sequence[Part]) -> Rule:
    """Return conditions as one rule; of each kind there is one at most."""
    filters, projects, share, difference = [], None, 1.0, None
    for part in parts:
        if part.filter is not None:
            filters.append(part.filter)
        projects = part.projects or projects
        share = part.share or share
        difference = part.difference or difference
    reason = "; ".join(part.words for part in parts)
    return Rule(reason, tuple(filters), projects, share, difference)
