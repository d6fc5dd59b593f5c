"""What a reviewer has said so far, below the text: the rubric with its keys and answers, the comment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pytest_llmobs.cli.commands.review.terminal.document import isolated
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.review.keys import answers_named, choice_keys
from pytest_llmobs.review.records import Answer
from pytest_llmobs.review.rubric.questions import Question

if TYPE_CHECKING:
    from pytest_llmobs.review.working.current import Current

_MOST_OF_ONE = 3
"""Lines of the item in focus."""
_NAME = 24
"""Cells of an item's name."""


def panel(
    questions: Sequence[Question],
    current: Current,
    focus: str | None,
    page: Page,
    most: int,
    *,
    is_comment_written: bool = False,
) -> list[str]:
    """Return the lines of the rubric, the one in focus always among them.

    Args:
        questions: Those that are asked after the answers so far.
        current: The item under way.
        focus: The key of the question that a digit answers.
        page: Where they go.
        most: Lines that there is room for.
        is_comment_written: It is seen elsewhere, where it is being written.
    """
    lines: list[str] = []
    start = 0
    names = [page.clip(page.line(question.key), _NAME) for question in questions]
    width = max(map(cells.width, names), default=0)
    for name, question in zip(names, questions, strict=True):
        is_focus = question.key == focus
        if is_focus:
            start = len(lines)
        lines += _question_lines(cells.pad(name, width), question, current, page, is_focus=is_focus)
    if current.comment and not is_comment_written:
        lines.append(isolated(page.clip(f"comment: {page.line(current.comment)}", page.width), page))
    if len(lines) <= most:
        return lines
    # the item in focus, and what comes before it as far as there is room
    first = max(min(start - 1, len(lines) - most), 0)
    return lines[first : first + most]


def _question_lines(
    name: str, question: Question, current: Current, page: Page, *, is_focus: bool
) -> Iterator[str]:
    mark = ">" if is_focus else " "
    lead = f"{mark} {name}  "
    room = page.width - cells.width(lead)
    given = current.answers.get(question.key)
    if given is not None:
        shown = isolated(page.clip(page.line(answer_named(question, given)), room), page)
        yield page.paint(lead, "bold" if is_focus else "") + page.paint(shown, "green")
        return
    text = _asked(question)
    if not is_focus:
        yield lead + page.paint(isolated(page.clip(page.line(text), room), page), "dim")
        return
    if question.description:
        text = f"{question.description} {page.signs.dot} {text}"
    lines = cells.wrap(page.line(text), max(room, 20))
    if len(lines) > _MOST_OF_ONE:
        # the rest on one line, to be clipped: its sign says that there is more
        lines[_MOST_OF_ONE - 1 :] = [page.clip(" ".join(lines[_MOST_OF_ONE - 1 :]), max(room, 20))]
    for line in lines:
        yield page.paint(lead + isolated(line, page), "bold")
        lead = " " * cells.width(lead)


def _asked(question: Question) -> str:
    text = answers_named(question)
    if not choice_keys(question):
        text = f"= writes it: {text}"
    if question.is_required:
        return f"{text} (required)"
    return text


def answer_named(question: Question, answer: Answer) -> str:
    """Return an answer with what it means: ``4 good``, ``0 no``."""
    shown = answer if isinstance(answer, str) else f"{float(answer):g}"
    for choice in question.choices:
        if choice.value == answer and choice.label and choice.label != shown:
            return f"{shown} {choice.label}"
    return shown
