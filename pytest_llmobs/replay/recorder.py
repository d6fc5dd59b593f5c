"""When recordings are used and made: the modes of ``--llm-cassettes``."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast
from weakref import WeakKeyDictionary

from pytest_llmobs import notices
from pytest_llmobs.errors import CassetteError
from pytest_llmobs.records.http_calls import ReceivedReply, ReplayedReply, SentRequest
from pytest_llmobs.replay.bodies import as_document
from pytest_llmobs.replay.canonical import canonicalise
from pytest_llmobs.replay.cassette import Cassette, RecordedReply, stored
from pytest_llmobs.replay.folder import CassetteFolder
from pytest_llmobs.replay.names import RecordingKey
from pytest_llmobs.replay.occurrences import Occurrences
from pytest_llmobs.replay.tally import Tally
from pytest_llmobs.settings import Settings
from pytest_llmobs.tracing.open_run import OpenRun
from pytest_llmobs.tracing.recordings import Turn as RecordingTurn
from pytest_llmobs.tracing.redaction.pipeline import Redaction

Mode = Literal["reuse", "refresh", "only"]
_KEPT_HEADERS = ("content-type", "request-id", "x-request-id", "x-amzn-requestid")
"""Headers of replies that an SDK hands on; all others say who asked, or when."""


class CassetteWarning(UserWarning):
    """A model call could not be recorded."""


def open_recorder(settings: Settings, rootdir: Path, redaction: Redaction) -> Recorder:
    """Return the recorder of a session whose settings switch cassettes on."""
    return Recorder(
        CassetteFolder(rootdir / settings.cassette_dir),
        cast("Mode", settings.cassettes),
        redaction,
        record_errors=settings.record_errors,
        ignored_headers=settings.cassette_ignore_headers,
    )


@dataclass
class Turn:
    """One request's turn. See ``tracing.recordings``."""

    recorder: Recorder
    key: RecordingKey
    reply: ReplayedReply | None = None
    occurrences: Occurrences | None = None
    """Where the key's occurrence was counted."""

    def keep(self, reply: ReceivedReply) -> str:
        """Keep what came of a request that was sent."""
        recording = self.recorder.keep(self.key, reply)
        if reply.failed and not recording:
            self.drop()
        return recording

    def drop(self) -> None:
        """Leave the turn to whoever asks the same next."""
        occurrences, self.occurrences = self.occurrences, None
        if occurrences is not None:
            occurrences.give_back(self.key.request.hash, self.key.occurrence)


class Recorder:
    """Replays and records the model calls of one process. See ``tracing.recordings``."""

    def __init__(
        self,
        folder: CassetteFolder,
        mode: Mode,
        redaction: Redaction,
        *,
        record_errors: bool = False,
        ignored_headers: Collection[str] = (),
    ) -> None:
        """Use the cassettes of a folder.

        Args:
            folder: Where they lie.
            mode: ``reuse`` replays what is recorded and records the rest, ``refresh`` records everything anew,
                ``only`` sends nothing.
            redaction: Cleans what is written.
            record_errors: Keep calls that failed as well.
            ignored_headers: Further request headers that decide about nothing.
        """
        self.folder, self.mode = folder, mode
        self._redaction, self._record_errors = redaction, record_errors
        self._ignored_headers = frozenset(map(str.lower, ignored_headers))
        self._asked: WeakKeyDictionary[OpenRun, Occurrences] = WeakKeyDictionary()
        """How often each trial has asked what."""
        self._asked_by_test = Occurrences()
        self._lock = threading.Lock()
        self._warned = False
        self.tally = Tally()
        """The model calls of this process."""
        self.used: set[str] = set()
        """``RecordingKey.request_id`` of whatever was asked."""

    def begin_test(self) -> None:
        """Count from the beginning what is asked outside a trial: another test begins."""
        self._asked_by_test = Occurrences()

    @property
    def offline(self) -> bool:
        """True where nothing may be sent."""
        return self.mode == "only"

    def ended(self, run: OpenRun) -> None:
        """Count a model call that has ended. See ``tracing.recordings``."""
        self.tally.count(run.columns)

    def take(self, request: SentRequest, root: OpenRun | None, before: RecordingTurn | None = None) -> Turn:
        """Return a request's turn. See ``tracing.recordings``."""
        canonical = canonicalise(request, self._ignored_headers)
        if isinstance(before, Turn) and before.key.request.hash == canonical.hash:
            return before
        repeat = root.repeat if root is not None else 1
        occurrences = self._occurrences(root)
        key = RecordingKey(canonical, repeat, occurrences.take(canonical.hash))
        self.used.add(key.request_id)
        if self.mode == "refresh":
            return Turn(self, key, occurrences=occurrences)
        cassette = self.folder.read(key)
        if cassette is not None:
            return Turn(self, key, cassette.replayed())
        if self.mode == "only":
            raise CassetteError(f"No recording of {canonical.operation} in {str(self.folder.root)!r}.")
        return Turn(self, key, occurrences=occurrences)

    def _occurrences(self, root: OpenRun | None) -> Occurrences:
        if root is None or root.collected is None:
            return self._asked_by_test
        with self._lock:
            return self._asked.setdefault(root, Occurrences())

    def keep(self, key: RecordingKey, reply: ReceivedReply) -> str:
        """Write a recording; return its digest, or an empty text where none is made."""
        if reply.failed and not self._record_errors:
            return ""
        request = key.request
        media_type = reply.headers.get("content-type", "").partition(";")[0].strip()
        cassette = Cassette(
            provider=request.provider,
            operation=request.operation,
            repeat=key.repeat,
            occurrence=key.occurrence,
            request_hash=request.hash,
            request=self._cleaned(stored(request)),
            reply=RecordedReply(
                status=reply.status,
                headers={name: reply.headers[name] for name in _KEPT_HEADERS if name in reply.headers},
                body=self._redaction.clean_if_suspect(as_document(reply.content, media_type)),
                end=reply.end,
                error=reply.error,
                message=self._redaction.clean_if_suspect(reply.message),
            ),
        )
        try:
            return self.folder.write(key, cassette)
        except OSError as error:
            self._warn(error)
            return ""

    def _cleaned(self, request: Mapping[str, Any]) -> dict[str, Any]:
        # field by field: where a redactor fails, a text stands in the place of all that it was given
        return {name: self._redaction.clean_if_suspect(value) for name, value in request.items()}

    def _warn(self, error: OSError) -> None:
        if not self._warned:
            self._warned = True
            notices.warn(
                f"Model calls aren't recorded: {str(self.folder.root)!r} can't be written ({error}).",
                CassetteWarning,
            )
