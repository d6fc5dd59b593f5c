"""The way in: one store below one folder (``.llmobs``)."""

from __future__ import annotations

import atexit
import os
import weakref
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import make_private
from pytest_llmobs.storage import experiment_files, notices, sessions
from pytest_llmobs.storage.layout import Layout, experiment_of, spool_files
from pytest_llmobs.storage.run_queries import RunQueries
from pytest_llmobs.storage.spool.rotation import Rotation, Rotator
from pytest_llmobs.storage.spool.writer import Spool
from pytest_llmobs.storage.upkeep import Exporter, Upkeep
from pytest_llmobs.tracing import first_use
from pytest_llmobs.wording import count, noun

if TYPE_CHECKING:
    from pytest_llmobs.storage.feedback.log import FeedbackLog
    from pytest_llmobs.storage.parquet.parts import Source
    from pytest_llmobs.storage.spool.segment import Segment
    from pytest_llmobs.storage.stored_runs import StoredRuns


class Store(RunQueries):
    """Runs and experiments below one root.

    Naming a store costs nothing: folders are made when something is written, and Arrow is imported when something is
    sealed or read. The first use recovers what dead processes have left.
    """

    def __init__(
        self,
        root: Path | str,
        *,
        warn: Callable[[str], Any] = notices.warn,
        exporter: Exporter | None = None,
        on_sealed: Callable[[Callable[[], RunQueries]], Any] | None = None,
    ) -> None:
        """Name the store; it need not exist.

        Args:
            root: Its folder.
            warn: Takes the message where runs can't be written or lines can't be read; must not raise.
            exporter: Gets every run that this store's spools and recoveries see; None for none.
            on_sealed: Is given what opens the runs that were sealed, as a store of their own, off the path of the calls
                that made them; what it raises is told once. None for nobody.
        """
        self.root = Path(root)
        self.layout = Layout(self.root)
        self._notices = notices.OnceForEachPath(warn)
        self._exporter, self._on_sealed = exporter, on_sealed
        self._upkeep = Upkeep(self.layout, self._notices, exporter)
        self._recovered = False
        self.ended_early: list[sessions.MarkedSession] = []
        """Sessions that ended without a verdict; the user was told of them."""

    # Writing

    def spool(self, session: str | None = None, *, rotation: Rotation | None = None) -> Spool:
        """Open this process's spool, after recovering what dead processes have left.

        Args:
            session: Becomes part of the file's name.
            rotation: For long-lived processes: seal by size and age in a background thread, and at exit. None for
                pytest sessions, whose patches must find their runs in the same file.

        A folder that can't be written raises nothing: the spool keeps lines in memory, warns once and tries again.
        """
        try:
            self.layout.create()
        except StoreError:
            # The spool meets the same obstacle and reports it; the user's tests go on.
            self._recovered = True
        self._recover_once()
        open_spool = partial(
            Spool,
            self.layout.spool,
            self._upkeep.seal,
            label=session or "",
            prepare=self.layout.create,
            warn=self._notices.warn,
        )
        if rotation is None:
            return open_spool(also=self._end)
        spool = open_spool(also=self.tend, watch=self._rotator(rotation))
        # A weak reference: what an app has let go of need not wait for the exit.
        atexit.register(_close, weakref.ref(spool))
        return spool

    def _rotator(self, rotation: Rotation) -> Callable[[Spool], Rotator]:
        make = partial(Rotator, rotation=rotation)
        if self._exporter is None:
            return make
        return partial(make, export=self._exporter.send)

    def keep_media(self, name: str, data: bytes) -> str | None:
        """Keep an image or document, and return its path below the root; None, told once, where that fails.

        Args:
            name: The hash of the content, and a suffix.
            data: The content.
        """
        from pytest_llmobs.storage.media import keep_file

        try:
            return keep_file(self.layout, name, data)
        except (OSError, StoreError) as error:
            folder = self.layout.media
            self._notices.tell(
                folder,
                f"Can't keep images and documents in {str(folder)!r}: {error}. They are logged by hash and size.",
            )
            return None

    def seal(self) -> int:
        """Seal what dead processes have left in the spool; return the number of runs.

        Waits for another process that is recovering at the moment, so that afterwards everything shows. Imports
        nothing heavy where there is nothing to do. What can't be sealed stays where it is and is told once.
        """
        self._recovered = True
        recovered = self._upkeep.recover()
        if spool_files(self.layout.feedback_spool):
            self.feedback.recover()
        for marked in sessions.ended_early(self.layout):
            self.ended_early.append(marked)
            runs = sum(number for name, number in recovered.items() if marked.session in name)
            self._notices.warn(
                f"The session of {marked.name!r}, started {marked.started}, ended without a verdict: its process "
                f"{marked.process} was killed, or left by os._exit. {count(runs, 'run')} of it "
                f"{noun(runs, 'was', 'were')} recovered. {self.session_remedy(marked.name)}"
            )
        return sum(recovered.values())

    def session_remedy(self, name: str) -> str:
        """Return what to do about a session that ended early, for a message."""
        if self.layout.journal(name).exists():
            return f"evaluate(…, experiment={name!r}) goes on where it stopped."
        return "Run it again."

    def seal_file(self, segment: Segment) -> int:
        """Seal one spool file of runs; return their number.

        Args:
            segment: The file, locked by the caller; it is closed afterwards.

        Raises:
            OSError: The disk refuses; the file is still there.
        """
        return self._upkeep.seal(segment)

    def begin_session(self, name: str, session: str, started: str) -> sessions.SessionMarker | None:
        """Mark a session as begun, after telling of those that ended without a verdict.

        Args:
            name: Its experiment's, under which its document will lie.
            session: A UUID's hex digits.
            started: ISO 8601, UTC.

        Returns:
            What marks it until it ends; None where another session of that name is under way.

        Raises:
            StoreError: The store can't be made, or the disk refuses.
        """
        self.layout.create()
        self.seal()
        return sessions.begin(self.layout, sessions.MarkedSession(name, session, started, os.getpid()))

    def tend(self) -> None:
        """Recover what dead processes have left, and merge small files where a project has many.

        Long-lived processes do that now and then in the background. What fails is told once and tried again.
        """
        self.seal()
        self.hand_on_sealed()  # before its files are merged into others
        self._upkeep.merge_small_files()

    def _end(self) -> None:
        self.seal()
        self.hand_on_sealed()

    def hand_on_sealed(self) -> None:
        """Give the runs that were sealed since the last time to whoever waits for them; raises nothing."""
        files = self._upkeep.take_sealed()
        if not files or self._on_sealed is None:
            return
        try:
            self._on_sealed(partial(self._sealed_runs, files))
        except Exception as error:
            files_of_runs = f"{count(len(files), 'file')} of runs in {str(self.layout.runs)!r}"
            self._notices.tell(
                self.layout.runs,
                f"{files_of_runs} didn't reach every review queue: {str(error).removesuffix('.')}. "
                "The runs are stored; `llmobs review route` looks at them again.",
            )

    def _sealed_runs(self, files: Sequence[Path]) -> RunQueries:
        with first_use.alone():
            from pytest_llmobs.storage.sealed_runs import SealedRuns

        return SealedRuns(self, files)

    def _recover_once(self) -> None:
        if not self._recovered:
            self.seal()

    # Feedback

    @cached_property
    def feedback(self) -> FeedbackLog:
        """What was said of runs after the fact."""
        from pytest_llmobs.storage.feedback.log import FeedbackLog

        return FeedbackLog(self.layout, self._notices)

    # Reading

    def projects(self) -> list[str]:
        """Return the names of the projects that have runs, sorted."""
        self._recover_once()
        if not self.root.is_dir():
            return []
        return self._stored_runs.projects()

    def copy_runs(self, project: str, folder: Path) -> None:
        """Copy the Parquet files of a project into another store's folder; links where the disk allows them.

        Raises:
            OSError: The disk refuses.
        """
        from pytest_llmobs.storage.transfer import copy_file

        self._recover_once()
        folders = self._stored_runs.partitions([project])
        for path in self._stored_runs.footers.find(folders):
            copy_file(path, folder / path.name)

    def copy_media(self, folder: Path) -> None:
        """Copy the images and documents into another store's folder; links where the disk allows them.

        Raises:
            OSError: The disk refuses.
        """
        from pytest_llmobs.storage.transfer import copy_file

        for path in self.layout.media.glob("[!.]*"):
            make_private(folder)
            copy_file(path, folder / path.name)

    def _sources(
        self, projects: Sequence[str] | None, mentioned: bytes = b"", for_conditions: bool = False
    ) -> Sequence[Source]:
        self._recover_once()
        return self._stored_runs.sources(projects, mentioned, for_conditions)

    def _lasting_sources(
        self, projects: Sequence[str] | None, for_conditions: bool = False
    ) -> Sequence[Source] | None:
        self._recover_once()
        return self._stored_runs.lasting(projects, for_conditions)

    @cached_property
    def _stored_runs(self) -> StoredRuns:
        from pytest_llmobs.storage.stored_runs import StoredRuns

        return StoredRuns(self.layout, self.leave_out)

    # Experiments

    @property
    def place(self) -> str:
        """Where it lies, for messages."""
        return str(self.root)

    @property
    def is_local(self) -> bool:
        """True where it lies on this machine."""
        return True

    def experiment_names(self) -> list[str]:
        """Return the names of all experiments, sorted."""
        return sorted(map(experiment_of, self._experiment_files()))

    def experiment_file(self, name: str) -> Path:
        """Return where an experiment's document lies, or would lie, on this machine."""
        return self.layout.experiment(name)

    def shown(self, path: Path) -> str:
        """Return what messages call a file of the store."""
        return str(path)

    def write_experiment(self, name: str, document: Mapping[str, Any]) -> Path:
        """Store an experiment's document, replacing one of the same name; return its file.

        Raises:
            StoreError: The disk refuses, or ``document`` holds what JSON has no form for.
        """
        self.layout.create()
        path = self.layout.experiment(name)
        experiment_files.write(path, document)
        return path

    def read_experiment(self, name: str) -> dict[str, Any]:
        """Return an experiment's document.

        Raises:
            StoreError: It doesn't exist, is unreadable, or of a newer schema.
        """
        path = self.layout.experiment(name)
        try:
            return experiment_files.read(path, where=self.shown(path))
        except FileNotFoundError:
            names = list(map(experiment_of, self._experiment_files()))
            raise experiment_files.unknown(name, names) from None

    def experiments(self, *, heads: bool = False) -> list[dict[str, Any]]:
        """Return all documents that can be read, ordered by their ``started`` (see ``documents``)."""
        return [document for _, document in self.documents(heads=heads)]

    def documents(self, *, heads: bool = False, mentioning: str = "") -> list[tuple[Path, dict[str, Any]]]:
        """Return all documents that can be read with their files, ordered by their ``started``.

        One that can't be read, or was written by a newer version, is left out, and the user is told of it once.

        Args:
            heads: Leave the tables of trials out, which are most of each (see ``experiment_files.read``).
            mentioning: Only those in which this stands, looked for before they are parsed; ASCII, without quotes.
        """
        documents: list[tuple[Path, dict[str, Any]]] = []
        for path in self._experiment_files():
            try:
                if mentioning and not experiment_files.mentions(path, mentioning):
                    continue
                documents.append((path, experiment_files.read(path, head=heads, where=self.shown(path))))
            except FileNotFoundError:  # removed since the listing; or a link to nowhere, which holds nothing
                continue
            except StoreError as error:
                self.leave_out(path, error)
        documents.sort(key=_by_start)
        return documents

    def leave_out(self, path: Path, error: StoreError) -> None:
        """Tell the user, once, that a file is left out of what is read."""
        self._notices.tell(path, f"{error} It is left out.")

    def _experiment_files(self) -> list[Path]:
        # Hidden ones are files that are being written, by this version or by one before.
        return sorted(self.layout.experiments.glob("[!.]*.json"))


def _by_start(entry: tuple[Path, Mapping[str, Any]]) -> tuple[str, str]:
    _, document = entry
    return str(document.get("started", "")), str(document.get("name", ""))


def _close(spool: weakref.ref[Spool]) -> None:
    living = spool()
    if living is not None:
        living.close()
