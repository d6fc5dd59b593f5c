"""Inputs and outputs as a person reads them, in blocks with a title on the left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pytest_llmobs.records import conversation
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page

TITLE_WIDTH = 9
"""Cells of a block's title."""
_CONVERSATIONS = ("messages", "input")
_REPLIES = ("chat.completion", "text_completion", "response")
"""How OpenAI's bodies say that they are a model's reply."""
_DIGITS = 12
"""Of a kept file's SHA-256, shown."""


def block(title: str, text: str, page: Page, most: int | None = None, hint: str = "") -> Iterator[str]:
    """Yield ``text`` wrapped behind its title; nothing where it is empty.

    Args:
        title: At most nine letters.
        text: Already harmless (``Page.text``).
        page: Where it goes.
        most: Lines after which it is cut, or None.
        hint: Appended to the number of lines left out: how to see them.
    """
    text = text.strip("\n")
    if not text:
        return
    lines = list(map(str.rstrip, cells.wrap(text, inner(page).width)))
    if most is not None and len(lines) > most:
        # one more than is cut, since the hint takes a line of its own
        more = f"{page.signs.ellipsis} {len(lines) - most + 1} more lines{hint}"
        lines = [*lines[: most - 1], page.paint(page.clip(more, inner(page).width), "dim")]
    yield from titled(title, lines, page)


def titled(title: str, lines: Sequence[str], page: Page) -> Iterator[str]:
    """Yield ``lines`` behind a title on the first of them."""
    lead = page.paint(title.ljust(TITLE_WIDTH), "cyan")
    for line in lines:
        yield f"{lead}  {line}".rstrip()
        lead = " " * TITLE_WIDTH


def inner(page: Page) -> Page:
    """Return the page that is left beside the titles."""
    return replace(page, width=max(page.width - TITLE_WIDTH - 2, 20))


def fields_text(payload: Mapping[str, Any] | None, page: Page) -> str:
    """Return a payload as text: a lone ``output`` or a reply as its words, else ``key: value`` lines."""
    if payload is None:
        return "nothing was recorded"
    # what a target returned that is no dict; the key is ours and says nothing
    if list(payload) == ["output"]:
        return page.value(payload["output"])
    if _is_reply(payload):
        reply = conversation.reply(payload)
        if reply is not None:
            return page.text(words(reply))
    lines = []
    for key, value in payload.items():
        lines.append(_field(page, key, value))
    return "\n".join(lines)


def _is_reply(payload: Mapping[str, Any]) -> bool:
    """Return True for what a model's API replied; a dict of the user's own is shown whole."""
    return payload.get("role") == "assistant" or payload.get("object") in _REPLIES


def _is_message(item: Any) -> bool:
    return isinstance(item, Mapping) and ("role" in item or "type" in item)


def words(content: Any) -> str:
    """Return a message's content as text; parts that are no text as ``[type]``."""
    if isinstance(content, str):
        return content
    if isinstance(content, list | tuple):
        return "\n".join(map(_part, content))
    if content is None:
        return ""
    return str(content)


def _part(part: Any) -> str:
    if not isinstance(part, Mapping):
        return words(part)
    if isinstance(part.get("text"), str):
        return str(part["text"])
    title = str(part.get("type", "part"))
    if isinstance(part.get("name"), str):
        title = f"{title} {part['name']}"
    detail = part.get("input") or part.get("content") or _media(part)
    if detail:
        return f"[{title}] {words(detail)}"
    return f"[{title}]"


def _media(value: Any) -> str:
    """Return where an image or document inside ``value`` is kept, else its size; empty where there is none.

    A hash would fill the line, and break; a pattern of its first digits finds the file in any shell.
    """
    if not isinstance(value, Mapping):
        return ""
    if "sha256" in value:
        folder, _, name = str(value.get("file") or "").rpartition("/")
        if name:
            return f"{folder}/{name[:_DIGITS]}*{name[name.rfind('.') :]}"
        return f"{value.get('size')} bytes"
    return next(filter(None, map(_media, value.values())), "")


def _field(page: Page, key: str, value: Any) -> str:
    if key in _CONVERSATIONS and isinstance(value, list) and all(map(_is_message, value)):
        return _joined(page, key, page.text(_conversation(value)), below=True)
    if key == "system" and isinstance(value, list):
        return _joined(page, key, page.text(words(value)), below=False)
    return _joined(page, key, page.value(value), below=False)


def _joined(page: Page, key: str, text: str, *, below: bool) -> str:
    if below or "\n" in text:
        return f"{page.line(key)}:\n{text}".replace("\n", "\n  ")
    return f"{page.line(key)}: {text}"


def _conversation(messages: Sequence[Any]) -> str:
    turns = []
    for role, content in map(conversation.turn, messages):
        turns.append(f"{role}: {words(content)}".replace("\n", "\n  "))
    return "\n".join(turns)
