"""Reports that the user asked for as ``FORMAT[:PATH]``: read, rendered, printed or written.

Nothing here raises once a session runs: a report that fails is a line that names it.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_llmobs.errors import SettingsError
from pytest_llmobs.files import PRIVATE, SHARED, display_path, is_special, make_private, write_whole
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.appending import append, appended_file
from pytest_llmobs.reports.base import Document, ReportFormat
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.experiment import Digest, digest
from pytest_llmobs.reports.terminal.section import TerminalReport
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.storage.layout import escape
from pytest_llmobs.wording import known, nearest

if TYPE_CHECKING:
    from pytest_llmobs.reports.failures import Failure

FOLDER = "reports"
"""Where reports lie in a store."""
_NOT_OURS = (KeyboardInterrupt, GeneratorExit)
"""What a failing report is not: all else is caught, ``SystemExit`` and pytest's own ``skip`` and ``fail`` too."""
_FILE_PAGE = Page(width=100)
"""What a file is: wide enough for most tables, without colour, and of an encoding that takes everything."""


@dataclass(frozen=True)
class ReportOrder:
    """One report to make."""

    format: ReportFormat
    path: Path | None = None
    """Where it goes; None: it is printed, or written to the format's own place."""

    @property
    def printed(self) -> bool:
        """True where it goes to the terminal."""
        return self.path is None and not self.format.suffix

    @property
    def place(self) -> Path | str:
        """What no other report may share: its path, how the name of its file ends, or its name where it is printed."""
        return self.path or self.format.suffix or self.format.name


@dataclass(frozen=True)
class Delivery:
    """What became of a report."""

    format: str
    """The format's name."""
    text: str = ""
    """To be printed."""
    siblings: Mapping[str, bytes] = field(default_factory=dict)
    """Files that belong beside it: name -> content."""
    path: Path | None = None
    """The file that was written."""
    problem: str = ""
    """Why there is neither, in a line."""
    commands: bool = False
    """True where its lines are commands to the CI system, see ``ReportFormat.render``."""

    def shown(self, page: Page) -> str:
        """Return what to print, ready for a page: the text, or the notice where there is none."""
        if self.problem or not self.text:
            return page.finished(page.text(self.notice()))
        if self.commands:
            return self.text
        return page.finished(self.text)

    def notice(self) -> str:
        """Return the line that says where the report is, or why there is none."""
        if self.problem:
            return f"! report {self.format}: {self.problem}"
        place = display_path(self.path) if self.path else ""
        return f"report {self.format}: {place}"


def read_orders(
    requests: Sequence[str], formats: Mapping[str, ReportFormat], folder: Path, option: str
) -> tuple[ReportOrder, ...]:
    """Understand what the user asked for; what is asked for twice is made once.

    Args:
        requests: ``FORMAT`` or ``FORMAT:PATH`` each.
        formats: By name.
        folder: What a relative path is relative to.
        option: Where the requests come from, for messages: ``--llm-report``.

    Raises:
        SettingsError: There is no such format, a path is missing after its colon, or two reports would be one file.
    """
    orders: dict[Path | str, ReportOrder] = {}
    for request in dict.fromkeys(requests):
        order = _read_order(request, formats, folder, option)
        other = orders.setdefault(order.place, order)
        if other is not order:
            raise SettingsError(
                f"{option}: the reports {other.format.name!r} and {order.format.name!r} would be one file. "
                f"Name another one, {order.format.name}:PATH."
            )
    return tuple(orders.values())


def _read_order(request: str, formats: Mapping[str, ReportFormat], folder: Path, option: str) -> ReportOrder:
    name, colon, path = request.partition(":")
    chosen = formats.get(name)
    if chosen is None:
        one_each = " Give one at a time, in the ini file one a line." if "," in name else ""
        raise SettingsError(
            f"Unknown report {name!r} for {option}.{nearest(name, formats)} {known(formats)}{one_each} "
            "The hook pytest_llmobs_reports in the conftest.py of the rootdir adds one."
        )
    # only the first colon counts: a path may have its own
    if not colon:
        return ReportOrder(chosen)
    if not path:
        raise SettingsError(
            f"{option} {request!r} names no file after the colon. Write {name}:PATH, or {name} alone."
        )
    if path == "-":
        raise SettingsError(
            f"{option} {request!r} names a file '-', not the output. Write {name}:/dev/stdout; {name}:./- is the file."
        )
    try:
        return ReportOrder(chosen, folder / Path(path).expanduser())
    except RuntimeError as error:
        raise SettingsError(
            f"{option} {request!r} begins with the home of a user that isn't known here. Write the whole path."
        ) from error


@dataclass(frozen=True)
class Reports:
    """The reports of one finished experiment: the terminal's, and all that were ordered besides."""

    experiment: Experiment
    context: Context
    orders: Sequence[ReportOrder] = ()
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    """The process's, which may name files that reports are added to."""

    @cached_property
    def digest(self) -> Digest | Delivery:
        """What all of them tell; computed once. Where that fails, the notice that says so."""
        try:
            return digest(self.experiment, self.context)
        except _NOT_OURS:
            raise
        except BaseException as error:
            return Delivery("digest", problem=reason_of(error))

    def ended(self, exit_status: int) -> Reports:
        """Return the reports for a session that ended with this status, whoever set it; red is told already."""
        if self.experiment.red or exit_status == 0:
            return self
        end = replace(self.experiment.end, exit_status=exit_status)
        return replace(self, experiment=replace(self.experiment, end=end))

    def failures(self) -> list[Failure]:
        """Return each red verdict as one failure, for pytest's counts; none where that fails."""
        if isinstance(self.digest, Delivery):
            return []
        from pytest_llmobs.reports.failures import failures  # a green session has none

        return list(failures(self.digest))

    def printed(self, page: Page, *, ordered_alone: bool = False) -> Iterator[Delivery]:
        """Render what goes to the terminal: its own report first.

        Args:
            page: The terminal.
            ordered_alone: Leave the terminal's own out unless it was ordered.
        """
        if not ordered_alone:
            yield self._rendered(TerminalReport(), page)
        for order in self.orders:
            # the terminal's own may have been printed already
            if order.printed and (ordered_alone or order.format.name != TerminalReport.name):
                yield self._rendered(order.format, page)

    def written(self, folder: Path | None) -> Iterator[Delivery]:
        """Write what goes to files.

        Args:
            folder: For files without a path of the user's own; it is made where it is missing. None where there is
                no such place, because the store is on another machine.
        """
        for order in self.orders:
            if not order.printed:
                yield self._written(order, folder)

    def _rendered(self, chosen: ReportFormat, page: Page, file: str = "") -> Delivery:
        if isinstance(self.digest, Delivery):
            return self.digest
        try:
            text: object = chosen.render(self.digest, page, replace(self.context, file=file))
            if isinstance(text, str):
                commands = bool(getattr(chosen, "commands", False))
                return Delivery(chosen.name, text=page.encodable(text), commands=commands)
            if isinstance(text, Document):
                return Delivery(chosen.name, text=page.encodable(text.text), siblings=text.siblings)
        except _NOT_OURS:
            raise
        except BaseException as error:
            return Delivery(chosen.name, problem=reason_of(error))
        kind = type(chosen)
        where = f"{kind.__module__}.{kind.__qualname__}.render"
        return Delivery(chosen.name, problem=f"{where} returned {type(text).__name__}, and no text")

    def _written(self, order: ReportOrder, folder: Path | None) -> Delivery:
        path, mode = order.path, SHARED
        shared = appended_file(order.format, self.environment) if path is None else None
        if shared is not None:
            return self._appended(order, shared)
        if path is None and folder is not None:
            mode = PRIVATE
            path = folder / f"{escape(self.experiment.name)}{order.format.suffix}"
        if path is None:
            name = order.format.name
            return Delivery(name, problem=f"the store is on another machine; name a file here, {name}:PATH")
        # beside a pipe or a device nothing can lie
        report = self._rendered(order.format, _FILE_PAGE, "" if is_special(path) else path.name)
        if report.problem:
            return report
        try:
            _write(path, report, mode)
        except FileExistsError:
            reason = "a file stands in the place of its folder"
        except (OSError, ValueError) as error:  # a path with NUL in it is a ValueError
            reason = str(getattr(error, "strerror", None) or error)
        else:
            return replace(report, path=path)
        remedy = "" if order.path else f"; name another place, {order.format.name}:PATH"
        return replace(report, problem=f"can't write {str(path)!r}: {reason}{remedy}")

    def _appended(self, order: ReportOrder, path: Path) -> Delivery:
        """Add a report to a file that others write to, too."""
        report = self._rendered(order.format, _FILE_PAGE)
        if report.problem:
            return report
        try:
            return replace(report, path=path, problem=append(path, report.text))
        except OSError as error:
            return replace(report, problem=f"can't add to {str(path)!r}: {error.strerror or error}")


def _write(path: Path, report: Delivery, mode: int) -> None:
    # a lone surrogate has no UTF-8; an escape shows it, and is what JSON would say
    content = f"{report.text}\n".encode("utf-8", "backslashreplace")
    if mode == PRIVATE:
        make_private(path.parent)
    path.parent.mkdir(parents=True, exist_ok=True)
    # the page that points to them comes last: it must not stand alone
    for name, sibling in report.siblings.items():
        write_whole(path.with_name(name), sibling, mode=mode)
    write_whole(path, content, mode=mode)


def reason_of(error: BaseException) -> str:
    """Return what a report failed with, and where, in one line."""
    message = " ".join(str(error).split())
    text = f"{type(error).__name__}: {message}"
    # the last frame is enough to find the line in a format of the user's own
    frames = traceback.extract_tb(error.__traceback__)
    return f"{text} ({frames[-1].filename}:{frames[-1].lineno})"
