"""Which key does what while a queue is reviewed: a table that every screen shares, be it a terminal or a web page.

Keys have the names that browsers give them (``KeyboardEvent.key``): ``a``, ``Enter``, ``ArrowDown``, ``PageUp``; the
space bar is ``Space``, and keys held together are joined, ``Shift+Tab``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pytest_llmobs.errors import ArgumentError
from pytest_llmobs.review.records import AnnotationQueue
from pytest_llmobs.review.rubric.questions import Choice, Question

KeyAction = Literal[
    "accept",
    "reject",
    "save",
    "answer",
    "write",
    "clear",
    "edit",
    "comment",
    "skip",
    "undo",
    "jump",
    "help",
    "quit",
    "focus",
    "scroll",
]
"""What a key may do."""

DIGITS = "1234567890"
"""In the order in which they lie on a keyboard: the tenth choice is at 0."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Command:
    """What a key does."""

    action: KeyAction
    value: str = ""
    """The failure mode of a ``reject``, the digit of an ``answer``, where ``focus`` and ``scroll`` go."""
    label: str = ""
    """What stands beside the key: a word or two."""
    help: str = ""
    """What it does, in a sentence."""


@dataclass(frozen=True)
class Binding:
    """One row of the table."""

    keys: Sequence[str]
    """Each of them does it."""
    command: Command


_VERDICTS = (
    Binding("a", Command("accept", label="accept", help="Accept the answer, and go to the next item.")),
    Binding(
        "x", Command("reject", label="reject", help="Reject it without saying why, and go to the next item.")
    ),
)
_ANSWERS = (
    Binding(
        ("Enter",),
        Command("save", label="save", help="Save the answers to the rubric alone, and go to the next item."),
    ),
    Binding(
        "=",
        Command(
            "write", label="write", help="Write the answer to the rubric's item in focus: a number or a text."
        ),
    ),
    Binding(
        ("Backspace", "Delete"),
        Command("clear", label="clear", help="Take back the answer to the rubric's item in focus."),
    ),
)
_REST = (
    Binding(
        "e",
        Command("edit", label="edit", help="Correct the answer in $VISUAL or $EDITOR, or else right here."),
    ),
    Binding("c", Command("comment", label="comment", help="Say why, in a line.")),
    Binding("s", Command("skip", label="skip", help="Leave the item for later: it comes last.")),
    Binding(
        "u",
        Command(
            "undo",
            label="undo",
            help="Take back the last answer, then your last decision, and so on back to the first.",
        ),
    ),
    Binding(
        "/",
        Command("jump", label="jump", help="Go to an item: its number, its run's id, words of its question."),
    ),
    Binding("?", Command("help", label="help", help="Show these keys and the instructions; again: go back.")),
    Binding(
        ("q", "Ctrl+C"),
        Command("quit", label="quit", help="Quit. What isn't saved yet is there again next time."),
    ),
)
_MOVES = (
    Binding(("Tab", "ArrowRight"), Command("focus", "next", help="Go to the rubric's next item.")),
    Binding(("Shift+Tab", "ArrowLeft"), Command("focus", "previous", help="Go to the one before.")),
    Binding(("Space", "PageDown"), Command("scroll", "page", help="Read on.")),
    Binding(("b", "PageUp"), Command("scroll", "page back", help="Read back.")),
    Binding(("ArrowDown",), Command("scroll", "line", help="Read on by a line.")),
    Binding(("ArrowUp",), Command("scroll", "line back", help="Read back by a line.")),
    Binding(("Home",), Command("scroll", "start", help="Go to the beginning of the text.")),
    Binding(("End",), Command("scroll", "end", help="Go to its end.")),
)


class Keymap:
    """The keys of one queue: the same for all queues, but for those of its failure modes."""

    def __init__(self, queue: AnnotationQueue) -> None:
        """Give each failure mode a key.

        Raises:
            ArgumentError: There are more failure modes than letters.
        """
        modes = []
        for key, mode in mode_keys(queue.failure_modes).items():
            modes.append(Binding(key, Command("reject", mode, mode, f"Reject the answer: {mode}.")))
        self.verdicts: Sequence[Binding] = (*_VERDICTS, *modes)
        """What decides on an item at one key."""
        self.others: Sequence[Binding] = (*_ANSWERS, *_REST, *_MOVES)
        self._by_key: dict[str, Command] = {}
        for binding in self.bindings:
            self._by_key.update(dict.fromkeys(binding.keys, binding.command))

    @property
    def bindings(self) -> Sequence[Binding]:
        """The whole table, in the order of the help."""
        digits = Command(
            "answer",
            label="answer",
            help="Answer the rubric's item in focus, and go to the next item of the rubric.",
        )
        return (*self.verdicts, Binding(DIGITS, digits), *self.others)

    def command(self, key: str) -> Command | None:
        """Return what a key does; None where it does nothing."""
        if len(key) == 1 and key in DIGITS:
            return Command("answer", key)
        return self._by_key.get(key)

    def as_data(self) -> list[dict[str, Any]]:
        """Return the table as JSON's values, for a web page."""
        rows = []
        for binding in self.bindings:
            rows.append({"keys": list(binding.keys), **vars(binding.command)})
        return rows


def mode_keys(modes: Iterable[str]) -> Mapping[str, str]:
    """Return the key of each failure mode, by key.

    The first letter of a word that no other mode has comes before those of shared words: ``f`` and ``t`` for "wrong
    fact" and "wrong tone". Then come the other letters of its words, then any.

    Raises:
        ArgumentError: There are more modes than letters.
    """
    names = list(modes)
    shared: Counter[str] = Counter()
    for name in names:
        shared.update(set(name.casefold().split()))
    taken: set[str] = set()
    for binding in (*_VERDICTS, *_ANSWERS, *_REST, *_MOVES):
        taken.update(binding.keys)
    by_key: dict[str, str] = {}
    for name in names:
        key = next((letter for letter in _candidates(name, shared) if letter not in taken), None)
        if key is None:
            raise ArgumentError(
                f"{len(names)} failure modes are more than there are letters: {name!r} gets no key. Leave some out."
            )
        taken.add(key)
        by_key[key] = name
    return by_key


def _candidates(mode: str, shared: Mapping[str, int]) -> Iterator[str]:
    # what tells a mode from the others is what a reviewer has in mind
    words = sorted(mode.casefold().split(), key=lambda word: shared[word] > 1)
    for word in words:
        if word[0].isalpha():
            yield word[0]
    for letter in "".join(words):
        if letter.isalpha():
            yield letter
    yield from _LETTERS
    yield from _LETTERS.upper()


def choice_keys(question: Question) -> Mapping[str, Choice]:
    """Return the digit of each choice, by digit; empty where a question has more than ten, or none.

    Whole numbers from 0 to 9 are at their own digits, 10 is at 0; all else is counted from 1.
    """
    if question.kind != "choice" or len(question.choices) > len(DIGITS):
        return {}
    numbers = list(map(_whole, question.choices))
    own_digits = [number for number in numbers if number is not None and 0 <= number <= 10]
    # on a scale that has both, 0 is nothing and 10 must be written
    if len(own_digits) == len(numbers) and not {0, 10} <= set(own_digits):
        return {str(number % 10): choice for number, choice in zip(own_digits, question.choices, strict=True)}
    return dict(zip(DIGITS, question.choices, strict=False))


def _whole(choice: Choice) -> int | None:
    if isinstance(choice.value, str) or choice.value != int(choice.value):
        return None
    return int(choice.value)


def answers_named(question: Question) -> str:
    """Return which answers a question takes, for a message or beside it: ``1 to 5``, ``0 no, 1 yes``, ``a text``."""
    if question.kind == "text":
        return "a text"
    if question.kind == "number":
        return _bounds(question)
    keys = choice_keys(question)
    if not keys:
        return f"{len(question.choices)} choices, from {_shown(question.choices[0])} to {_shown(question.choices[-1])}"
    names = []
    for key, choice in keys.items():
        value = _shown(choice)
        names.append(key if value == key and not choice.label else f"{key} {choice.label or value}")
    if all(len(name) == 1 for name in names) and len(names) > 2:
        return f"{names[0]} to {names[-1]}"
    return ", ".join(names)


def _shown(choice: Choice) -> str:
    number = _whole(choice)
    return str(choice.value) if number is None else str(number)


def _bounds(question: Question) -> str:
    if question.low is None and question.high is None:
        return "a number"
    if question.low is None:
        return f"a number up to {question.high:g}"
    if question.high is None:
        return f"a number from {question.low:g}"
    return f"{question.low:g} to {question.high:g}"
