"""Who gets which arm: a pure function of salt, weights and the user's key."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

AB_KEY = "ab."
"""Begins the keys of the metadata that tell of a split: ``ab.NAME``, ``ab.NAME.unit``, ``ab.NAME.weights``."""
UNIT, WEIGHTS = ".unit", ".weights"
"""How the second and the third of them end."""
_BITS = 52
"""Of a hash that become a number between 0 and 1; with its half a step more a double holds it exactly."""
_COMPACT = json.JSONEncoder(separators=(",", ":"), sort_keys=True)
"""Without spaces: several values of an entry are told apart by a comma and a space."""


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
            noted + UNIT: _digest(self.salt, key).hex(),
            noted + WEIGHTS: _COMPACT.encode(dict(self.weights)),
        }


def _digest(*parts: str) -> bytes:
    # part by part, which is faster than to encode the list
    text = ", ".join(map(json.dumps, parts))
    return blake2b(f"[{text}]".encode("ascii"), digest_size=8).digest()
