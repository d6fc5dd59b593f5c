"""What is read of an item."""

from __future__ import annotations

from pytest_llmobs.cli.commands.review.terminal.document import Document
from pytest_llmobs.cli.commands.review.terminal.item_blocks import blocks
from pytest_llmobs.reports.text.page import Page
from tests.unit.cli.review.terminal.engine import make_current


def test_an_answer_that_is_not_there_is_said() -> None:
    current = make_current(1, question="Where is it?", answer=" ", outputs={})
    lines = Document(blocks(current)).on(Page(width=80)).lines(0, 10)
    assert list(lines) == ["Question", "Where is it?", "", "Answer", "(empty)"]
