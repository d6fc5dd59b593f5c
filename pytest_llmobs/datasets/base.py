"""What a dataset format is, and how every format reads a text file."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Set
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from pytest_llmobs.errors import DatasetError
from pytest_llmobs.files import display_path

_FOREIGN_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
"""In this order: the mark of little-endian UTF-32 begins with that of UTF-16."""
_LONGEST = 60
"""Characters of a value in a message."""


class Row(NamedTuple):
    """One raw example as a format read it, before anything was checked."""

    data: Any
    """Should be a dict with the keys of an example; the loader says so where it is not."""
    place: str
    """Where it stands, as messages show it: ``tests/golden.jsonl:3``."""
    plain: bool = False
    """True where ``data`` holds JSON types only, as it came out of a JSON parser: it needs no check."""
    further: Set[str] = frozenset()
    """Keys that an ``Example`` has and a file hasn't."""


class DatasetFormat(Protocol):
    """A file format. The shortest possible one is shown at ``hookspecs.pytest_llmobs_datasets``."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """The file suffixes it reads, lower-case with the dot."""
        ...

    def rows(self, path: Path) -> Iterable[Row]:
        """Yield the raw rows of a file in its order.

        Raises:
            DatasetError: The file can't be understood; the message names file and line.
        """
        ...


def abridge(value: Any) -> str:
    """Return a value as messages show it, cut where it is long."""
    text = repr(value)
    if len(text) <= _LONGEST:
        return text
    return f"{text[: _LONGEST - 3]}..."


def read_text(path: Path) -> str:
    r"""Return the text of a UTF-8 file, without the byte order mark that spreadsheets write.

    Line breaks are ``\n`` always: whether git checks a file out with ``\r\n`` must not change its examples.

    Raises:
        DatasetError: It is in another encoding; the message names the line and a command that converts it.
    """
    return decoded(path.read_bytes(), path)


def decoded(content: bytes, path: Path) -> str:
    """Return the text of a UTF-8 file as ``read_text`` does.

    Args:
        content: What the file holds.
        path: The file, for messages.

    Raises:
        DatasetError: It is in another encoding.
    """
    for mark, encoding in _FOREIGN_MARKS.items():
        if content.startswith(mark):
            raise DatasetError(f"{display_path(path)} is encoded in {encoding}. {_converted(path, encoding)}")
    try:
        return content.removeprefix(codecs.BOM_UTF8).decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DatasetError(
            f"{display_path(path)}:{line}: byte {content[error.start]:#04x} is not UTF-8. "
            f"{_converted(path, 'WINDOWS-1252')}"
        ) from None


def _converted(path: Path, encoding: str) -> str:
    name = display_path(path)
    return (
        f"Save it as UTF-8 in your editor, or, if it is {encoding}: "
        f"iconv -f {encoding} -t UTF-8 {name} > {name}.new && mv {name}.new {name}"
    )
