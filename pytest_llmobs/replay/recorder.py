"""When recordings are used and made: the modes of ``--llm-cassettes``."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast
from weakref import WeakKeyDictionary

from pytest_llmobs import notices
from pytest_llmobs.errors import CassetteError
from pytest_llmobs.records.http_calls import ReceivedReply, ReplayedReply, SentRequest
from pytest_llmobs.replay.canonical import canonicalise
from pytest_llmobs.replay.cassette import Cassette
from pytest_llmobs.replay.cleaning.replies import clean_reply, clean_request
from pytest_llmobs.replay.folder import CassetteFolder
from pytest_llmobs.replay.names import RecordingKey
from pytest_llmobs.replay.occurrences import Occurrences
from pytest_llmobs.replay.tally import Tally
from pytest_llmobs.settings import Settings
from pytest_llmobs.tracing.open_run import OpenRun
from pytest_llmobs.tracing.recordings import Turn as RecordingTurn
from pytest_llmobs.tracing.redaction.pipeline import Redaction, RedactorError

Mode = Literal["reuse", "refresh", "only"]


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
        self._warned: set[str] = set()
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
        try:
            cassette = Cassette(
                provider=request.provider,
                operation=request.operation,
                repeat=key.repeat,
                occurrence=key.occurrence,
                request_hash=request.hash,
                request=clean_request(request, self._redaction),
                reply=clean_reply(reply, self._redaction),
            )
            return self.folder.write(key, cassette)
        except RedactorError as error:
            self._warn("redaction", f"Model calls that can't be cleaned aren't recorded: {error}.")
        except OSError as error:
            problem = f"{str(self.folder.root)!r} can't be written ({error})"
            self._warn("folder", f"Model calls aren't recorded: {problem}.")
        return ""

    def _warn(self, cause: str, message: str) -> None:
        """Warn once of each cause."""
        if cause not in self._warned:
            self._warned.add(cause)
            notices.warn(message, CassetteWarning)
