"""When recordings are used and made: the modes of ``--llm-cassettes``."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, Literal, cast

from pytest_llmobs import notices
from pytest_llmobs.errors import CassetteError
from pytest_llmobs.records.http_calls import ReceivedReply, ReplayedReply, SentRequest
from pytest_llmobs.records.runs import NOT_SENT
from pytest_llmobs.replay.canonical import canonicalise
from pytest_llmobs.replay.cassette import Cassette
from pytest_llmobs.replay.cleaning.replies import clean_reply, clean_request
from pytest_llmobs.replay.folder import CassetteFolder
from pytest_llmobs.replay.misses.miss import Miss
from pytest_llmobs.replay.misses.search import Search
from pytest_llmobs.replay.names import RecordingKey
from pytest_llmobs.replay.occurrences import Occurrences, TrialOccurrences, is_trial
from pytest_llmobs.replay.tally import Tally
from pytest_llmobs.settings import Settings, cassette_folder
from pytest_llmobs.tracing.model_calls.recordings import Turn as RecordingTurn
from pytest_llmobs.tracing.open_run import OpenRun
from pytest_llmobs.tracing.redaction.pipeline import Redaction, RedactorError

Mode = Literal["reuse", "refresh", "only"]


class CassetteWarning(UserWarning):
    """A model call could not be recorded."""


TellMiss = Callable[[Miss], str]
"""Returns what is told of a request without a recording."""


def open_recorder(
    settings: Settings, rootdir: Path, redaction: Redaction, tell: TellMiss | None = None
) -> Recorder:
    """Return the recorder of a session whose settings switch cassettes on.

    Args:
        settings: The session's.
        rootdir: Where the folder of cassettes lies.
        redaction: Cleans what is written, and what is told.
        tell: Tells of the first miss of each trial; None to say that there is one, and no more.

    Raises:
        SettingsError: The folder can't be one of cassettes.
    """
    return Recorder(
        CassetteFolder(cassette_folder(rootdir, settings.cassette_dir)),
        cast("Mode", settings.cassettes),
        redaction,
        record_errors=settings.record_errors,
        ignored_headers=settings.cassette_ignore_headers,
        tell=tell,
    )


@dataclass
class Turn:
    """One request's turn. See ``tracing.model_calls.recordings``."""

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
    """Replays and records the model calls of one process. See ``tracing.model_calls.recordings``.

    What decides is what is asked, in which repeat of its example, and the how-manieth time in it; not who asks. Two
    examples, or two tests, that ask the same share a recording. So do all repeats of what is asked outside trials.
    """

    def __init__(
        self,
        folder: CassetteFolder,
        mode: Mode,
        redaction: Redaction,
        *,
        record_errors: bool = False,
        ignored_headers: Collection[str] = (),
        tell: TellMiss | None = None,
    ) -> None:
        """Use the cassettes of a folder.

        Args:
            folder: Where they lie.
            mode: ``reuse`` replays what is recorded and records the rest, ``refresh`` records everything anew,
                ``only`` sends nothing.
            redaction: Cleans what is written.
            record_errors: Keep calls that failed as well.
            ignored_headers: Further request headers that decide about nothing.
            tell: Tells of the first miss of each trial; None to say that there is one, and no more.
        """
        self.folder, self.mode, self.redaction = folder, mode, redaction
        self._record_errors, self._tell = record_errors, tell
        self._ignored_headers = frozenset(map(str.lower, ignored_headers))
        self._occurrences = TrialOccurrences()
        self._test = ""
        """The node id of the test that runs now."""
        self._lock = threading.Lock()
        self._search: Search | None = None
        self._renewed: set[PurePosixPath] = set()
        """What this process has recorded anew."""
        self._warned: set[str] = set()
        self.tally = Tally()
        """The model calls of this process."""
        self.used: set[str] = set()
        """``RecordingKey.request_id`` of whatever was asked."""
        self.broken: CassetteError | None = None
        """What went wrong outside any trial since ``begin_test``: it fails the test, though the app has caught it."""

    def begin_test(self, nodeid: str = "") -> None:
        """Count from the beginning what is asked outside a trial: a test, or the next phase of it, begins."""
        self._occurrences.begin_test()
        self._test, self.broken = nodeid, None

    def take_over(self, earlier: Recorder) -> None:
        """Go on where another recorder has ended, which was of the same process and folder."""
        self.tally.add(*earlier.tally.counts)
        self.used |= earlier.used
        self._renewed |= earlier._renewed

    def counting_apart(self) -> AbstractContextManager[None]:
        """Count apart what a fixture asks: whichever test comes to it first, its recordings are the same."""
        return self._occurrences.counting_apart()

    @property
    def offline(self) -> bool:
        """True where nothing may be sent."""
        return self.mode == "only"

    def ended(self, run: OpenRun) -> None:
        """Count a model call that has ended. See ``tracing.model_calls.recordings``."""
        if NOT_SENT not in run.metadata:
            self.tally.count(run.columns)

    def take(self, request: SentRequest, root: OpenRun | None, before: RecordingTurn | None = None) -> Turn:
        """Return a request's turn. See ``tracing.model_calls.recordings``."""
        canonical = canonicalise(request, self._ignored_headers)
        # an attempt after one that failed isn't the app's asking twice: it has the turn of the first
        if isinstance(before, Turn) and before.key.request.hash == canonical.hash:
            return before
        occurrences = self._occurrences.of(root)
        repeat = root.repeat if root is not None else 1
        key = RecordingKey(canonical, repeat, occurrences.take(canonical.hash))
        self.used.add(key.request_id)
        if self.mode == "refresh" and key.path not in self._renewed:
            return Turn(self, key, occurrences=occurrences)
        cassette = self.folder.read(key)
        if cassette is not None:
            return Turn(self, key, cassette.replayed())
        if self.mode == "only":
            raise self._missing(key, root)
        return Turn(self, key, occurrences=occurrences)

    def fail(self, error: CassetteError, root: OpenRun | None) -> None:
        """Have an error fail a trial or a test. See ``tracing.model_calls.recordings``."""
        if not is_trial(root):
            self.broken = self.broken or error
        elif root.broken is None:
            root.broken = error

    def _missing(self, key: RecordingKey, root: OpenRun | None) -> CassetteError:
        """Return the error of a request without a recording; the first of a trial says it all."""
        self.tally.add(0, 0, None, missing=1)
        request = key.request
        is_told = (root.broken if is_trial(root) else self.broken) is not None
        if is_told or self._tell is None:
            return CassetteError(f"No recording of {request.provider} {request.operation}.")
        try:
            cleaned = clean_request(request, self.redaction)
        except RedactorError as error:
            return CassetteError(
                f"No recording of {request.provider} {request.operation}, and none is compared: {error}."
            )
        with self._lock:
            self._search = self._search or Search(self.folder)
            miss = self._search.miss(key, cleaned, *self._asker(root))
        miss = replace(miss, ignored_headers=self._ignored_headers)
        missing = CassetteError(self._tell(miss))
        missing.cause = miss.cause
        return missing

    def _asker(self, root: OpenRun | None) -> tuple[str, str]:
        """Return the node id and the example of whoever asks; an evaluator asks for the trial that it judges."""
        columns: Mapping[str, Any] = {}
        if root is not None:
            columns = (root.judged or root).own_columns or {}
        return columns.get("nodeid") or self._test, columns.get("example_id") or ""

    def keep(self, key: RecordingKey, reply: ReceivedReply) -> str:
        """Write a recording; return its digest, or an empty text where none is made."""
        if reply.failed and not self._record_errors:
            return ""
        # another trial has asked the same meanwhile: the reply that came first is the recorded one
        if key.path in self._renewed or (self.mode == "reuse" and self.folder.path_of(key).exists()):
            return ""
        try:
            recording = self.folder.write(key, self._cassette(key, reply))
        except RedactorError as error:
            self._warn("redaction", f"Model calls that can't be cleaned aren't recorded: {error}.")
            return ""
        except OSError as error:
            problem = f"{str(self.folder.root)!r} can't be written ({error})"
            self._warn("folder", f"Model calls aren't recorded: {problem}.")
            return ""
        except Exception as error:  # the user's call was answered, and must not fail here
            problem = f"{type(error).__name__}: {error}"
            self._warn("fault", f"A reply to {key.request.operation} isn't recorded ({problem}).")
            return ""
        # in ``refresh`` too, a second request that is alike gets what the first one has got
        self._renewed.add(key.path)
        return recording

    def _cassette(self, key: RecordingKey, reply: ReceivedReply) -> Cassette:
        request = key.request
        return Cassette(
            provider=request.provider,
            operation=request.operation,
            repeat=key.repeat,
            occurrence=key.occurrence,
            request_hash=request.hash,
            request=clean_request(request, self.redaction),
            reply=clean_reply(reply, self.redaction),
        )

    def _warn(self, cause: str, message: str) -> None:
        """Warn once of each cause."""
        if cause not in self._warned:
            self._warned.add(cause)
            notices.warn(message, CassetteWarning)
