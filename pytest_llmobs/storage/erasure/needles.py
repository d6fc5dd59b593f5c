"""What is searched for, in every form in which a file may hold it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

from pytest_llmobs.storage.erasure.found import Found
from pytest_llmobs.storage.erasure.payloads import size_of

ESCAPE = b"\\u"
_ESCAPED = re.compile(rb"(?:\\+u[0-9a-fA-F]{4})+")
_CODE = re.compile(rb"u([0-9a-fA-F]{4})")
_LETTERS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") | frozenset(
    range(128, 256)
)
_SHORT_ESCAPES = frozenset(b"nrtbf")
_BEGINNING = 4
"""Bytes by which forms are looked for together: ids of one week begin alike."""
_TELLING = 6
"""Letters that an id needs to tell anything in a footer."""
_PERCENT = re.compile(rb"%[0-9a-fA-F]{2}")


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

    @cached_property
    def forms(self) -> tuple[bytes, ...]:
        """The bytes that the texts may stand for, the longest first: plain, as JSON in JSON, in a URL, in HTML."""
        forms: set[bytes] = set()
        for text in filter(None, self.texts):
            forms |= set(_forms(text))
        return tuple(sorted(forms, key=lambda form: (-len(form), form)))

    @cached_property
    def telling(self) -> Needles:
        """The texts that don't stand by chance among versions, counts and bytes of numbers."""
        return Needles(frozenset(text for text in self.texts if len(text) >= _TELLING))

    @cached_property
    def longest(self) -> int:
        """Bytes of the longest form, every letter of it escaped."""
        return max(map(len, self.forms), default=0) * 6

    @cached_property
    def sizes(self) -> frozenset[int]:
        """Bytes of the payloads: others need not be hashed."""
        return frozenset(map(size_of, self.payload_hashes))

    @cached_property
    def _by_beginning(self) -> dict[bytes, tuple[list[int], frozenset[bytes]]]:
        """The forms by their first letters, with their sizes: ids that time has made alike are looked for at once."""
        alike: dict[bytes, set[bytes]] = {}
        for form in self.forms:
            alike.setdefault(form[:_BEGINNING], set()).add(form)
        groups: dict[bytes, tuple[list[int], frozenset[bytes]]] = {}
        for beginning, forms in alike.items():
            groups[beginning] = sorted(set(map(len, forms)), reverse=True), frozenset(forms)
        return groups

    def places(self, content: bytes, first: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
        """Yield where a form begins and ends in some bytes, whether or not it stands by itself; in no order.

        Args:
            content: The bytes.
            first: No form that begins earlier counts.
            end: No form that begins there, or later, counts.
        """
        for beginning, (sizes, forms) in self._by_beginning.items():
            start = content.find(beginning, first)
            while start >= 0 and (end is None or start < end):
                for size in sizes:
                    if content[start : start + size] in forms:
                        yield start, start + size
                start = content.find(beginning, start + 1)

    def count(self, content: bytes, first: int = 0, end: int | None = None) -> int:
        """Return how often a form stands by itself in some bytes (see ``places``), escapes undone."""
        hits = {
            start for start, stop in self.places(content, first, end) if stands_alone(content, start, stop)
        }
        if ESCAPE not in content:
            return len(hits)
        # With what surrounds the window: an escaped id may reach beyond its end, and rather counts twice than never.
        plain = unescaped(content)
        return max(len(hits), sum(stands_alone(plain, *place) for place in self.places(plain)))


def stands_alone(content: bytes, start: int, end: int) -> bool:
    """Tell whether what lies from ``start`` to ``end`` is no part of a longer word."""
    if content[start] in _LETTERS and start > 0 and content[start - 1] in _LETTERS:
        before = content[max(start - 3, 0) : start]
        # The letter before it may belong to an escape: a line's end in JSON, or a byte in a URL.
        is_escape = before[-2:-1] == b"\\" and before[-1] in _SHORT_ESCAPES
        if not is_escape and not _PERCENT.fullmatch(before):
            return False
    return not (content[end - 1] in _LETTERS and end < len(content) and content[end] in _LETTERS)


def unescaped(content: bytes) -> bytes:
    """Return some bytes with JSON's escapes of four digits as the characters that they stand for."""
    return _ESCAPED.sub(_character, content)


def _character(match: re.Match[bytes]) -> bytes:
    units = b"".join(bytes.fromhex(code.decode()) for code in _CODE.findall(match[0]))
    return units.decode("utf-16-be", "surrogatepass").encode("utf-8", "replace")


def _forms(text: str) -> Iterator[bytes]:
    json_text = json.dumps(text, ensure_ascii=False)[1:-1]
    written = [
        text,
        json_text,
        json.dumps(json_text, ensure_ascii=False)[1:-1],
        json_text.replace("/", "\\/"),
    ]
    written += [quote(text, safe=""), quote(text), html.escape(text), html.escape(text, quote=False)]
    for form in written:
        yield form.encode("utf-8", "surrogatepass")
