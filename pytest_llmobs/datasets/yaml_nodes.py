"""What a parsed YAML document hides: keys given twice, aliases that multiply, values that aren't read as they look."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pytest_llmobs.datasets.base import abridge
from pytest_llmobs.datasets.notices import warn
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.wording import count

_TAG = "tag:yaml.org,2002:"
_MOST_NODES = 8_000_000
"""Values of a document with every alias written out: what is read from a file without aliases is far below."""
_SHOWN = 5
"""Surprises that a warning lists."""
_AS_JSON = re.compile(r"-?(0|[1-9][0-9]*)")
_LIKE_A_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*[eE][-+]?[0-9]+|0o[0-7]+)")


def nodes_below(top: Any) -> Iterator[Any]:
    """Yield every node of a document once, however many aliases lead to it: ``top``, then what is below it."""
    seen: set[int] = set()
    waiting = [top]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        waiting.extend(_children(node))


def _children(node: Any) -> Iterable[Any]:
    if node.id == "mapping":
        children: list[Any] = []
        for key, value in node.value:
            children += (key, value)
        return children
    if node.id == "sequence":
        return node.value  # type: ignore[no-any-return]
    return ()


def check_size(top: Any, name: str) -> None:
    """Refuse a document whose aliases stand for more than memory holds (a "billion laughs").

    Raises:
        DatasetError: It does; the message names the line where it became too much.
    """
    sizes: dict[int, int] = {}
    # Children come before parents in the reverse of this order, except where a node holds itself: the reader says so.
    for node in _deepest_first(top):
        size = 1
        for child in _children(node):
            size += sizes.get(id(child), 1)
        if size > _MOST_NODES:
            raise DatasetError(
                f"{name}:{node.start_mark.line + 1}: its aliases stand for more than "
                f"{count(_MOST_NODES, 'value')} when written out. Write fewer aliases of aliases."
            )
        sizes[id(node)] = size


def _deepest_first(top: Any) -> Iterator[Any]:
    """Yield every node once, behind all that it holds."""
    entered: set[int] = set()
    waiting = [(top, False)]
    while waiting:
        node, is_done = waiting.pop()
        if is_done:
            yield node
        elif id(node) not in entered:
            entered.add(id(node))
            waiting.append((node, True))
            for child in _children(node):
                waiting.append((child, False))


def check_keys(top: Any, name: str) -> None:
    """Refuse a key that is given twice in one mapping, merge keys included; what a merge brings may be overridden.

    Raises:
        DatasetError: A key is; the message names both lines.
    """
    for node in nodes_below(top):
        if node.id == "mapping":
            _check_mapping(node, name)


def _check_mapping(node: Any, name: str) -> None:
    lines: dict[tuple[str, str], int] = {}
    for key, _ in node.value:
        if key.id != "scalar":
            continue
        line = key.start_mark.line + 1
        if (key.tag, key.value) in lines:
            first = lines[key.tag, key.value]
            raise DatasetError(
                f"{name}:{line}: the key {key.value!r} is given twice in one mapping, first in line {first}. "
                "Rename one."
            )
        lines[key.tag, key.value] = line


def warn_of_surprises(top: Any, name: str) -> None:
    """Warn once of the values without quotes that YAML 1.1 reads in another way than they look.

    Raises:
        DatasetError: Warnings are turned into errors.
    """
    surprises: list[tuple[int, int, str]] = []
    for node in nodes_below(top):
        if node.id == "scalar" and not node.style:
            read_as = _surprise(node.tag.removeprefix(_TAG), node.value)
            if read_as:
                start = node.start_mark
                surprises.append((start.line + 1, start.column, f"{abridge(node.value)} is {read_as}"))
    if not surprises:
        return
    shown = [f"line {line}: {surprise}" for line, _, surprise in sorted(surprises)[:_SHOWN]]
    if len(surprises) > _SHOWN:
        shown.append(f"and {len(surprises) - _SHOWN} more")
    warn(
        f"{name}: YAML reads {count(len(surprises), 'value')} without quotes otherwise than it may look: "
        f"{'; '.join(shown)}. Put quotes around what is meant as text; write true, false, null and plain numbers "
        "where they are meant."
    )


def _surprise(kind: str, text: str) -> str | None:
    """Return what a value without quotes was read as where JSON would read the same letters otherwise, or None."""
    if kind == "bool" and text.lower() not in ("true", "false"):
        return f"the boolean {str(text.lower() in ('yes', 'on')).lower()}"
    if kind == "null" and text == "~":
        return "null"
    if kind == "int" and not _AS_JSON.fullmatch(text):
        return _number_read(text)
    if kind == "float" and (":" in text or "_" in text):
        return "a number"
    if kind == "str" and _LIKE_A_NUMBER.fullmatch(text):
        return "text, no number"
    return None


def looks_like_a_number(text: str) -> bool:
    """Tell whether a text without quotes stays text, and yet looks like a number."""
    return _LIKE_A_NUMBER.fullmatch(text) is not None


def _number_read(text: str) -> str:
    import yaml

    try:
        return f"the number {yaml.safe_load(text)}"
    except ValueError:  # too many digits: whoever constructs it says so
        return "a number"
