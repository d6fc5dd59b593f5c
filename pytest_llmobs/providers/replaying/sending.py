"""What one call of an SDK sends, and what comes of it: replayed, or sent and recorded."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, Token
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from pytest_llmobs.errors import CassetteError
from pytest_llmobs.providers import bodies
from pytest_llmobs.providers.calls import mark_replayed
from pytest_llmobs.providers.replaying.transport import recordable_error
from pytest_llmobs.records.http_calls import BodyEnd, ReceivedReply, ReplayedReply, SentRequest
from pytest_llmobs.records.runs import NOT_SENT
from pytest_llmobs.tracing.model_calls.recordings import Recordings, Turn
from pytest_llmobs.tracing.open_run import OpenRun


class Interrupted(BaseException):
    """Carries an error past the SDK's own handling, which would take it for a failed connection, and try again."""


_NOT_RECORDED = "not_recorded"
"""The metadata of a run that says why there is no recording of it."""
_REPLACEABLE = Exception | BaseExceptionGroup | Interrupted
"""What a missing recording is raised in place of; a cancellation, say, goes on."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Who asks what."""

    provider: str
    """Who serves the SDK's client."""
    operation: str
    root: OpenRun | None
    """The root of the trace that asks; None outside any."""
    mark_failure: Callable[[ReceivedReply], ReceivedReply]
    """Returns a reply with whether the call failed, and whether all of its stream has come."""


class Sending:
    """One call of the SDK while recordings are in use."""

    def __init__(
        self, recordings: Recordings, http_client: Any, http: ModuleType, asked: Asked, run: OpenRun | None
    ) -> None:
        """Prepare; nothing is looked up before something is sent.

        Args:
            recordings: Those in use.
            http_client: What the SDK sends with. Whatever else sends meanwhile, for a token say, is left alone.
            http: The library that it comes from.
            asked: Who asks what.
            run: The call's; None where it isn't logged.
        """
        self._recordings = recordings
        self.http_client, self.http = http_client, http
        self.asked = asked
        self._run = run
        self.replayed: ReplayedReply | None = None
        """What was handed out last."""
        self._failed_turn: Turn | None = None
        """Of the last attempt, where it failed; the SDK, or a middleware, may try again."""
        self._failure: ReceivedReply | None = None
        """What came of it, where it was sent."""
        self._missing: CassetteError | None = None
        self._open = True
        self._token: Token[Sending | None] | None = None

    @property
    def offline(self) -> bool:
        """True where nothing may be sent."""
        return self._recordings.offline

    def __enter__(self) -> None:
        self._token = current.set(self)

    def __exit__(self, kind: Any, error: BaseException | None, where: Any) -> None:
        assert self._token is not None
        current.reset(self._token)
        self._open, self._token = False, None
        self._settle_failure()
        missing, self._missing = self._missing, None
        # raised here, outside the SDK's retries; also where an app's middleware has caught what carried it
        if missing is not None and isinstance(error, _REPLACEABLE | None):
            raise missing from None

    def attempt(self, request: Any, content: bytes) -> Attempt:
        """Return what becomes of an httpx-like request that is about to be sent.

        Raises:
            Interrupted: Nothing may be sent, and nothing is recorded; or the request can't be told from others.
        """
        sent = SentRequest(
            provider=self.asked.provider,
            operation=self.asked.operation,
            method=request.method,
            url=str(request.url),
            headers=_lowered(request.headers),
            content=content,
        )
        try:
            # a call outside any trace is the root of its own
            turn = self._recordings.take(sent, self.asked.root or self._run, self._failed_turn)
        except CassetteError as error:
            raise self.interrupted(error) from None
        if turn is not self._failed_turn:
            self._settle_failure()
        self.replayed = turn.reply
        if turn.reply is not None:
            mark_replayed(self._run, turn.reply.recording)
            self._failed_turn = turn if self.replayed_failure else None
        return Attempt(self, turn)

    @property
    def replayed_failure(self) -> bool:
        """True where what was handed out last is a failure: it is final, as it was when it was recorded."""
        reply = self.replayed
        return reply is not None and (reply.end == "failed" or reply.status >= 400)

    def interrupted(self, error: CassetteError) -> Interrupted:
        """Return what carries an error to whoever called the SDK; the trial fails even where it is caught there."""
        self.note(error)
        self._missing = error
        if self._run is not None:
            self._run.metadata[NOT_SENT] = type(error).__name__
        return Interrupted(str(error))

    def note(self, error: CassetteError) -> None:
        """Let the trial fail by an error, whatever the app makes of it."""
        self._recordings.fail(error, self.asked.root)

    def note_unrecorded(self, reason: str) -> None:
        """Let the call's run say why there is no recording of it."""
        if self._run is not None:
            self._run.metadata[_NOT_RECORDED] = reason

    def keep(self, turn: Turn, reply: ReceivedReply) -> None:
        """Keep what came of an attempt: of those that failed only the last, and none where one went well after it."""
        reply = self.asked.mark_failure(reply)
        if reply.failed and self._open:
            self._failed_turn, self._failure = turn, reply
            return
        if self._failed_turn is turn:
            self._failed_turn = self._failure = None
        self._write(turn, reply)

    def _settle_failure(self) -> None:
        turn, failure = self._failed_turn, self._failure
        self._failed_turn = self._failure = None
        if turn is not None and failure is not None:
            self._write(turn, failure)

    def _write(self, turn: Turn, reply: ReceivedReply) -> None:
        recording = turn.keep(reply)
        if recording and self._run is not None:
            self._run.columns["recording"] = recording
            self._run.metadata.pop(_NOT_RECORDED, None)


class Attempt:
    """One request of a call: a call that is tried again makes several."""

    def __init__(self, sending: Sending, turn: Turn) -> None:
        """Take the call that it is of, and its turn in the recordings."""
        self._sending, self._turn = sending, turn

    @property
    def reply(self) -> ReplayedReply | None:
        """What is handed out in place of a response; None where the request must be sent."""
        return self._turn.reply

    def received(self, response: Any) -> None:
        """Keep a response that came, or is still to be read. Holds nothing of it: a dropped one is closed at once."""
        status, headers = response.status_code, response.headers
        if not bodies.unread(response):
            self._keep(ReceivedReply(status=status, headers=_lowered(headers), content=response.content))
            return
        response_class = type(response)

        def read(raw: bytes, end: BodyEnd, error: BaseException | None) -> None:
            if len(raw) > bodies.MAX_KEPT:
                self._drop(f"its reply has more than {bodies.MAX_KEPT >> 20} MB")
                return
            try:
                content = bodies.decompressed(response_class, headers, raw) if raw else b""
            except Exception as problem:  # never the user's: they have read it
                self._drop(f"its reply can't be decompressed ({type(problem).__qualname__})")
                return
            self._finish(status, _lowered(headers), content, end, error)

        bodies.follow(response, _unheard, read)

    def failed(self, error: BaseException) -> None:
        """Keep that no response came."""
        self._finish(0, {}, b"", "failed", error)

    def _finish(
        self, status: int, headers: dict[str, str], content: bytes, end: BodyEnd, error: BaseException | None
    ) -> None:
        name: str | None = ""
        if error is not None:
            name = recordable_error(self._sending.http, error)
        if name is None:
            self._drop(f"it ended with the app's own {type(error).__qualname__}")
            return
        reply = ReceivedReply(
            status=status,
            headers=headers,
            content=content,
            end=end,
            error=name,
            message="" if error is None else str(error),
        )
        self._keep(reply)

    def _drop(self, reason: str) -> None:
        self._turn.drop()
        self._sending.note_unrecorded(reason)

    def _keep(self, reply: ReceivedReply) -> None:
        self._sending.keep(self._turn, reply)


current: ContextVar[Sending | None] = ContextVar("llmobs_sending", default=None)
"""Whose request an HTTP client sends: the SDK hands it to a method that knows of no call."""


def _lowered(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _unheard() -> None:
    """Nobody waits for the first chunk."""
