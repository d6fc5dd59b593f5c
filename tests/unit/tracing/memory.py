"""A sink that keeps its lines, and what the tests ask of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from pytest_llmobs import defaults
from pytest_llmobs.records.feedback import Feedback
from pytest_llmobs.records.runs import Run
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from pytest_llmobs.tracing.redaction.redactors import Redactor
from pytest_llmobs.tracing.run_line import read_line
from pytest_llmobs.tracing.tracer import Tracer


class MemorySink:
    """Keeps every line in memory."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def append(self, line: bytes) -> None:
        self.lines.append(line)

    @property
    def runs(self) -> list[Run]:
        """The runs in the order they ended."""
        return [read_line(line) for line in self.lines if not line.startswith(b'{"patch"')]

    @property
    def headers(self) -> list[dict[str, Any]]:
        return [json.loads(line.split(b"\t")[0]) for line in self.lines]

    def run(self, name: str) -> Run:
        """The only run called ``name``."""
        (found,) = [run for run in self.runs if run.name == name]
        return found

    def names(self) -> list[str]:
        return [run.name for run in self.runs]

    def parent_of(self, name: str) -> str | None:
        """The name of the parent of the only run called ``name``, or None for a root."""
        parent_id = self.run(name).parent_id
        return next((run.name for run in self.runs if run.id == parent_id), None)


class MemoryHost:
    """A running app whose runs stay in memory."""

    def __init__(self, *redactors: Callable[[str], str]) -> None:
        self.tracers: list[Tracer] = []
        self.kept: list[str] = []
        """Names of the files that were to be kept."""
        self._redactors = redactors

    @property
    def sink(self) -> MemorySink:
        """The sink of the only tracer."""
        (only,) = self.tracers
        assert isinstance(only.sink, MemorySink)
        return only.sink

    def redactors(self) -> Sequence[Redactor | Callable[[str], str]]:
        return [*self._redactors, *defaults.pytest_llmobs_redact()]

    def open_sink(self) -> MemorySink:
        return MemorySink()

    def starting(self, tracer: Tracer) -> None:
        self.tracers.append(tracer)

    def flush(self) -> None:
        """What is in memory needs no sealing."""

    def keep_feedback(self, redaction: Redaction, key: str, **said: Any) -> Feedback:
        """Return it, kept nowhere."""
        at = datetime.fromtimestamp(0, UTC)
        return Feedback(id="", key=key, created_at=at, modified_at=at, run_id=said["run_id"])

    def keep_media(self, name: str, data: bytes) -> str | None:
        """Remember the name."""
        self.kept.append(name)
        return name
