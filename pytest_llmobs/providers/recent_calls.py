"""Which model calls were logged lately, so that another instrumentation's account of one is known for what it is.

A framework may tell of a call that a provider logs, without a word of where it happened. What gives it away are the ids
and texts of the reply, or the error, together with the model and the time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from pytest_llmobs.tracing import active, capture
from pytest_llmobs.tracing.run_tree import RunTree

_TELLING = frozenset({"id", "text", "content"})
"""Keys of a reply whose strings tell it from others."""
_LONG = 500
"""Characters of a string that are kept."""


class _RecentCall(NamedTuple):
    started: int
    """Microseconds since the epoch."""
    model: str
    marks: frozenset[str]
    """Ids and texts of its reply, as JSON, and its error."""


class RecentCalls:
    """The model calls that were logged last, as far as is needed to know them again."""

    def __init__(self) -> None:
        """Start with none."""
        self._latest: deque[_RecentCall] = deque(maxlen=512)

    def remember(self, run: RunTree, outputs: Any) -> None:
        """Remember a call that was logged. Does nothing where no other tracer is listened to.

        Args:
            run: Its run.
            outputs: The reply, or None.
        """
        if active.foreign is None or not active.foreign.is_listening:
            return
        marks = set(map(_mark, _telling_texts(outputs)))
        if run.error:
            marks.add(run.error.rpartition("\n")[2])
        model = run.columns.get("model") or ""
        self._latest.append(_RecentCall(run.started, model, frozenset(marks - {""})))

    def include(self, run: RunTree) -> bool:
        """Return True where ``run``, another instrumentation's account about to be written, is of such a call."""
        text = f"{capture.encode(run.own_columns).decode()}{(run.outputs_json or b'').decode()}{run.error}"
        ended = run.finished or 0
        for call in list(self._latest):  # copied: another thread may append
            if run.started <= call.started <= ended and _tells_of(text, call):
                return True
        return False


def _tells_of(text: str, call: _RecentCall) -> bool:
    return call.model in text and any(mark in text for mark in call.marks)


def _mark(text: str) -> str:
    """Return ``text`` as JSON, whole with its quotes, or its beginning where it is long."""
    encoded = capture.encode(text[:_LONG]).decode()
    if len(text) <= _LONG:
        return encoded
    return encoded[:-1]


def _telling_texts(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, str):
        if key in _TELLING and value:
            yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _telling_texts(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _telling_texts(item)
