"""The secrets that this process was given in its environment: whatever they look like, they are known."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from time import monotonic

from pytest_llmobs.tracing.redaction.finding import values
from pytest_llmobs.tracing.redaction.finding.names import Strength, strength
from pytest_llmobs.tracing.redaction.finding.spans import Span

_LEAST = 8
_FRESH = 0.25
"""Seconds for which what was read holds; a variable more or less is noticed at once."""
_PASSWORD = re.compile(r"://[^/\s:@]*:(?P<value>[^\s]+)@")
_PLAIN = re.compile(r"[A-Za-z0-9_.-]+")


class EnvironmentSecrets:
    """Values of variables whose names say that they are secret, and the passwords of links in any variable."""

    def __init__(
        self, environ: Mapping[str, str] | None = None, clock: Callable[[], float] = monotonic
    ) -> None:
        """Read nothing yet.

        Args:
            environ: The variables; the process's own by default.
            clock: Seconds that only grow.
        """
        self._environ: Mapping[str, str] = os.environ if environ is None else environ
        self._clock = clock
        self._count, self._until = -1, 0.0
        self._values: dict[str, str] = {}
        self._parts: list[bytes] = []

    def find(self, text: str) -> Iterator[Span]:
        """Yield where a known value stands in ``text``."""
        self._refresh()
        for value, name in self._values.items():
            at = text.find(value)
            while at >= 0:
                yield Span(at, at + len(value), f"value of {name}")
                at = text.find(value, at + len(value))

    def suspects(self, payload: bytes) -> bool:
        """Return True where a payload may hold one of the values, however it is encoded there."""
        if len(self._environ) != self._count or self._clock() > self._until:
            self._refresh()
        for part in self._parts:
            if part in payload:
                return True
        return False

    def _refresh(self) -> None:
        if len(self._environ) == self._count and self._clock() <= self._until:
            return
        count, until = len(self._environ), self._clock() + _FRESH
        known: dict[str, str] = {}
        for name in list(self._environ):
            value = self._environ.get(name, "")  # another thread may have removed it meanwhile
            for secret in _secrets(name, value):
                known.setdefault(secret, name)
        if known != self._values:
            self._values = known
            self._parts = [max(_PLAIN.findall(value), key=len).encode() for value in known]
        self._count, self._until = count, until  # last: whoever sees it looks no further


def _secrets(name: str, value: str) -> Iterator[str]:
    password = _PASSWORD.search(value)
    if password is not None and _is_unmistakable(password["value"]):
        yield password["value"]
    if strength(name) in (Strength.SECRET, Strength.TOKEN, Strength.KEY) and _is_unmistakable(value):
        yield value


def _is_unmistakable(value: str) -> bool:
    """Return True for a value that no ordinary text holds by chance."""
    if len(value) < _LEAST or value.isdigit() or (value.isalpha() and len(value) < 2 * _LEAST):
        return False
    if values.is_placeholder(value) or values.is_path(value) or values.is_prose(value):
        return False
    runs = _PLAIN.findall(value)
    return bool(runs) and len(max(runs, key=len)) >= 4
