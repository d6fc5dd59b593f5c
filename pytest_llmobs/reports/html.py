"""The report as a page for a browser: one file that needs nothing else, with the terminal's text on it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from pytest_llmobs.reports.terminal.section import TerminalReport
from pytest_llmobs.reports.text.page import Page

if TYPE_CHECKING:
    from pytest_llmobs.reports.context import Context
    from pytest_llmobs.reports.digest.experiment import Digest

_WIDTH = 110
"""Cells a line: what a browser shows without scrolling, and most tables need."""
_COLORS = {"red": "#c62828", "yellow": "#b26a00", "green": "#2e7d32"}
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}: {word}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }}
h1 {{ font-size: 1.3rem; overflow-wrap: anywhere; }}
.verdict {{ border-left: .4rem solid {color}; padding: .4rem .8rem; font-weight: 600; }}
pre {{ font: 13px/1.45 ui-monospace, monospace; overflow-x: auto; }}
</style>
<h1>{name}</h1>
<p class="verdict">{headline}</p>
<pre>{text}</pre>
</html>"""


class HtmlReport:
    """A page that shows what the terminal shows. Everything foreign on it is escaped, and it loads nothing."""

    name = "html"
    suffix = ".html"

    def render(self, digest: Digest, page: Page, context: Context) -> str:
        """Return the page, ending without a line break."""
        del page  # of a terminal, or of a file of text
        own = Page(width=_WIDTH)
        text = TerminalReport().render(digest, own, context)
        return _PAGE.format(
            name=escape(own.line(digest.experiment.name)),
            word=escape(digest.verdict.word),
            color=_COLORS[digest.verdict.light],
            headline=escape(own.line(digest.verdict.headline)),
            text=escape(own.finished(text)),
        )
