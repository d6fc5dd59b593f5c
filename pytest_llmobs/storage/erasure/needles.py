"""What is searched for."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_llmobs.storage.erasure.found import Found


@dataclass(frozen=True)
class Needles:
    """What is searched for."""

    texts: frozenset[str] = frozenset()
    """Ids. Each counts where it stands by itself: ``u-1`` isn't found in ``u-10``."""
    payload_hashes: frozenset[bytes] = frozenset()
    """Of payloads, and of texts in them (see ``Found.payload_hashes``)."""
    trace_ids: frozenset[str] = frozenset()
    """Traces whose remaining runs are searched for texts inside their payloads, too."""

    @classmethod
    def of(cls, user: str, found: Found) -> Needles:
        """Return what proves that nothing of a user was left.

        Args:
            user: The user's id.
            found: What was erased.
        """
        return cls(frozenset([user]), found.payload_hashes, found.trace_ids)
