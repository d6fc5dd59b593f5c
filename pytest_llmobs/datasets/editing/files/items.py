"""Where the items of a YAML list begin and end, and the keys of each, in characters of the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_llmobs.datasets.editing.files.ends import RARE_BREAKS

_BLOCK_TEXT = re.compile(r"(?:[&!]\S*\s+)*[|>]([0-9+-]*)")
"""How a text that goes over lines is announced, behind its anchor and tag."""


@dataclass(frozen=True)
class Extent:
    """A node of the text."""

    begin: int
    end: int
    """Behind its last character that isn't blank."""
    tail: int
    """Behind the blank lines that belong to a text which keeps them (``|+``), else the same as ``end``."""


@dataclass(frozen=True)
class Key:
    """A key of an item, with its value."""

    name: str
    extent: Extent
    is_flow: bool = False
    """Its value is written in braces."""
    keys: Sequence[Key] | None = None
    """Those of a value in lines; None where it has another form."""


@dataclass(frozen=True)
class Item:
    """One example of the list."""

    extent: Extent
    is_flow: bool
    """Written in braces, on one line or several."""
    keys: Sequence[Key] | None
    """Those of an item in lines; None where it has another form, such as an alias."""


@dataclass
class ItemList:
    """The list that is a whole document."""

    begin: int
    end: int
    is_flow: bool
    """Written in brackets."""
    items: list[Item] = field(default_factory=list)
    references: list[tuple[int, int]] = field(default_factory=list)
    """Where an anchor is set, and where an alias refers to it."""
    open_text: int | None = None
    """Where the mark (``|``, ``|+``) stands behind which the document's last text is announced as one that keeps its
    last line break, or None: what follows a file's end would change it."""


def items_of(text: str) -> ItemList | None:
    """Return the items of a document whose text was read without complaint; None where it is empty.

    Args:
        text: With its line ends as they are, without the mark of UTF-8.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    events = list(yaml.parse(text, loader))
    for number, event in enumerate(events):
        if isinstance(event, yaml.SequenceStartEvent):
            return _Walk(text, events).list_at(number)
    return None


class _Walk:
    """A way through the events of a document."""

    def __init__(self, text: str, events: Sequence[Any]) -> None:
        self._text = text
        self._events = events
        self._at = 0

    def list_at(self, number: int) -> ItemList:
        start = self._events[number]
        found = ItemList(start.start_mark.index, 0, bool(start.flow_style))
        self._at = number + 1
        while not _ends(self._events[self._at]):
            found.items.append(self._item())
        found.end = self._events[self._at].end_mark.index
        found.references = list(self._references())
        found.open_text = self._open_text()
        return found

    def _item(self) -> Item:
        import yaml

        first = self._at
        event = self._events[first]
        is_flow = isinstance(event, yaml.MappingStartEvent) and bool(event.flow_style)
        keys: list[Key] | None = None
        if isinstance(event, yaml.MappingStartEvent) and not is_flow:
            keys = self._keys()
        self._at = first
        return Item(self._extent(), is_flow, keys)

    def _keys(self) -> list[Key] | None:
        """Return the keys of the mapping here; None where one is no plain word at the beginning of its line."""
        keys: list[Key] = []
        self._at += 1
        while not _ends(self._events[self._at]):
            name = getattr(self._events[self._at], "value", None)
            key = self._extent()
            is_flow, below = self._below()
            value = self._extent()
            before = self._text[line_begin(self._text, key.begin) : key.begin]
            if not isinstance(name, str) or before.strip(" -"):
                return None
            if keys and before.strip():
                return None
            extent = Extent(key.begin, max(key.end, value.end), max(key.tail, value.tail))
            keys.append(Key(name, extent, is_flow, below))
        return keys

    def _below(self) -> tuple[bool, list[Key] | None]:
        """Return whether the value here is written in braces, and the keys of one in lines; stay before it."""
        import yaml

        at, event = self._at, self._events[self._at]
        if not isinstance(event, yaml.MappingStartEvent):
            return False, None
        if event.flow_style:
            return True, None
        keys = self._keys()
        self._at = at
        return False, keys

    def _extent(self) -> Extent:
        """Return where the node here begins and ends, and go on behind it."""
        begin = self._events[self._at].start_mark.index
        end = tail = begin
        depth = 0
        while True:
            event = self._events[self._at]
            self._at += 1
            if _begins(event):
                depth += 1
            elif _ends(event):
                depth -= 1
            # the end of a list or mapping in lines has no width, and lies where something else begins
            if not _begins(event) and (not _ends(event) or event.end_mark.index > event.start_mark.index):
                end = self._leaf_end(event)
                tail = event.end_mark.index if self._keeps_blanks(event) else end
            if depth == 0:
                return Extent(begin, end, tail)

    def _leaf_end(self, event: Any) -> int:
        end: int = event.end_mark.index
        if getattr(event, "style", None) in ("|", ">"):
            begin: int = event.start_mark.index
            return begin + len(self._text[begin:end].rstrip(" \t\r\n"))
        return end

    def _keeps_blanks(self, event: Any) -> bool:
        announced = self._announced(event)
        return announced is not None and "+" in announced[1]

    def _announced(self, event: Any) -> re.Match[str] | None:
        if getattr(event, "style", None) not in ("|", ">"):
            return None
        return _BLOCK_TEXT.match(self._text, event.start_mark.index)

    def _references(self) -> Iterator[tuple[int, int]]:
        import yaml

        anchors: dict[str, int] = {}
        for event in self._events:
            anchor = getattr(event, "anchor", None)
            if not anchor:
                continue
            if isinstance(event, yaml.AliasEvent):
                yield anchors[anchor], _begin(event)
            else:
                anchors[anchor] = _begin(event)

    def _open_text(self) -> int | None:
        leaves = [event for event in self._events if getattr(event, "value", None) is not None]
        announced = self._announced(leaves[-1]) if leaves else None
        if announced is None or self._text.endswith(("\n", "\r", *RARE_BREAKS)) or "-" in announced[1]:
            return None
        return announced.start(1)


def _begin(event: Any) -> int:
    begin: int = event.start_mark.index
    return begin


def _begins(event: Any) -> bool:
    return type(event).__name__ in ("SequenceStartEvent", "MappingStartEvent")


def _ends(event: Any) -> bool:
    return type(event).__name__ in ("SequenceEndEvent", "MappingEndEvent")


def line_begin(text: str, position: int) -> int:
    """Return where the line of a position begins."""
    return text.rfind("\n", 0, position) + 1


def line_end(text: str, position: int) -> int:
    """Return where the line of a position ends, before the characters that end it."""
    end = text.find("\n", position)
    if end < 0:
        return len(text)
    return end - 1 if end > position and text[end - 1] == "\r" else end


def line_after(text: str, position: int) -> int:
    """Return where the line behind that of a position begins."""
    end = text.find("\n", position)
    return len(text) if end < 0 else end + 1
