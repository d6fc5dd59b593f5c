"""The progress of an evaluation: one line of a terminal, drawn over and over, and empty once all has ended."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TextIO

from pytest_llmobs.clocks import real
from pytest_llmobs.experiments.evaluation.results_data import Evaluation
from pytest_llmobs.records.trials import FAILING, Trial

if TYPE_CHECKING:  # what draws is imported as something is drawn: most evaluations have no terminal
    from pytest_llmobs.reports.text.page import Page

_EVERY = 0.1
"""Least seconds between two drawings."""
_UNCHANGED = 0.9
"""Seconds more where no trial has ended since: the time left is another by then."""
_SHARE = 20
"""How many times as long as a drawing takes, nothing is drawn after it: of 10,000 trials it takes a while."""
_BAR = 20
"""Cells of the bar itself."""
_ROOMY = 72
"""Cells of a terminal from which on there is a bar before the figures."""
_CLEAR = "\r\x1b[K"
"""Moves to the beginning of the line and empties it."""


class ProgressBar:
    """How far an evaluation is: ``[####      ] 40/200 · 2 failed · tone 0.91 · 12 s left``.

    It belongs to a terminal: ``progress_bar`` makes none elsewhere.
    """

    def __init__(
        self,
        total: int,
        stream: TextIO,
        *,
        width: Callable[[], int],
        clock: Callable[[], float] = real.seconds,
    ) -> None:
        """Prepare, without drawing.

        Args:
            total: Trials expected.
            stream: The terminal.
            width: Returns the terminal's cells a line, which a user may change meanwhile.
            clock: Returns seconds.
        """
        self._total = total
        self._stream: TextIO | None = stream
        self._width = width
        self._clock = clock
        self._began = clock()
        self._due = self._began
        self._trials: Sequence[Trial] = ()
        self._drawn = 0

    def update(self, trials: Sequence[Trial]) -> None:
        """Draw where that is due: trials have ended since, or the time left is another.

        Args:
            trials: All that have ended so far.
        """
        now = self._clock()
        self._trials = trials
        due = self._due
        if len(trials) == self._drawn:
            due += _UNCHANGED
        is_complete = len(trials) == self._total > self._drawn
        if is_complete or (trials and now >= due):
            self._draw(now)

    def close(self) -> None:
        """Leave an empty line, and draw nothing any more."""
        self._write(_CLEAR)
        self._stream = None

    def _draw(self, now: float) -> None:
        stream = self._stream
        if stream is None:
            return
        from pytest_llmobs.reports.text.page import Page

        # one cell stays free: some terminals break the line behind the last one
        page = Page(width=max(self._width() - 1, 10), encoding=getattr(stream, "encoding", None) or "ascii")
        self._write(_CLEAR + page.encodable(self._line(page, now)))
        took = self._clock() - now
        self._drawn = len(self._trials)
        self._due = now + max(_EVERY, _SHARE * took)

    def _line(self, page: Page, now: float) -> str:
        from pytest_llmobs.measures.trial_spending import trial_spending
        from pytest_llmobs.measures.values import running_means
        from pytest_llmobs.reports.terminal.progress import Progress, progress_line

        spent = trial_spending(self._trials)
        progress = Progress(
            done=len(self._trials),
            total=max(self._total, len(self._trials)),
            elapsed=now - self._began,
            means=running_means(self._trials),
            cost=spent.cost,
            cost_is_whole=not spent.unpriced,
            failed=sum(trial.status in FAILING for trial in self._trials),
        )
        if page.width < _ROOMY:
            return progress_line(progress, page)
        figures = replace(page, width=page.width - _BAR - 3)
        filled = _BAR * progress.done // max(progress.total, 1)
        return f"[{'#' * filled}{' ' * (_BAR - filled)}] {progress_line(progress, figures)}"

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except (
            OSError,
            ValueError,
        ):  # the terminal is gone, or somebody has closed it: the evaluation goes on
            self._stream = None


@contextmanager
def shown_progress(evaluation: Evaluation) -> Iterator[None]:
    """Show on the terminal, if there is one, how far an evaluation is while it runs within."""
    bar = progress_bar(evaluation.expected)
    if bar is None:
        yield
        return
    ended = threading.Event()
    drawing = threading.Thread(
        target=_follow, args=(evaluation, bar, ended), name="llmobs-progress", daemon=True
    )
    drawing.start()
    try:
        yield
    finally:
        ended.set()
        drawing.join()
        bar.close()


def _follow(evaluation: Evaluation, bar: ProgressBar, ended: threading.Event) -> None:
    while True:
        bar.update([row.trial for row in evaluation.rows_so_far])
        if ended.wait(_EVERY):
            return


def progress_bar(
    total: int, stream: TextIO | None = None, environ: Mapping[str, str] = os.environ
) -> ProgressBar | None:
    """Return the bar of an evaluation, or None where none belongs: in CI, in a notebook, into a file or a pipe.

    Args:
        total: Trials expected.
        stream: Standard error unless another is given.
        environ: The process's environment variables.
    """
    stream = stream or sys.stderr
    is_terminal = False
    with suppress(AttributeError, ValueError):  # a window has no stderr at all, and a closed stream says so
        is_terminal = stream.isatty()
    in_ci = environ.get("CI", "").lower() not in ("", "0", "false")
    if not is_terminal or in_ci or environ.get("TERM") == "dumb":
        return None
    return ProgressBar(total, stream, width=partial(_width_of, stream))


def _width_of(stream: TextIO) -> int:
    try:  # standard output, which the usual question is about, may go to a file
        return os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return shutil.get_terminal_size().columns
