"""One reviewer's session, between keys and engine: what a key does to the item under way, and what is then shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pytest_llmobs.cli.commands.review.terminal.answer_edit import AnswerEdit
from pytest_llmobs.cli.commands.review.terminal.document import Document
from pytest_llmobs.cli.commands.review.terminal.done import Done, done_to
from pytest_llmobs.cli.commands.review.terminal.focus import Focus
from pytest_llmobs.cli.commands.review.terminal.key_reader import PASTE, Key
from pytest_llmobs.cli.commands.review.terminal.line_editor import Entry, LineEditor
from pytest_llmobs.cli.commands.review.terminal.reading import Reading
from pytest_llmobs.cli.commands.review.terminal.screen import COMMENT, Shown
from pytest_llmobs.errors import ArgumentError, LlmobsError
from pytest_llmobs.review.keys import Command, Keymap, answers_named, choice_keys
from pytest_llmobs.review.records import Verdict
from pytest_llmobs.review.rubric.answers import read_answer
from pytest_llmobs.review.rubric.questions import Question

if TYPE_CHECKING:
    from pytest_llmobs.review.sessions import ReviewSession
    from pytest_llmobs.review.working.current import Current

_CLOSING = ("Escape", "?", "q")
"""Keys that close the help."""


class Reviewing:
    """Keys in, commands to the engine out."""

    def __init__(self, session: ReviewSession, *, prefills: bool = True) -> None:
        """Begin with the item that the engine shows.

        Args:
            session: The engine.
            prefills: Let lines begin with what is there already, to be changed; scripts give them whole.
        """
        self._session = session
        self._keymap = Keymap(session.queue)
        self._prefills = prefills
        self._message, self._style = "", "yellow"
        self._entry: Entry | None = None
        self._focus = Focus(session)
        self._answer_edit = AnswerEdit(session)
        self.reading = Reading(session, self._keymap)
        """The text on the screen."""
        self._editing = False
        self._quits = False
        self.done: list[Done] = []
        """Everything that was done, in order."""
        self.notices: list[str] = []
        """Everything that the engine had to tell, in order."""
        self._arrive()

    @property
    def quits(self) -> bool:
        """True once the reviewer is through."""
        return self._quits

    @property
    def is_blank(self) -> bool:
        """True where nothing was said of the item under way."""
        return self._session.current is None or self._session.current.is_untouched

    @property
    def current(self) -> Current | None:
        """The item under way."""
        return self._session.current

    @property
    def why_empty(self) -> str:
        """Why there is no item."""
        return self._session.why_empty

    @property
    def is_writing(self) -> bool:
        """True while a line is being written."""
        return self._entry is not None

    @property
    def message(self) -> str:
        """What was last said to the reviewer."""
        return self._message

    def take_edit(self) -> bool:
        """Return True once where the reviewer asked for an editor."""
        asked, self._editing = self._editing, False
        return asked

    def take_help(self) -> Document | None:
        """Close the help, and return it where it was open: without a screen it is printed, and over."""
        if not self.reading.is_help:
            return None
        self.reading.show_help(False)
        return self.reading.help_document()

    def press(self, key: Key) -> bool:
        """Do what a key does; return False where it made no sense, which the message says."""
        self._message = ""
        try:
            if self._entry is not None:
                self._write(self._entry, key)
            elif self.reading.is_help and key.name in _CLOSING:
                self.reading.show_help(False)
            else:
                self._command(key)
        except LlmobsError as error:
            self._say(str(error), "red")
            return False
        finally:
            self._renew()
            self._tell_notices()
        return True

    def _renew(self) -> None:
        try:
            self._session.renew()
        except LlmobsError as error:
            # what the key did is done, and is what counts
            self._say(" ".join(filter(None, [self._message, str(error)])), "red")

    def shown(self) -> Shown:
        """Return what is to be seen now."""
        current = self._session.current
        entry = self._entry
        return Shown(
            title=f"{self._session.queue.name}, {self._session.reviewer}",
            progress=self._session.progress,
            keymap=self._keymap,
            document=self.reading.document(),
            top=self.reading.top,
            is_empty=current is None,
            current=None if self.reading.is_help else current,
            questions=self._focus.questions(),
            focus=self._focus.key,
            message=self._message,
            style=self._style,
            entry="" if entry is None else entry.title,
            line=None if entry is None else entry.line,
        )

    def text_to_edit(self) -> tuple[str, str]:
        """Return the answer as a text, as it was corrected so far, and the end of a file's name for it."""
        return self._answer_edit.text(self._needed())

    def take_text(self, text: str) -> None:
        """Take the answer as somebody edited it.

        Raises:
            ArgumentError: No text was left; or it must be JSON and isn't: then it is kept, and edited again next time.
        """
        self._say(self._answer_edit.take(self._needed(), text), "green")

    def edit_here(self) -> None:
        """Let the answer be edited in a line of the screen."""
        text, _ = self.text_to_edit()
        self._begin("answer", text if self._prefills else "", self.take_text, has_lines=self._prefills)

    def fail(self, error: Exception) -> None:
        """Say that something went wrong outside."""
        self._say(str(error), "red")

    def _command(self, key: Key) -> None:
        command = self._keymap.command(key.name)
        if command is None:
            if key.name == PASTE:
                raise ArgumentError("What is pasted here does nothing. c opens a line for it.")
            raise ArgumentError(f"The key {key.name!r} does nothing here. ? shows those that do.")
        # whoever knows the key needs the help no longer
        if self.reading.is_help and command.action not in ("scroll", "quit"):
            self.reading.show_help(False)
        _ACTIONS[command.action](self, command)

    def _decide(self, command: Command) -> None:
        if command.action == "accept":
            self._save("accept", "accept", None)
        elif command.action == "reject":
            self._save("reject", "reject", command.value or None)
        elif self.is_blank:
            self._needed()
            raise ArgumentError("Nothing is said of this item yet: a accepts it, s leaves it for later.")
        else:
            self._save("save", None, None)

    def _save(self, do: str, verdict: Verdict | None, mode: str | None) -> None:
        current = self._needed()
        self._answer_edit.check()
        # taken now: the engine goes on to the next item
        record = done_to(current, do, mode)
        try:
            is_kept = self._session.save(verdict, mode)
        except ArgumentError:
            # the next digit answers what was asked for
            self._focus.go_to_missing()
            raise
        if is_kept:
            self.done.append(record)
        self._arrive()

    def _answer(self, command: Command) -> None:
        question = self._focused()
        keys = choice_keys(question)
        if not keys:
            self._write_answer(command)
            return
        if command.value not in keys:
            raise ArgumentError(
                f"{question.key!r} has no answer {command.value!r}. It takes {answers_named(question)}."
            )
        self._session.answer(question.key, keys[command.value].value)
        self._focus.go_on(question)

    def _write_answer(self, command: Command) -> None:
        question = self._focused()

        def finish(text: str) -> None:
            self._session.answer(question.key, read_answer(question, text))
            self._focus.go_on(question)

        given = self._needed().answers.get(question.key)
        text = command.value
        if not text and given is not None and self._prefills:
            text = str(given)
        self._begin(question.key, text, finish)

    def _clear(self, _: Command) -> None:
        question = self._focused()
        self._session.clear(question.key)

    def _edit(self, _: Command) -> None:
        self._needed()
        self._editing = True

    def _comment(self, _: Command) -> None:
        comment = self._needed().comment or ""
        self._begin(COMMENT, comment if self._prefills else "", self._keep_comment)
        if self._entry is not None and self._prefills:
            self._entry.keep, self._entry.before = self._keep_comment, comment

    def _keep_comment(self, text: str) -> None:
        comment = text.strip() or None
        if comment != self._needed().comment:
            self._session.say(comment)

    def _skip(self, _: Command) -> None:
        current = self._needed()
        record = done_to(current, "skip")
        self._session.skip()
        self.done.append(record)
        self._arrive()

    def _undo(self, _: Command) -> None:
        if self._answer_edit.drop():
            self._say("What you wrote is dropped.")
            return
        current = self._session.current
        is_step = current is not None and bool(current.steps)
        undone = self._session.undo()
        if not undone:
            raise ArgumentError("There is nothing left to undo.")
        self._arrive()
        if is_step:
            self._say("The last change is taken back.")
        elif self._session.current is not None and self._session.current.run_id == undone:
            self.done.append(done_to(self._session.current, "undo"))
            self._say("Your last step is taken back. This was the item.")
        else:
            self._say("Your last step is taken back.")

    def _jump(self, _: Command) -> None:
        def finish(text: str) -> None:
            self._session.jump(text.strip())
            self._arrive()

        self._begin("go to", "", finish)

    def _help(self, _: Command) -> None:
        self.reading.show_help(True)

    def _quit(self, _: Command) -> None:
        self._quits = True

    def _move_focus(self, command: Command) -> None:
        self._focus.move(1 if command.value == "next" else -1)

    def _scroll(self, command: Command) -> None:
        self.reading.scroll(command.value)

    def _write(self, entry: Entry, key: Key) -> None:
        if key.name == "Ctrl+C":
            self._quits = True
        elif key.name == "Escape":
            self._entry = None
            if entry.keep is not None:
                entry.keep(entry.before)
        # a pipe's line ends with what a terminal sends for Ctrl+J
        elif key.name == "Enter" or (key.name == "Ctrl+J" and not entry.line.has_lines):
            entry.finish(entry.line.text)
            self._entry = None
        else:
            entry.line.press(key)
            if entry.keep is not None:
                entry.keep(entry.line.text)

    def _begin(
        self, title: str, text: str, finish: Callable[[str], None], *, has_lines: bool = False
    ) -> None:
        self._entry = Entry(title, LineEditor.of(text, has_lines=has_lines), finish)

    def _needed(self) -> Current:
        """Return the item under way.

        Raises:
            ArgumentError: There is none.
        """
        if self._session.current is None:
            raise ArgumentError(self._session.why_empty)
        return self._session.current

    def _focused(self) -> Question:
        self._needed()
        return self._focus.question()

    def _arrive(self) -> None:
        """Begin with the item that the engine shows now: at its top, at the first question without an answer."""
        self.reading.go_to_top()
        self._answer_edit.drop()
        self._focus.arrive()
        self._tell_notices()

    def _say(self, text: str, style: str = "yellow") -> None:
        self._message, self._style = text, style

    def _tell_notices(self) -> None:
        notices = self._session.take_notices()
        self.notices += notices
        if notices:
            self._say(" ".join(filter(None, [self._message, *notices])), self._style)


_ACTIONS: Mapping[str, Callable[[Reviewing, Command], None]] = {
    "accept": Reviewing._decide,
    "reject": Reviewing._decide,
    "save": Reviewing._decide,
    "answer": Reviewing._answer,
    "write": Reviewing._write_answer,
    "clear": Reviewing._clear,
    "edit": Reviewing._edit,
    "comment": Reviewing._comment,
    "skip": Reviewing._skip,
    "undo": Reviewing._undo,
    "jump": Reviewing._jump,
    "help": Reviewing._help,
    "quit": Reviewing._quit,
    "focus": Reviewing._move_focus,
    "scroll": Reviewing._scroll,
}
