"""Reviewing on a terminal: draw, wait for a key, do what it does."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_llmobs.cli.commands.review.terminal.editor import find_editor
from pytest_llmobs.cli.commands.review.terminal.reviewing import Reviewing
from pytest_llmobs.cli.commands.review.terminal.screen import draw
from pytest_llmobs.cli.commands.review.terminal.tty import Terminal
from pytest_llmobs.errors import LlmobsError
from pytest_llmobs.reports.text.page import Page

if TYPE_CHECKING:
    from pytest_llmobs.review.sessions import ReviewSession

_SUSPEND, _INTERRUPT, _DRAW_ANEW = "Ctrl+Z", "Ctrl+C", "Ctrl+L"


def review_on_screen(
    session: ReviewSession, terminal: Terminal, page: Page, environ: Mapping[str, str] = os.environ
) -> Reviewing:
    """Let a reviewer work on a terminal until they quit.

    Args:
        session: The engine.
        terminal: Where they sit.
        page: Its colours and encoding; the width is the terminal's own.
        environ: The process's environment variables, which may name an editor.

    Raises:
        KeyboardInterrupt: They pressed Ctrl-C; what isn't saved is in the draft.
    """
    reviewing = Reviewing(session)
    with terminal:
        while not reviewing.quits:
            # what was typed ahead is done first: nobody sees the screens between
            if not terminal.has_keys:
                _show(reviewing, terminal, page)
            try:
                key = terminal.read_key()
            except EOFError:
                # the window was closed: the draft is kept, and there is nobody to tell
                break
            if key is None or key.name == _DRAW_ANEW:
                terminal.forget()
                continue
            if key.name == _SUSPEND:
                terminal.suspend()
                continue
            reviewing.press(key)
            if key.name == _INTERRUPT:
                raise KeyboardInterrupt
            if reviewing.take_edit():
                _edit(reviewing, session, terminal, environ)
    return reviewing


def _show(reviewing: Reviewing, terminal: Terminal, page: Page) -> None:
    width, height = terminal.size
    page = replace(page, width=width)
    reviewing.reading.lay_out(page)
    drawing = draw(reviewing.shown(), page, height)
    reviewing.reading.room = drawing.room
    terminal.draw(drawing)


def _edit(
    reviewing: Reviewing, session: ReviewSession, terminal: Terminal, environ: Mapping[str, str]
) -> None:
    try:
        editor = find_editor(environ)
        if editor is None:
            reviewing.edit_here()
            return
        text, suffix = reviewing.text_to_edit()
        # keys that were typed behind the `e` are still unread: they are the editor's
        with terminal.left():
            edited = editor.edit(text, suffix, session.renew)
        reviewing.take_text(edited)
    except LlmobsError as error:
        reviewing.fail(error)
