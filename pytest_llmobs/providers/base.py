"""Providers, and the one engine behind them: it logs a model call whatever the SDK, sync or async, streamed
or not.

A provider says what to wrap and how to read a request and a reply. The engine starts the run, times it, ends
it.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any

from pytest_llmobs.clocks import real
from pytest_llmobs.providers import bodies
from pytest_llmobs.providers.calls import Reply, Request, cost_nothing, mark_replayed, without_nones
from pytest_llmobs.providers.media import without_bytes
from pytest_llmobs.providers.recent_calls import RecentCalls
from pytest_llmobs.records.runs import NO_USAGE, PAID
from pytest_llmobs.tracing import active, capture
from pytest_llmobs.tracing.calls.prompt_texts import note_prompts
from pytest_llmobs.tracing.context import current
from pytest_llmobs.tracing.model_calls.recordings import Recordings
from pytest_llmobs.tracing.open_run import OpenRun
from pytest_llmobs.tracing.parent import Parent, find_parent, innermost_run
from pytest_llmobs.tracing.run_tree import RunTree
from pytest_llmobs.tracing.tracer import Tracer

__all__ = ["Engine", "Exchange", "Provider", "Reply", "Request"]


class Exchange:
    """One model call that is going on. Ends once, however often it is told to."""

    def __init__(self, run: RunTree, recent_calls: RecentCalls) -> None:
        """Follow the call that ``run`` logs, and remember it once it is logged."""
        self.run = run
        self._recent_calls = recent_calls
        self._began = real.seconds()
        self._first_chunk: float | None = None
        """Seconds until it came."""
        self._body: weakref.ref[bodies.Body] | None = None

    def follow(self, response: Any, read: Callable[[bytes, str, BaseException | None], Reply]) -> None:
        """End once the user has read the body of ``response``, or stopped reading it.

        Args:
            response: An httpx-like response whose body isn't read yet.
            read: Turns the bytes read, how reading ended and what it raised into the reply.
        """
        body = bodies.follow(response, self._heard, lambda *ending: self.end_with(lambda: read(*ending)))
        # Weak: a stream that the user drops is closed at once by its reference count, as without us.
        self._body = weakref.ref(body)
        self.run.root.unfinished.add(self)

    def end_with(self, read: Callable[[], Reply]) -> None:
        """Write the run with what ``read`` returns; a failure to read a reply never reaches the user's call."""
        self.run.stop()
        try:
            reply = read()
        except Exception as error:
            reply = Reply(metadata={"not_captured": f"{type(error).__qualname__} while reading the reply"})
        self.end(reply)

    def mark_replayed(self, recording: str) -> None:
        """Note that the reply comes from a recording: the call costs nothing, and its time says nothing.

        Args:
            recording: Its digest.
        """
        mark_replayed(self.run, recording)

    def mark_recorded(self, recording: str) -> None:
        """Note in which recording the reply was kept; an empty text where it was in none."""
        if recording:
            self.run.columns["recording"] = recording

    def abandon(self) -> None:
        """Write the run of a stream that nobody reads any more, with what was read of it."""
        if self._body is not None:
            body = self._body()
            if body is not None:
                body.end("closed")
        metadata = {}
        if self.run.run_type in PAID:
            metadata[NO_USAGE] = "nobody read the reply"
        self.end(Reply(status="abandoned", metadata=metadata))

    def end(self, reply: Reply) -> None:
        """Write the run."""
        run = self.run
        run.root.unfinished.discard(self)
        if run.written:
            return
        run.stop()
        run.columns.update(reply.known_columns)
        if reply.run_type is not None:
            run.run_type = reply.run_type
        replayed = run.columns.get("replayed", False)
        if replayed:
            cost_nothing(run.columns)
            run.columns["retries"] = 0
        if self._first_chunk is not None and reply.streamed and not replayed:
            run.columns["time_to_first_token"] = round(self._first_chunk, 6)
        if reply.metadata:
            run.metadata.update(reply.metadata)
        if run.status is None:
            run.status = reply.status
        if run.run_type in PAID and run.tracer.recordings is not None:
            run.tracer.recordings.ended(run)
        run.finish(self._encoded(reply.outputs), reply.error)
        self._recent_calls.remember(run, reply.outputs)

    def _encoded(self, outputs: Any) -> bytes | None:
        if outputs is None:
            return None
        return self.run.captured(without_bytes(outputs, self.run.tracer.keep_media), capture.encode_outputs)

    def _heard(self) -> None:
        if self._first_chunk is None:
            self._first_chunk = real.seconds() - self._began


class Engine:
    """What a provider is handed: starts exchanges, and remembers what was patched."""

    def __init__(self) -> None:
        """Start with nothing patched."""
        self.recent_calls = RecentCalls()
        self._patched: list[tuple[Any, str, Any]] = []
        self._patched_once: set[tuple[Any, str]] = set()
        self._lock = threading.Lock()

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

    def patch_once(self, owner: Any, attribute: str, wrap: Callable[[Any], Any]) -> None:
        """Replace it as ``patch`` does, unless that was done, by another thread perhaps."""
        if (owner, attribute) in self._patched_once:
            return
        with self._lock:
            if (owner, attribute) not in self._patched_once:
                self.patch(owner, attribute, wrap)
                self._patched_once.add((owner, attribute))

    def undo(self) -> None:
        """Put back every original."""
        self._patched_once.clear()
        while self._patched:
            setattr(*self._patched.pop())

    def place(self) -> Parent | None:
        """Return where a call that is made now belongs, or None where it isn't logged."""
        return find_parent()

    def recordings(self, place: Parent | None) -> tuple[Recordings | None, OpenRun | None]:
        """Return the recorded replies that are in use for a call, also where it isn't logged, and the trace's root.

        A provider whose SDK wasn't generated by Stainless asks here before it sends anything::

            recordings, root = engine.recordings(place)
            if recordings is None:   # llm_cassettes is off
                return ask(client, prompt)
            # whatever decides about the answer; a miss under ``only`` is raised here, as a CassetteError
            sent = SentRequest(provider="acme", operation="ask", method="POST", url="acme://ask",
                               headers={"content-type": "application/json"}, content=json.dumps(prompt).encode())
            turn = recordings.take(sent, root)
            if turn.reply is not None:
                exchange.mark_replayed(turn.reply.recording)
                return json.loads(b"".join(turn.reply.chunks))
            answer = ask(client, prompt)
            received = ReceivedReply(status=200, headers={"content-type": "application/json"},
                                     content=json.dumps(answer).encode())
            exchange.mark_recorded(turn.keep(received))
            return answer

        ``SentRequest`` and ``ReceivedReply`` are in ``records.http_calls``. Of an attempt of which nothing comes,
        ``turn.drop()``.

        Args:
            place: What ``place()`` has returned.
        """
        run = place.run if place is not None else innermost_run(current.get())
        tracer: Tracer | None
        if place is not None:
            tracer = place.tracer
        elif run is not None:
            tracer = run.tracer
        else:
            tracer = active.installed
        if tracer is None or tracer.recordings is None:
            return None, None
        return tracer.recordings, None if run is None else run.root

    def begin(self, place: Parent, request: Request) -> Exchange:
        """Start the run of a model call.

        Raises:
            LlmobsError: In a test, it sends a prompt that was never filled; its run is written with the error.
        """
        tracer, began = place.tracer, real.seconds_ns()
        inputs = without_bytes(dict(request.inputs), tracer.keep_media)
        inputs_json = capture.encode_mapping(inputs, tracer.max_payload)
        run = place.start(request.name, request.run_type, inputs_json=inputs_json)
        run.took(run.clock - began)
        above = run.parent
        while above is not None:
            above.has_model_calls = True
            above = above.parent
        columns = {"provider": request.provider, "operation": request.operation, "model": request.model}
        run.columns.update(without_nones(columns))
        if request.params:
            run.columns["params"] = dict(request.params)
        exchange = Exchange(run, self.recent_calls)
        error = note_prompts(run, request.inputs)
        if error is not None:
            exchange.end(Reply(error=error))
            raise error
        return exchange


class Provider:
    """A model provider's SDK. Subclass it, name the module, and wrap what makes the calls."""

    name: str
    """The provider's name, a column of its runs."""
    module: str
    """Instrumented right after this module was imported, by the user's own code or because a target is about to."""

    scopes: tuple[str, ...] = ()
    """OpenTelemetry instrumentations of the same SDK; their spans tell of the same calls, and aren't stored."""

    def instrument(self, module: ModuleType, engine: Engine) -> None:
        """Wrap what makes the calls, with ``engine.patch``, so that each starts and ends an ``Exchange``.

        Args:
            module: The imported module.
            engine: Starts exchanges and undoes patches.
        """
        raise NotImplementedError
