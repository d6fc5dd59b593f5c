"""A folder of recordings, and the real SDKs that record into it and are replayed from it."""

from __future__ import annotations

import inspect
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import anthropic
import pytest

from pytest_llmobs.providers.imports import instrument_on_import, uninstrument
from pytest_llmobs.replay.folder import CassetteFolder
from pytest_llmobs.replay.recorder import Mode, Recorder
from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from pytest_llmobs.tracing.tracer import Tracer
from tests.anthropic_server import Server
from tests.unit.providers.calls import registered
from tests.unit.tracing.memory import MemorySink


class NetworkTouchedError(BaseException):
    """Something opened a connection, or asked for an address. No ``Exception``: no SDK can take it for a failure."""


class Tape:
    """The recordings of one test."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.redaction = Redaction()
        self.sink = MemorySink()
        """What the last session traced."""

    @contextmanager
    def session(self, mode: Mode | None, *, record_errors: bool = False) -> Iterator[MemorySink]:
        """Trace, with these recordings in use; ``None`` is a session without any."""
        self.sink = MemorySink()
        tracer = Tracer(project="unit", sink=self.sink)
        if mode is not None:
            tracer.recordings = Recorder(
                CassetteFolder(self.root), mode, self.redaction, record_errors=record_errors
            )
        install(tracer)
        instrument_on_import(registered())
        try:
            yield self.sink
        finally:
            uninstrument()
            uninstall()

    @contextmanager
    def recording(self, *, record_errors: bool = False) -> Iterator[MemorySink]:
        """Send and record what isn't recorded yet."""
        with self.session("reuse", record_errors=record_errors) as sink:
            yield sink

    @contextmanager
    def replaying(self) -> Iterator[MemorySink]:
        """Replay; whoever touches the network fails the test."""
        with self.session("only") as sink, pytest.MonkeyPatch.context() as patch:
            forbid_network(patch)
            yield sink

    @property
    def files(self) -> list[Path]:
        """The cassettes."""
        return sorted(path for path in self.root.rglob("*.json") if len(path.parent.name) == 2)


def forbid_network(patch: pytest.MonkeyPatch) -> None:
    """Let every connection and every look-up of an address end the test."""

    def refuse(*args: Any, **_: Any) -> Any:
        raise NetworkTouchedError(f"the network was touched: {args!r}")

    patch.setattr(socket.socket, "connect", refuse)
    patch.setattr(socket.socket, "connect_ex", refuse)
    patch.setattr(socket, "create_connection", refuse)
    patch.setattr(socket, "getaddrinfo", refuse)


def http_library() -> Any:
    """Return the library that the installed anthropic sends with: httpx, or its successor."""
    base: Any = anthropic._base_client
    return getattr(base, "httpx2", None) or base.httpx


def check_surface(tape: Tape, serving: AbstractContextManager[Server], call: Callable[[str], Any]) -> None:
    """Check that a call gets the same from recordings, without a server, and is traced as what it is.

    Args:
        tape: Where it is recorded.
        serving: The server that answers the first time.
        call: Takes the server's address.
    """
    with serving as server, tape.recording() as recorded:
        expected = call(server.url)
    with tape.replaying() as replayed:
        assert call(server.url) == expected
    assert len(tape.files) == len(server.requests)
    check_replayed(replayed, recorded)


def check_replayed(replayed: MemorySink, recorded: MemorySink) -> None:
    """Check that what was replayed is traced as what was recorded, and says that it cost nothing and took no time."""
    assert sorted(run.name for run in replayed.runs) == sorted(run.name for run in recorded.runs)
    assert sorted(str(run.recording) for run in replayed.runs) == sorted(
        str(run.recording) for run in recorded.runs
    )
    for run in replayed.runs:
        assert (run.replayed, run.recording is not None) == (True, True)
        assert run.usage.total_cost in (0.0, None)
        assert (run.latency, run.time_to_first_token, run.retries) == (None, None, 0)
    assert not any(run.replayed for run in recorded.runs)


needs_middleware = pytest.mark.skipif(
    "middleware" not in inspect.signature(anthropic.Anthropic).parameters, reason="an SDK without middleware"
)
