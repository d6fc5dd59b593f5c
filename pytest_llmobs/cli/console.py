"""Where the command line writes: results to one stream, notes about them to the other."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from pytest_llmobs import wording
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page


@dataclass(frozen=True)
class Console:
    """Standard output and error, and the page that output is."""

    page: Page
    out: TextIO
    err: TextIO
    wraps_notes: bool = False
    """Break notes at the page's width: a terminal would break within words. A log keeps each in one line."""

    def say(self, text: str) -> None:
        """Print a result."""
        self.say_finished(self.page.finished(text))

    def say_finished(self, text: str) -> None:
        """Print a result that is finished: a report may be commands to a CI system, and nothing else may."""
        print(text, file=self.out)

    def note(self, text: str) -> None:
        """Print what is about the result and no part of it (to standard error, so that pipes stay clean)."""
        page = Page(width=self.page.width, encoding=self.err.encoding or "ascii")
        shown = page.text(text)
        # a text of several lines is laid out already
        if self.wraps_notes and "\n" not in shown:
            shown = "\n".join(cells.wrap(shown, page.width))
        print(page.finished(shown), file=self.err)

    def json(self, value: Any) -> None:
        """Print a result for machines; what JSON has no form for becomes text."""
        utf8 = self.page.encoding.lower().replace("-", "") == "utf8"
        text = json.dumps(value, indent=2, ensure_ascii=not utf8, default=str)
        # in JSON an escape is the same text
        text = wording.UNSEEN.sub(_escaped, wording.COMMAND_ANYWHERE.sub(r"\\u0023", text))
        print(text, file=self.out)

    def csv(self, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Print a result for spreadsheets: texts and numbers as they are, what has parts as JSON."""
        writer = csv.writer(self.out, lineterminator="\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow(list(map(self._csv_cell, row)))

    def _csv_cell(self, value: Any) -> Any:
        if isinstance(value, dict | list):
            value = json.dumps(value, ensure_ascii=False, default=str)
        if isinstance(value, str):
            return self.page.encodable(value)
        return value


def _escaped(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]


def open_console(color: str = "auto", environment: Mapping[str, str] | None = None) -> Console:
    """Return the console of this process.

    Args:
        color: ``auto`` (a terminal without ``NO_COLOR``), ``always`` or ``never``.
        environment: The environment variables; the process's own by default.
    """
    known = os.environ if environment is None else environment
    page = Page(
        width=max(shutil.get_terminal_size().columns, 40),
        color=color == "always" or (color == "auto" and _takes_color(sys.stdout, known)),
        encoding=sys.stdout.encoding or "ascii",
    )
    return Console(page, sys.stdout, sys.stderr, sys.stderr.isatty())


def _takes_color(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Follow the conventions of no-color.org and force-color.org."""
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environment.get("TERM") != "dumb"
