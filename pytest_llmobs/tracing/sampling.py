"""Sampling: which traces are kept. The choice is a pure function of the trace's id, so every process agrees.

Rules keep a trace that the dice would have dropped: one with an error, a tag, or a metadata value. Its runs are held
in memory until its root ends; kept or dropped, a trace is so as a whole. In an experiment that is about what is stored
alone: a trial's runs are collected, scored and counted all the same, and one that didn't pass is always kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from pytest_llmobs.errors import SettingsError

MAX_HELD = 16 << 20
"""Bytes of one trace that are held; a bigger one is kept rather than lost."""


class Sampled(Protocol):
    """What sampling looks at in a run."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def ended(self) -> bool:
        """True once it is over."""

    @property
    def error(self) -> str | None:
        """Its traceback, or None."""

    @property
    def tags(self) -> Sequence[str]:
        """Its tags."""

    @property
    def all_metadata(self) -> Mapping[str, Any]:
        """Its metadata, with the prompts that it used."""

    @property
    def own_columns(self) -> Mapping[str, Any] | None:
        """Further columns of its record, or None."""


KeepRule = Callable[[Sampled], bool]


def is_sampled(trace_id: str, rate: float) -> bool:
    """Return True for a share ``rate`` of all traces.

    Args:
        trace_id: A UUID; its last 48 bits are random.
        rate: 0 to 1.
    """
    return int(trace_id[-12:], 16) < rate * (1 << 48)


def checked_rate(rate: float) -> float:
    """Return ``rate``.

    Raises:
        SettingsError: It isn't between 0 and 1.
    """
    if not 0.0 <= rate <= 1.0:
        raise SettingsError(
            f"sample_rate is {rate!r}; it must be between 0 and 1: the share of traces that is kept."
        )
    return rate


def read_rules(texts: Iterable[str], where: str) -> tuple[KeepRule, ...]:
    """Return the rules that keep a trace whatever the rate.

    Args:
        texts: ``errors``, ``tag:vip``, ``metadata:tier=gold``, or ``metadata:tier`` for any value.
        where: The setting they come from, for messages.

    Raises:
        SettingsError: A text is none of these.
    """
    return tuple(_rule(text, where) for text in texts)


def _rule(text: str, where: str) -> KeepRule:
    kind, _, wanted = text.partition(":")
    if text == "errors":
        return lambda run: run.error is not None
    if kind == "tag" and wanted:
        return lambda run: wanted in run.tags
    if kind == "metadata" and wanted:
        return _metadata_rule(wanted)
    raise SettingsError(f"Unknown rule {text!r} in {where}. Known: errors, tag:NAME, metadata:KEY=VALUE.")


def _metadata_rule(wanted: str) -> KeepRule:
    key, equals, value = wanted.partition("=")

    def keeps(run: Sampled) -> bool:
        metadata = run.all_metadata
        if key not in metadata:
            return False
        return not equals or _text(metadata[key]) == value

    return keeps


def _text(value: Any) -> str | None:
    """Return a value as text, without asking a stranger's ``__str__``."""
    if issubclass(type(value), str):
        return str.__str__(value)
    if type(value) in (int, float, bool, type(None)):
        return str(value)
    return None


class HeldLines:
    """The lines of a trace whose fate is open, and of those that judge it; once it is clear, they share it."""

    def __init__(self, rules: tuple[KeepRule, ...], root: Sampled) -> None:
        """Hold lines until a rule speaks, or ``root`` ends; that of a trial, until its test says how it went."""
        self._rules = rules
        self._root_id = root.id
        self._lines: deque[bytes] = deque()
        self._size = 0
        self.kept: bool | None = None
        """None while it is open."""

    def take(self, run: Sampled, line: bytes, write: Callable[[bytes], None]) -> None:
        """Take in one finished run, or what was changed of it; write it, hold it, or let it go.

        Args:
            run: The run.
            line: Its spool line.
            write: Writes a line.
        """
        # Without a lock, which a fork might leave locked: whatever a thread adds late it takes out again itself.
        self._lines.append(line)
        self._size += len(line)
        if self.kept is None and (decided := self._decide(run)) is not None:
            self.kept = decided
        if self.kept is None:
            return
        while self._lines:
            try:
                held = self._lines.popleft()
            except IndexError:  # another thread was faster
                return
            if self.kept:
                write(held)

    def _decide(self, run: Sampled) -> bool | None:
        if self._size > MAX_HELD or any(rule(run) for rule in self._rules):
            return True
        if run.id == self._root_id and run.ended and not _awaits_test(run):
            return _failed_its_test(run)
        return None


def _awaits_test(run: Sampled) -> bool:
    """Return True for a trial whose test hasn't said yet how it went: what failed is kept."""
    columns = run.own_columns or {}
    return "suite" in columns and "trial_status" not in columns


def _failed_its_test(run: Sampled) -> bool:
    return bool((run.own_columns or {}).get("trial_status", "passed") != "passed")
