"""What an erasure has set out to take, written down before it takes anything: killed, another one finishes it.

The rows that told whose runs they were may be gone first, and what hangs on them would never be found again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from pytest_llmobs.files import parse_json
from pytest_llmobs.storage.erasure.found import Found

_HASHES = "payload_hashes"


@dataclass(frozen=True)
class Plan:
    """What an erasure takes: ids and hashes alone, nothing of what anybody said."""

    run_ids: frozenset[str] = frozenset()
    media: frozenset[str] = frozenset()
    trace_ids: frozenset[str] = frozenset()
    payload_hashes: frozenset[bytes] = frozenset()

    @classmethod
    def of(cls, found: Found) -> Plan:
        """Return the plan to take what was found."""
        return cls(found.run_ids, found.media, found.trace_ids, found.payload_hashes)

    @classmethod
    def read(cls, text: bytes) -> Plan | None:
        """Return what was written down; None where its writer was killed in the middle, and has taken nothing."""
        try:
            document = parse_json(text)
            return cls(
                _names(document["run_ids"]),
                _names(document["media"]),
                _names(document["trace_ids"]),
                frozenset(map(bytes.fromhex, document[_HASHES])),
            )
        except (ValueError, TypeError, KeyError):
            return None

    def written(self, **about: Any) -> bytes:
        """Return it as JSON.

        Args:
            **about: Who wrote it, and when.
        """
        document: dict[str, Any] = dict(about)
        for field in fields(self):
            values = getattr(self, field.name)
            if field.name == _HASHES:
                values = map(bytes.hex, values)
            document[field.name] = sorted(values)
        return json.dumps(document).encode()

    def joined(self, other: Plan) -> Plan:
        """Return the plan to take what either takes."""
        return Plan(
            self.run_ids | other.run_ids,
            self.media | other.media,
            self.trace_ids | other.trace_ids,
            self.payload_hashes | other.payload_hashes,
        )


def writer_of(text: bytes) -> Mapping[str, Any]:
    """Return what a plan says about who wrote it; empty where it can't be read."""
    try:
        document = parse_json(text)
    except ValueError:
        return {}
    if not isinstance(document, dict):
        return {}
    return document


def _names(values: Any) -> frozenset[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError("no list of names")
    return frozenset(values)
