"""An item as its reviewer reads it: question, answer, correction, what others said, context."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_llmobs.cli.commands.review.terminal import correction
from pytest_llmobs.cli.commands.review.terminal.document import Block, columns_block, text_block
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.payloads import fields_text
from pytest_llmobs.review.records import Decision

if TYPE_CHECKING:
    from pytest_llmobs.review.working.current import Current


def blocks(current: Current) -> Sequence[Block]:
    """Return the parts of an item, in the order in which they are read."""
    material = current.material
    parts = [
        text_block("Question", _or_empty(material.question)),
        text_block("Answer", _or_empty(material.answer)),
    ]
    if current.correction is not None:
        form = correction.form_of(material.outputs)
        parts.append(text_block("Correction", correction.text_of(current.correction, form), "green"))
    if current.peers:
        parts.append(columns_block([_said(peer) for peer in current.peers]))
    if any(material.others.values()):
        # only where the reviewer asked for a review that isn't blind
        parts.append(partial(_others, material.others))
    for number, passage in enumerate(material.context, 1):
        title = f"Context {number} of {len(material.context)}"
        if passage.source:
            title = f"{title}: {passage.source}"
        parts.append(text_block(title, passage.text))
    return parts


def _or_empty(text: str) -> str:
    # a blank on the screen might be a fault of the screen
    return text if text.strip() else "(empty)"


def _others(others: Mapping[str, Any], page: Page) -> Iterator[str]:
    shown = {name: value for name, value in others.items() if value}
    yield from text_block("About the run", fields_text(shown, page))(page)


def _said(peer: Decision) -> tuple[str, str]:
    """Return what another reviewer said, with a title: only an adjudicator sees it."""
    verdict: str = peer.verdict or "no verdict"
    lines = [f"{verdict}: {peer.mode}" if peer.mode else verdict]
    for key, answer in peer.answers.items():
        lines.append(f"{key}: {answer}")
    if peer.comment:
        lines.append(f"“{peer.comment}”")
    if peer.correction is not None:
        form = correction.form_of(peer.correction)
        lines += ["corrected:", correction.text_of(peer.correction, form)]
    return peer.reviewer, "\n".join(lines)
