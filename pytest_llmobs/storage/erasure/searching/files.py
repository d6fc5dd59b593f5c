"""One file, searched: as text, decompressed, or as Parquet."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from pytest_llmobs.files import parse_json
from pytest_llmobs.storage.erasure.needles import Needles
from pytest_llmobs.storage.erasure.payloads import SHORTEST, hashes_in, payload_hash
from pytest_llmobs.storage.erasure.searching.hits import Hits
from pytest_llmobs.storage.erasure.searching.parquet import search_parquet

_FORMS = ((b"PAR1", "parquet"), (b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"))
"""How the files of each kind begin."""
_WINDOW = 8 << 20
"""Bytes that are searched at once."""
_MOST_JSON = 64 << 20
"""Bytes of a document, or of a line, that is parsed to compare what is in it."""
_UNREADABLE = (OSError, pa.ArrowException, ValueError)


def searched(path: Path, needles: Needles) -> Hits:
    """Return what a file holds of what is searched for.

    Args:
        path: The file; one that is gone holds nothing, a pipe or a device is none.
        needles: What to search for.
    """
    hits = Hits("text")
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return hits
        with path.open("rb") as file:
            hits.form = _form(path, file.read(4))
            file.seek(0)
            if hits.form == "text":
                _search_bytes(file, needles, hits)
        if hits.form == "parquet":
            search_parquet(path, needles, hits)
        elif hits.form != "text":
            with pa.CompressedInputStream(pa.OSFile(str(path)), hits.form) as stream:
                _search_bytes(stream, needles, hits)
    except FileNotFoundError:
        return Hits("text")
    except _UNREADABLE as error:
        hits.problem = str(error).partition("\n")[0]
    return hits


def _form(path: Path, beginning: bytes) -> str:
    for mark, form in _FORMS:
        if beginning.startswith(mark):
            return form
    # One that lost its beginning holds what it held, compressed.
    if path.suffix == ".parquet":
        return "parquet"
    return "text"


def _search_bytes(file: IO[bytes] | pa.NativeFile, needles: Needles, hits: Hits) -> None:
    """Search a stream window by window, and its documents and lines of JSON for payloads."""
    margin = needles.longest + 16
    size = max(_WINDOW, margin)
    lines = _Lines(needles, hits)
    before, piece = b"", _read(file, size)
    while piece:
        after = _read(file, size)
        content = before + piece + after[:margin]
        hits.add("id", needles.count(content, len(before), len(before) + len(piece)))
        if needles.payload_hashes:
            lines.add(piece)
        before, piece = piece[-margin:], after
    lines.finish()


def _read(file: IO[bytes] | pa.NativeFile, size: int) -> bytes:
    """Return so many bytes, fewer at the end alone."""
    pieces: list[bytes] = []
    while size and (piece := file.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


class _Lines:
    """Compares what is JSON in a text: the whole of it, or its lines and the fields of these."""

    def __init__(self, needles: Needles, hits: Hits) -> None:
        self._needles, self._hits = needles, hits
        self._rest: list[bytes] = []
        self._is_document = False
        self._begun = False

    def add(self, piece: bytes) -> None:
        """Take the next bytes."""
        if not self._begun:
            self._begun = True
            # Documents are written on several lines, or begin with a list.
            self._is_document = piece.lstrip()[:1] == b"[" or piece.lstrip()[:2] in (b"{\n", b"{\r", b"{ ")
        self._rest.append(piece)
        if self._is_document or b"\n" not in piece:
            if sum(map(len, self._rest)) > _MOST_JSON:
                self._rest.clear()
            return
        *lines, rest = b"".join(self._rest).split(b"\n")
        self._rest = [rest]
        self._compare(lines)

    def finish(self) -> None:
        """Take what is left."""
        text = b"".join(self._rest)
        if not text:
            return
        if self._is_document and self._compare_document(text):
            return
        self._compare(text.split(b"\n"))

    def _compare_document(self, text: bytes) -> bool:
        value = _parsed(text)
        if value is None:
            return False
        self._count(value)
        return True

    def _compare(self, lines: list[bytes]) -> None:
        for line in lines:
            for field in line.split(b"\t"):
                value = _parsed(field)
                if value is not None:
                    self._count(value)
                elif (
                    len(field) in self._needles.sizes and payload_hash(field) in self._needles.payload_hashes
                ):
                    self._hits.add("payload", 1)

    def _count(self, value: Any) -> None:
        self._hits.add("payload", sum(hash in self._needles.payload_hashes for hash in hashes_in(value)))


def _parsed(text: bytes) -> Any:
    """Return what JSON text holds; None where it is too short to matter, or no object, list or text."""
    if len(text) < SHORTEST or text.lstrip()[:1] not in (b"{", b"[", b'"'):
        return None
    try:
        return parse_json(text)
    except ValueError:
        return None
