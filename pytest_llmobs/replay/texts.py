"""Texts: what is large in requests, and the same in many, such as a system prompt, lies once beside the cassettes.

A cassette has the file's name in the part's place, and says where names stand. To replay it no text is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_llmobs.files import parse_json, text_hash
from pytest_llmobs.replay.json_paths import Path, at, follow, items, path_text, replaced
from pytest_llmobs.replay.layout import laid_out

FOLDER = "texts"
"""Name of their folder, below that of the cassettes."""
MOST = 420
"""Bytes that a request takes in its cassette, which has 1 KB for all but the reply; what is more lies beside it."""
_LEAST = 100
"""Bytes from which a part takes more than the name that stands for it."""
_WHOLE = 0.8
"""Share of a part from which one item of it stands for all of it."""
_NOT_AS_TEXT = re.compile("[\r\0\ud800-\udfff]|^\ufeff")
"""What checkouts and editors change, or UTF-8 has no form for."""

NAME = re.compile(r"[0-9a-f]{32}\.(?:txt|json)")
"""Of a file."""
_REFERENCE = re.compile(rf"<{FOLDER}/({NAME.pattern})>")


@dataclass(frozen=True)
class Shelved:
    """A request as its cassette holds it, and what lies beside it."""

    request: Mapping[str, Any]
    places: Sequence[str]
    """Where names of files stand, as JSON pointers (RFC 6901)."""
    files: Mapping[str, str]
    """Each file's name and content."""


def shelve(request: Mapping[str, Any]) -> Shelved:
    """Return a request without its largest parts: the largest goes first, until what is left is small.

    Args:
        request: As a cassette holds it (``stored``), cleaned.
    """
    shelved = Shelved(request, (), {})
    for places in _attempts(request):
        if _is_small(shelved):
            break
        shelved = _shelved(request, places)
    return shelved


def names(request: Mapping[str, Any], places: Sequence[str]) -> list[str]:
    """Return the names of the files that a request in its cassette refers to.

    Raises:
        ValueError: No name stands at one of the places.
    """
    found = []
    for pointer in places:
        try:
            _, part = follow(request, pointer.removeprefix("/"))
            reference = _REFERENCE.fullmatch(part)
        except (TypeError, ValueError):
            reference = None
        if reference is None:
            raise ValueError(f"its request names no text at {pointer!r}")
        found.append(reference[1])
    return found


def unshelve(request: Mapping[str, Any], places: Sequence[str], read: Callable[[str], str]) -> dict[str, Any]:
    """Return a request whole.

    Args:
        request: As its cassette holds it.
        places: Where names of files stand.
        read: Returns the content of a file, by its name.

    Raises:
        ValueError: No name stands there, or the file isn't what it was.
    """
    whole = dict(request)
    for pointer, name in zip(places, names(request, places), strict=True):
        path, _ = follow(whole, pointer.removeprefix("/"))
        whole = replaced(whole, path, _content(name, read(name)))
    return whole


def _attempts(request: Mapping[str, Any]) -> Iterator[list[Path]]:
    """Yield which parts may go: one more each time, at last all that a request is made of."""
    chosen: list[Path] = []
    for place in _largest_first(request.get("body")):
        chosen.append(("body", *place))
        yield list(chosen)
    for name in ("body", "headers", "query"):
        chosen = [place for place in chosen if place[0] != name]
        if name in request:
            chosen.append((name,))
        yield list(chosen)


def _largest_first(body: Any) -> Iterator[Path]:
    """Yield where parameters, or parts of a form, stand that take more than the name of a file."""
    sized = [(_size(item), key, item) for key, item in items(body)]
    for size, key, item in sorted(sized, key=lambda each: (-each[0], each[1])):
        if size >= _LEAST:
            yield (key, *_essence(item, size))


def _essence(value: Any, size: int) -> Path:
    """Return where the one item stands that makes a value large: the text of a message, say."""
    for key, item in items(value):
        if _size(item) >= _WHOLE * size:
            return (key, *_essence(item, size))
    return ()


def _shelved(request: Mapping[str, Any], places: Sequence[Path]) -> Shelved:
    left: Any = dict(request)
    files = {}
    for place in places:
        name, content = _file(at(request, place))
        files[name] = content
        left = replaced(left, place, f"<{FOLDER}/{name}>")
    return Shelved(left, sorted(f"/{path_text(place)}" for place in places), files)


def _file(part: Any) -> tuple[str, str]:
    """Return the name and the content of a file; its name is the hash of its content."""
    if isinstance(part, str) and _NOT_AS_TEXT.search(part) is None:
        content, suffix = f"{part}\n", "txt"
    else:
        content, suffix = laid_out(part), "json"
    return f"{text_hash(content)[:32]}.{suffix}", content


def _content(name: str, content: str) -> Any:
    # what a checkout made of the ends of lines; a text that has such ends itself is JSON
    content = content.replace("\r\n", "\n")
    stem, _, suffix = name.partition(".")
    if text_hash(content)[:32] != stem:
        raise ValueError(
            f"the text {name!r} isn't what was recorded: its name is no longer its content's hash"
        )
    return parse_json(content) if suffix == "json" else content.removesuffix("\n")


def _is_small(shelved: Shelved) -> bool:
    written = laid_out([shelved.request, shelved.places])
    return len(written.encode()) <= MOST


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
