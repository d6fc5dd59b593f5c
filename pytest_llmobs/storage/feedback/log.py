"""The way in: the feedback of one store, written at once and read as it stands now."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import make_private
from pytest_llmobs.storage import locks
from pytest_llmobs.storage.feedback.lines import Row, write_event
from pytest_llmobs.storage.feedback.schema import FEEDBACK_NAMES, STATE_NAMES
from pytest_llmobs.storage.layout import Layout
from pytest_llmobs.storage.notices import OnceForEachPath
from pytest_llmobs.storage.spool.recovery import recover
from pytest_llmobs.storage.spool.rotation import Rotation, Rotator
from pytest_llmobs.storage.spool.segment import Segment
from pytest_llmobs.storage.spool.writer import Spool
from pytest_llmobs.tracing import first_use
from pytest_llmobs.wording import known, nearest

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc

    from pytest_llmobs.storage.feedback.snapshot import Signature

RECORD = "feedback record"
"""What messages call that which a line holds."""
_SORTED = ("id", "run_id")
"""Columns that sort by time, so that one row group holds few of their values."""
_CACHED = 16
"""Answers that are kept while nothing has changed."""


class FeedbackLog:
    """The feedback of one store. Naming it costs nothing; Arrow is imported when something is sealed or read."""

    def __init__(
        self,
        layout: Layout,
        notices: OnceForEachPath,
        *,
        rotation: Rotation | None = None,
        refuse: Callable[[], StoreError] | None = None,
    ) -> None:
        """Name the log; nothing of it need exist.

        Args:
            layout: The store's.
            notices: Takes what can't be written, sealed or read.
            rotation: When what was written is sealed while the process lives.
            refuse: Makes the error for whoever writes to a store that is only read; None where it is written, too.
        """
        self._layout, self._notices = layout, notices
        self._rotation, self._refuse = rotation or Rotation(), refuse
        self._spool: Spool | None = None
        self._renew_lock()
        _logs.add(self)
        self._answered: tuple[Signature | None, dict[tuple[Any, ...], pa.Table]] = (None, {})
        """Answers, and the state of the files that they were read from."""

    @property
    def place(self) -> str:
        """Where it lies, for messages."""
        return str(self._layout.root)

    def _renew_lock(self) -> None:
        self._lock = threading.RLock()

    # Writing

    def append(self, event: Row) -> None:
        """Keep one event: it is in the page cache before this returns. A failing disk raises nothing, and is told once.

        Args:
            event: Columns by name (see ``schema.FEEDBACK_COLUMNS``), after redaction.

        Raises:
            StoreError: The store is only read.
        """
        if self._refuse is not None:
            raise self._refuse()
        spool = self._spool
        if spool is None:
            spool = self._open()
        spool.append(write_event(event))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes, and threads, waiting inside the ``with`` block that want to be alone as well.

        Goes on all the same where the disk refuses: what is then written waits in memory.
        """
        with self._lock, ExitStack() as held:
            with suppress(OSError, StoreError):
                self._prepare()
                held.enter_context(locks.exclusive(self._layout.feedback_spool / ".ids.lock"))
            yield

    def _open(self) -> Spool:
        with first_use.alone():
            if self._spool is None:
                watch = partial(Rotator, rotation=self._rotation)
                self._spool = Spool(
                    self._layout.feedback_spool,
                    self.seal,
                    record=RECORD,
                    prepare=self._prepare,
                    warn=self._notices.warn,
                    watch=watch,
                    also=self.tend,
                )
                atexit.register(_close, weakref.ref(self._spool), self._layout.feedback_spool)
            return self._spool

    def _prepare(self) -> None:
        self._layout.create()
        make_private(self._layout.feedback_spool)
        make_private(self._layout.feedback)

    def flush(self) -> None:
        """Seal what this process has written, and what dead ones have left."""
        if self._spool is not None:
            self._spool.rotate()
            self._spool.seal_retired()
        self.recover()

    def close(self) -> None:
        """Seal what this process has written; what comes later goes to a new file."""
        if self._spool is not None:
            self._spool.close()

    # Upkeep

    def recover(self) -> int:
        """Seal what dead processes have left; return the number of events. What fails stays, and is told once."""
        return sum(recover(self._layout.feedback_spool, self.seal, self._tell).values())

    def tend(self) -> None:
        """Recover what dead processes have left, and merge the small files where there are many."""
        self.recover()
        with first_use.alone():
            from pytest_llmobs.storage.feedback.merging import merge_parts

        try:
            with locks.exclusive(self._layout.feedback_spool / ".lock"):
                merge_parts(self._layout)
        except (OSError, StoreError) as error:
            self._tell(self._layout.feedback, error)

    def seal(self, segment: Segment, gently: bool = False) -> int:
        """Turn a locked spool file into Parquet and delete it; return the number of events.

        Args:
            segment: The file, locked by the caller; it is closed afterwards.
            gently: Give way to the threads that do the application's work.

        Raises:
            OSError: The disk refuses; the file is still there.
        """
        from pytest_llmobs.storage.parquet.arrow import load_arrow

        with first_use.alone():
            load_arrow(frugal=not gently)
            from pytest_llmobs.storage.feedback.sealing import seal_feedback

        return seal_feedback(segment, self._layout, warn=self._notices.warn, gently=gently)

    def _tell(self, path: Path, error: Exception) -> None:
        message = f"Can't seal the feedback in {str(path)!r}: {error}. It stays there for the next attempt."
        self._notices.tell(path, message)

    # Reading

    def current(
        self,
        run_ids: Sequence[str] | None = None,
        keys: Sequence[str] | None = None,
        project: str | None = None,
        *,
        ids: Sequence[str] | None = None,
        columns: Sequence[str] = STATE_NAMES,
    ) -> pa.Table:
        """Return one row a feedback, as it stands after its updates; those that were deleted are left out.

        What isn't sealed yet is there as well. While nothing changes, the same question is answered from memory.

        Args:
            run_ids: Only what is about these runs; None for all.
            keys: Only these keys; None for all.
            project: Only what says that it is about that project, or about a run of it; None for all.
            ids: Only the feedback of these ids; None for all.
            columns: Of ``schema.STATE_NAMES``: fewer are read faster.

        Returns:
            In no order. ``score`` is a double; ``value`` is a label as it is, or JSON where ``value_is_json``.

        Raises:
            StoreError: A column is unknown.
        """
        for name in columns:
            if name not in STATE_NAMES:
                raise StoreError(f"Unknown column {name!r}.{nearest(name, STATE_NAMES)} {known(STATE_NAMES)}")
        chosen = {"run_id": run_ids, "key": keys, "project": project, "id": ids}
        question = ("current", *map(_frozen, chosen.values()), tuple(columns))
        return self._answer(question, partial(self._current, chosen, columns))

    def events(self, ids: Sequence[str] | None = None) -> pa.Table:
        """Return the events of some feedback, or of all, in order of time; columns as in ``FEEDBACK_COLUMNS``."""
        with first_use.alone():
            from pytest_llmobs.storage.feedback.snapshot import look

        where = _condition({"id": ids})
        table = look(self._layout, self.leave_out, lambda snapshot: snapshot.read(FEEDBACK_NAMES, where))
        return table.sort_by([("time", "ascending"), ("event_id", "ascending")])

    def _current(self, chosen: dict[str, Any], columns: Sequence[str]) -> pa.Table:
        with first_use.alone():
            from pytest_llmobs.storage.feedback.snapshot import look
            from pytest_llmobs.storage.feedback.state import current_state

        where = _condition(chosen)
        return look(self._layout, self.leave_out, lambda snapshot: current_state(snapshot, columns, where))

    def _answer(self, question: tuple[Any, ...], work_out: Callable[[], pa.Table]) -> pa.Table:
        from pytest_llmobs.storage.feedback.snapshot import signature

        # Taken before reading: what is written meanwhile makes the next question a new one.
        now = signature(self._layout)
        if now != self._answered[0]:
            self._answered = (now, {})
        answers = self._answered[1]
        answer = answers.get(question)
        if answer is None:
            answer = work_out()
            # All at once, and held on to here: other threads ask and forget meanwhile.
            if len(answers) >= _CACHED:
                answers.clear()
            answers[question] = answer
        return answer

    def leave_out(self, path: Path, error: StoreError) -> None:
        """Tell the user, once, that a file is left out of what is read."""
        self._notices.tell(path, f"{error} It is left out.")


_logs: weakref.WeakSet[FeedbackLog] = weakref.WeakSet()


def _after_fork() -> None:
    for log in list(_logs):
        # Another thread of the parent may have held it.
        log._renew_lock()


os.register_at_fork(after_in_child=_after_fork)


def _frozen(value: Sequence[str] | str | None) -> Any:
    if value is None or isinstance(value, str):
        return value
    return frozenset(value)


def _condition(chosen: dict[str, Any]) -> pc.Expression | None:
    """Return what the events of the chosen feedback have in common; each says what it is about."""
    import pyarrow as pa
    import pyarrow.compute as pc

    where: pc.Expression | None = None
    for name, values in chosen.items():
        if values is None:
            continue
        allowed = [values] if isinstance(values, str) else list(values)
        part = pc.field(name).isin(pa.array(allowed, pa.string()))
        if allowed and name in _SORTED:
            # Statistics tell of ranges which row groups need no reading.
            part = part & (pc.field(name) >= min(allowed)) & (pc.field(name) <= max(allowed))
        where = part if where is None else where & part
    return where


def _close(spool: weakref.ref[Spool], folder: Path) -> None:
    living = spool()
    # of a store that was deleted, as those in temporary folders are, nothing is left to seal
    if living is not None and folder.is_dir():
        living.close()
