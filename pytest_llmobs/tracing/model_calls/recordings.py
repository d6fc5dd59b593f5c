"""What a tracer asks for recorded replies: a seam, so that providers replay without knowing files."""

from __future__ import annotations

from typing import Protocol

from pytest_llmobs.errors import CassetteError
from pytest_llmobs.records.http_calls import ReceivedReply, ReplayedReply, SentRequest
from pytest_llmobs.tracing.open_run import OpenRun


class Turn(Protocol):
    """One request's turn: it is replayed, or sent and perhaps kept."""

    @property
    def reply(self) -> ReplayedReply | None:
        """The recorded reply; None where the request must be sent."""

    def keep(self, reply: ReceivedReply) -> str:
        """Keep what came of the sent request, if it is to be kept.

        Returns:
            The recording's digest; empty where nothing was kept. Never raises into the user's call.
        """

    def drop(self) -> None:
        """Say that nothing came of the request that could be kept: whoever asks the same next has its turn."""


class Recordings(Protocol):
    """Recorded replies, and the rule that says when they are used."""

    @property
    def offline(self) -> bool:
        """True where nothing may be sent: what isn't recorded is an error."""

    def take(self, request: SentRequest, root: OpenRun | None, before: Turn | None = None) -> Turn:
        """Return the turn of a request.

        Args:
            request: What is about to be sent.
            root: The root of the trace that asks; None outside any.
            before: The turn of a request that has failed; it is returned again where the two are alike, since that is
                the request before, tried again.

        Raises:
            CassetteError: Its recording is missing though nothing may be sent, can't be read, or the request has no
                form in which two alike are known to be alike.
        """

    def ended(self, run: OpenRun) -> None:
        """Hear of a model call that has ended, be it made or replayed."""

    def fail(self, error: CassetteError, root: OpenRun | None) -> None:
        """Have an error fail the trial that asked, or the test, whatever the app makes of it.

        Args:
            error: What ``take`` raised, or why a request can't be told from others.
            root: The root of the trace that asked; None outside any.
        """
