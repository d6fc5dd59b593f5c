"""Examples of a dataset, one below the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_llmobs.records.examples import Example
from pytest_llmobs.reports.text.page import Page
from pytest_llmobs.reports.text.payloads import block, fields_text

_LINES = 3
"""Of a part that is abridged."""


def examples_page(examples: Sequence[Example], page: Page, *, everything: bool) -> list[str]:
    """Return a block an example: a line that names it and its splits, then its parts.

    Args:
        examples: In the order of the dataset.
        page: Where it goes.
        everything: Show long parts whole.
    """
    lines: list[str] = []
    for example in examples:
        if lines:
            lines.append("")
        lines += _example(example, page, None if everything else _LINES)
    return lines


def _example(example: Example, page: Page, most: int | None) -> Iterator[str]:
    splits = f" ({', '.join(example.splits)})" if example.splits else ""
    yield page.paint(page.clip(page.line(f"{example.id}{splits}"), page.width), "bold")
    for part in ("inputs", "outputs", "metadata"):
        payload = getattr(example, part)
        if payload:
            yield from block(part, fields_text(payload, page), page, most)
    if example.source_run_id:
        yield from block("run", page.line(example.source_run_id), page)
