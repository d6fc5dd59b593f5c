"""The events of a stream, cleaned: texts as wholes first, since no piece of a secret shows what it is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from pytest_llmobs.replay import json_paths
from pytest_llmobs.replay.bodies.events import Event, is_identity, is_index
from pytest_llmobs.replay.cleaning.binaries import clean_binary
from pytest_llmobs.replay.cleaning.opened_events import BINARIES, opened
from pytest_llmobs.replay.cleaning.splitting import Change, changed, changes_by_piece
from pytest_llmobs.replay.json_paths import Path
from pytest_llmobs.tracing.redaction.pipeline import Redaction

_Place = tuple[int, Path]
"""An event's number, and the path of a text in it."""
_Whole = dict[_Place, str]
_ALTERNATIVES = "top_logprobs"
_LEAST_CONSTANT = 8
_LEAST_REPEATED = 16
"""Characters of a text that isn't there twice by chance."""


def clean_events(events: Sequence[Event], framing: str, redaction: Redaction) -> list[Event]:
    """Return as many events, without what is sensitive.

    Args:
        events: As they were read.
        framing: The stream's: ``sse``, ``lines`` or ``frames``.
        redaction: What cleans them.

    Raises:
        RedactorError: A redactor failed.
    """
    opened_events = [opened(event, framing) for event in events]
    items = _cleaned_wholes(list(map(attrgetter("item"), opened_events)), redaction)
    cleaned: list[Event] = []
    for original, event, joined in zip(events, opened_events, items, strict=True):
        item = redaction.clean_strictly(joined)
        if event.kind == "binary":
            (name,) = BINARIES.intersection(original)
            cleaned.append({**item, name: clean_binary(original[name], redaction)})
        elif item != event.item:
            cleaned.append(event.closed(item, framing))
        else:
            raw = redaction.clean_strictly(event.raw)
            cleaned.append(original if raw == event.raw else raw)
    return cleaned


@dataclass(frozen=True, slots=True)
class _Piece:
    """A text of an event, and what it may be a piece of."""

    path: Path
    names: Path
    """Its path; in the place of a place in a list stands ``#0``, the item's own index, where it has one."""
    indexes: tuple[int, ...]
    identities: tuple[str, ...]
    text: str

    def wholes(self) -> tuple[Hashable, ...]:
        """Return what it may be a piece of, the likeliest first.

        Some senders name a text only at its first piece, have a piece in each item of a list, as the tokens of
        ``logprobs`` are, or begin a text in another kind of event.
        """
        anywhere = tuple(map(_without_place, self.names))
        return (
            (self.names, self.indexes, self.identities),
            (self.names, self.indexes),
            (anywhere, self.indexes),
            (anywhere[-1], self.indexes),
        )


def _without_place(name: str | int) -> str:
    return "*" if isinstance(name, int) else name


def _cleaned_wholes(items: Sequence[Event], redaction: Redaction) -> list[Event]:
    """Return events without what is sensitive in any whole that their texts may be pieces of."""
    changes: dict[_Place, list[Change]] = {}
    for whole in _wholes(items):
        pieces = list(whole.values())
        if _is_constant(pieces):
            continue
        text = "".join(pieces)
        name = _name(whole)
        cleaned = _cleaned_text(name, text, redaction)
        if cleaned != text:
            for place, of_piece in zip(whole, changes_by_piece(pieces, cleaned), strict=True):
                changes.setdefault(place, []).extend(of_piece)
    cleaned_items = list(items)
    tokens: list[_Place] = []
    for (number, path), of_piece in changes.items():
        text = json_paths.at(items[number], path)
        cleaned = changed(text, of_piece)
        cleaned_items[number] = json_paths.replaced(cleaned_items[number], path, cleaned)
        if path[-1] == "token" and _ALTERNATIVES not in path and cleaned != text:
            tokens.append((number, path[:-1]))
    for number, path in tokens:
        cleaned_items[number] = _without_copies(cleaned_items[number], path)
    return cleaned_items


def _name(whole: _Whole) -> str:
    """Return the name under which a text stands; tokens of ``logprobs`` are words, and no tokens of access."""
    name = str(next(iter(whole))[1][-1])
    if name == "token" and len(whole) > 1:
        return "text"
    return name


def _without_copies(item: Event, path: Path) -> Event:
    """Return an event without what tells again, beside a token of ``logprobs``, what was taken out of it."""
    token = dict(json_paths.at(item, path))
    if isinstance(token.get("bytes"), list):
        token["bytes"] = list(token["token"].encode("utf-8", "replace"))
    if isinstance(token.get(_ALTERNATIVES), list):
        token[_ALTERNATIVES] = []
    return json_paths.replaced(item, path, token)  # type: ignore[no-any-return]


def _is_constant(pieces: Sequence[str]) -> bool:
    """Return True for a field that says the same in each event: it is no text in pieces."""
    return len(pieces) > 1 and len(pieces[0]) >= _LEAST_CONSTANT and len(set(pieces)) == 1


def _wholes(items: Sequence[Event]) -> Iterator[_Whole]:
    """Yield the texts that may be pieces of one, by their places; no set of them twice."""
    likeliest, *others = _by_whole(items)
    yield from likeliest.values()
    seen = set(map(tuple, likeliest.values()))
    texts = Counter("".join(whole.values()) for whole in likeliest.values())
    for wholes in others:
        for whole in wholes.values():
            # what says a whole again, at its end, is no piece of one
            pieces = {place: text for place, text in whole.items() if not _is_said_again(text, texts)}
            if len(pieces) > 1 and tuple(pieces) not in seen:
                seen.add(tuple(pieces))
                yield pieces


def _by_whole(items: Sequence[Event]) -> tuple[dict[Hashable, _Whole], ...]:
    by_whole: tuple[dict[Hashable, _Whole], ...] = ({}, {}, {}, {})
    for number, item in enumerate(items):
        for piece in _pieces(item):
            for wholes, whole in zip(by_whole, piece.wholes(), strict=True):
                wholes.setdefault(whole, {})[number, piece.path] = piece.text
    return by_whole


def _is_said_again(text: str, texts: Counter[str]) -> bool:
    return len(text) >= _LEAST_REPEATED and texts[text] > 1


def _pieces(
    value: Any,
    path: Path = (),
    names: Path = (),
    indexes: tuple[int, ...] = (),
    identities: tuple[str, ...] = (),
) -> Iterator[_Piece]:
    if isinstance(value, str):
        if names and not is_identity(names[-1]):
            yield _Piece(path, names, indexes, identities, value)
    elif isinstance(value, dict):
        indexes, identities = (*indexes, *_indexes(value)), (*identities, *_identities(value))
        for name, item in value.items():
            yield from _pieces(item, (*path, name), (*names, name), indexes, identities)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _pieces(item, (*path, place), (*names, _entry_name(place, item)), indexes, identities)


def _indexes(value: Mapping[str, Any]) -> Iterator[int]:
    """Yield the numbers by which an object says of which block or choice it is."""
    for name, item in value.items():
        if type(item) is int and is_index(name):
            yield item


def _identities(value: Mapping[str, Any]) -> Iterator[str]:
    """Yield the ids by which it says so."""
    for name, item in value.items():
        if isinstance(item, str) and is_identity(name):
            yield item


def _entry_name(place: int, item: Any) -> int | str:
    """Return what an entry of a list is called: by the index that it has itself, else by its place."""
    index = item.get("index") if isinstance(item, dict) else None
    return place if index is None else f"#{index}"


def _cleaned_text(name: str, text: str, redaction: Redaction) -> str:
    """Return a text cleaned; one that is JSON, such as a tool's arguments, also by the names in it."""
    cleaned: str = next(iter(redaction.clean_strictly({name: text}).values()))
    if not cleaned.startswith(("{", "[")):
        return cleaned
    try:
        value = json.loads(cleaned)
    except (ValueError, RecursionError):
        return cleaned
    clean = redaction.clean_strictly(value)
    if clean == value:
        return cleaned
    return json.dumps(clean, ensure_ascii=False)
