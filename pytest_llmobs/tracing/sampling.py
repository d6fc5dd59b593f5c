"""Sampling: which traces are kept. The choice is a pure function of the trace's id, so every process agrees.

Rules keep a trace that the dice would have dropped: one with an error, a tag, or a metadata value. Its runs are held
in memory until its root ends; kept or dropped, a trace is so as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from pytest_llmobs.errors import SettingsError

if TYPE_CHECKING:
    from pytest_llmobs.tracing.run_tree import RunTree

MAX_HELD = 16 << 20
"""Bytes of one trace that are held; a bigger one is kept rather than lost."""
Rule = Callable[["RunTree"], bool]


def is_sampled(trace_id: str, rate: float) -> bool:
    """Return True for a share ``rate`` of all traces.

    Args:
        trace_id: A UUID; its last 48 bits are random.
        rate: 0 to 1.
    """
    return int(trace_id[-12:], 16) < rate * (1 << 48)


def checked_rate(rate: float, where: str = "sample_rate") -> float:
    """Return ``rate``.

    Raises:
        SettingsError: It isn't between 0 and 1.
    """
    if not 0.0 <= rate <= 1.0:
        raise SettingsError(
            f"{where} is {rate!r}; it must be between 0 and 1: the share of traces that is kept."
        )
    return rate


def read_rules(texts: Iterable[str]) -> tuple[Rule, ...]:
    """Return the rules that keep a trace whatever the rate.

    Args:
        texts: ``errors``, ``tag:vip``, ``metadata:tier=gold``, or ``metadata:tier`` for any value.

    Raises:
        SettingsError: A text is none of these.
    """
    return tuple(_rule(text) for text in texts)


def _rule(text: str) -> Rule:
    kind, _, wanted = text.partition(":")
    if text == "errors":
        return lambda run: run.error is not None
    if kind == "tag" and wanted:
        return lambda run: wanted in run.tags
    if kind == "metadata" and wanted:
        key, equals, value = wanted.partition("=")
        return lambda run: key in (run.own_metadata or ()) and (not equals or str(run.metadata[key]) == value)
    raise SettingsError(
        f"Unknown rule {text!r} for what to keep. Known: errors, tag:NAME, metadata:KEY=VALUE."
    )


class Held:
    """The lines of a trace whose fate is open."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        """Hold lines until a rule speaks or the root ends."""
        self._rules = rules
        self._lines: list[bytes] = []
        self._size = 0
        self._over = False

    def take(self, run: RunTree, line: bytes, write: Callable[[bytes], None]) -> bool:
        """Take in one finished run; return True once the trace is kept, when its lines have been written.

        Args:
            run: The run.
            line: Its spool line.
            write: Writes a line.
        """
        if self._over:
            return False
        self._lines.append(line)
        self._size += len(line)
        if self._size > MAX_HELD or any(rule(run) for rule in self._rules):
            for held in self._lines:
                write(held)
            self._lines.clear()
            return True
        if run.root is run:
            self._over = True
            self._lines.clear()
        return False
