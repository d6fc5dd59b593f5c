"""Which characters of a mapping in lines change with its keys, whatever is below them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import filterfalse
from typing import Any

from pytest_llmobs.datasets.editing.files.dumping import block, flow
from pytest_llmobs.datasets.editing.files.ends import text_end
from pytest_llmobs.datasets.editing.files.items import Key, line_begin, line_end
from pytest_llmobs.datasets.editing.files.layout import Splice
from pytest_llmobs.records.examples import canonical_json

_LONG = 100
"""Characters of a key from which YAML may write it on a line of its own."""


class Keys:
    """The keys of a mapping that is written in lines."""

    def __init__(self, text: str, keys: Sequence[Key], step: int) -> None:
        """Look at keys.

        Args:
            text: Of the whole file.
            keys: Of the mapping, in their order.
            step: Blanks by which what is below a key is indented.
        """
        self._text, self._keys, self._step = text, keys, step

    def edited(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Splice] | None:
        """Return what makes other values of some; None where the mapping can only be written anew.

        Args:
            before: The values as they are read, those that a merge brings included.
            after: The values that are wanted.
        """
        by_name = {key.name: key for key in self._keys}
        gone = list(filterfalse(after.__contains__, before))
        # the first may stand behind a dash, and what a merge brings has no lines here
        if not self._keys or self._keys[0].name in gone or not set(gone) <= by_name.keys():
            return None
        splices: list[Splice] = []
        for name in gone:
            splices.append(self._without(by_name[name]))
        new: dict[str, Any] = {}
        for name, value in after.items():
            if name in before and canonical_json(before[name]) == canonical_json(value):
                continue
            if name in by_name:
                splices += self._changed(by_name[name], before.get(name), value)
            else:
                new[name] = value
        if new:
            splices.append(self._appended(new))
        return splices

    def _changed(self, key: Key, old: Any, new: Any) -> Iterator[Splice]:
        if key.keys and isinstance(old, Mapping) and isinstance(new, Mapping):
            splices = Keys(self._text, key.keys, self._step).edited(old, new)
            if splices is not None:
                yield from splices
                return
        begin, end = key.extent.begin, key.extent.end
        if key.is_flow and len(key.name) < _LONG:
            yield Splice(begin, end, flow({key.name: new})[1:-1])
        else:
            yield Splice(begin, end, lines_for(self._text, begin, end, {key.name: new}, self._step))

    def _without(self, key: Key) -> Splice:
        """Return what takes out a key's lines, the end of the line above included."""
        begin = line_begin(self._text, key.extent.begin)
        before = len(self._text[:begin].removesuffix("\n").removesuffix("\r"))
        return Splice(before, line_end(self._text, key.extent.end), "")

    def _appended(self, values: Mapping[str, Any]) -> Splice:
        """Return what writes further keys below the last."""
        text, end = self._text, text_end(self._text)
        first, last = self._keys[0].extent, self._keys[-1].extent
        indent = first.begin - line_begin(text, first.begin)
        lines = f"{' ' * indent}{block(values, indent, end=end, step=self._step)}"
        if last.tail > last.end:
            return Splice(last.tail, last.tail, f"{lines}{end}")
        position = line_end(text, last.end)
        return Splice(position, position, f"{end}{lines}")


def lines_for(text: str, begin: int, end: int, values: Mapping[str, Any], step: int) -> str:
    """Return keys and values that take the place of some.

    Args:
        text: Of the whole file.
        begin: Where they begin.
        end: Where what they replace ends.
        values: By key.
        step: Blanks by which what is below a key is indented.
    """
    is_last = not text[end : line_end(text, end)].strip()
    indent = begin - line_begin(text, begin)
    return block(values, indent, end=text_end(text), in_lines=is_last, step=step)
