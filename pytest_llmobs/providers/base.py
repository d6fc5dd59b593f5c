"""Providers, and the one engine behind them: it logs a model call whatever the SDK, sync or async, streamed or not.

A provider says what to wrap and how to read a request and a reply. The engine starts the run, times it, ends it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from pytest_llmobs.records.runs import RunStatus, RunType
from pytest_llmobs.tracing import capture
from pytest_llmobs.tracing.place import find_place
from pytest_llmobs.tracing.run_tree import RunTree


@dataclass(frozen=True, kw_only=True)
class Request:
    """A model call that is about to be made."""

    name: str
    """The run's name (``anthropic.messages``)."""
    inputs: Mapping[str, Any]
    """The request's body; it is captured at once."""
    run_type: RunType = "llm"
    provider: str
    operation: str = "chat"
    """OpenTelemetry's ``gen_ai.operation.name``."""
    model: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    """Request parameters other than texts and tools."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came of a model call."""

    outputs: Any = None
    columns: Mapping[str, Any] = field(default_factory=dict)
    """Columns of the run's record: usage, cost, ``stop_reason``, ``request_id``, ``retries``."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    error: str | BaseException | None = None
    status: RunStatus | None = None


class Exchange:
    """One model call that is going on. Ends once, however often it is told to."""

    def __init__(self, run: RunTree) -> None:
        """Follow the call that ``run`` logs."""
        self.run = run
        self._began = time.perf_counter()
        self._first: float | None = None

    def heard(self) -> None:
        """Note that the first chunk of a streamed reply has arrived."""
        if self._first is None:
            self._first = time.perf_counter() - self._began

    def stop(self) -> None:
        """Take the end time: what follows is our own work."""
        self.run.stop()

    def end(self, reply: Reply) -> None:
        """Write the run."""
        run = self.run
        if run.written:
            return
        run.stop()
        run.columns.update(reply.columns)
        if self._first is not None:
            run.columns["time_to_first_token"] = round(self._first, 6)
        if reply.metadata:
            run.metadata.update(reply.metadata)
        if run.status is None:
            run.status = reply.status
        outputs = (
            None if reply.outputs is None else capture.encode_outputs(reply.outputs, run.tracer.max_payload)
        )
        run.finish(outputs, reply.error)


class Engine:
    """What a provider is handed: starts exchanges, and remembers what was patched."""

    def __init__(self) -> None:
        """Start with nothing patched."""
        self._patched: list[tuple[Any, str, Any]] = []

    def patch(self, owner: Any, attribute: str, wrap: Callable[[Any], Any]) -> None:
        """Replace ``owner.attribute`` by ``wrap`` of it, until ``undo``.

        Args:
            owner: A class or module.
            attribute: Its own attribute.
            wrap: Takes the original, returns the replacement.
        """
        original = vars(owner)[attribute]
        setattr(owner, attribute, wrap(original))
        self._patched.append((owner, attribute, original))

    def undo(self) -> None:
        """Put back every original."""
        while self._patched:
            setattr(*self._patched.pop())

    def begin(self, describe: Callable[[], Request]) -> Exchange | None:
        """Start the run of a model call, or return None where tracing is off here.

        Args:
            describe: Reads the request; called only where the call is traced.
        """
        place = find_place()
        if place is None:
            return None
        request = describe()
        inputs_json = capture.encode_mapping(request.inputs, place.tracer.max_payload)
        run = place.start(request.name, request.run_type, inputs_json=inputs_json)
        columns = {"provider": request.provider, "operation": request.operation, "model": request.model}
        run.columns.update({key: value for key, value in columns.items() if value is not None})
        if request.params:
            run.columns["params"] = dict(request.params)
        return Exchange(run)


class Provider:
    """A model provider's SDK. Subclass it, name the module, and wrap what makes the calls."""

    name: str
    """The provider's name, a column of its runs."""
    module: str
    """Instrumented right after this module was imported by the user's own code; we never import it."""

    def instrument(self, module: ModuleType, engine: Engine) -> None:
        """Wrap what makes the calls, with ``engine.patch``, so that each starts and ends an ``Exchange``.

        Args:
            module: The imported module.
            engine: Starts exchanges and undoes patches.
        """
        raise NotImplementedError
