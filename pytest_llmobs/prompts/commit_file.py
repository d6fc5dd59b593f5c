"""The file of one commit: a line each for what is known about it, and then its content.

::

    parent: "0123456789abcdef"
    time: "2026-11-30T15:00:00+00:00"
    author: "Ada Lovelace"
    description: null
    kind: text
    content: |
      You are …

The lines above the content are read without YAML, so that a log of thousands of commits is there at once; a file that
somebody has reshaped is read as the YAML that it is.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, cast, get_args

from pytest_llmobs.files import read_text, text_hash
from pytest_llmobs.prompts.content import Content, Kind
from pytest_llmobs.prompts.documents import dump, load
from pytest_llmobs.records.examples import canonical_json

DIGITS = 16
"""Of a commit's hash."""
_KEYS = ("parent", "time", "author", "description", "kind")
_CONTENT = b"\ncontent:"
_BEGINNING = 1024
"""Bytes that hold what stands above the content, but for a long description."""
_TEXT = rb'"((?:[^"\\\n]|\\.)*)"'
_LINES = re.compile(
    rb'parent: (?:null|"([0-9a-f]{16})")\r?\n'
    rb"(?:merges: (\[[^\n]*\])\r?\n)?"
    rb'time: "([-+:.T0-9]+)"\r?\n'
    rb"author: " + _TEXT + rb"\r?\n"
    rb"description: (?:null|" + _TEXT + rb")\r?\n"
    rb"kind: (text|messages|langchain)\r?\n"
    rb"content:"
)
"""The lines above the content, as ``file_text`` writes them."""
_decode = json.JSONDecoder().decode
_CONFLICT = re.compile(r"^<{7}[^\n]*\n(.*?)^(?:\|{7}|={7}).*?^>{7}[^\n]*\n", re.MULTILINE | re.DOTALL)
"""What git leaves where two branches made the same commit: one edit, or one merge of heads, at two times."""


def hash_of(content: Content, parent: str | None, merges: Sequence[str] = ()) -> str:
    """Return the hash of a commit.

    It depends on what the prompt says and on what it came from, and not on who committed it when: an edit has the same
    hash on every machine.

    Args:
        content: What the prompt is.
        parent: The commit before.
        merges: Further parents.
    """
    identity = {"parent": parent, "merges": sorted(merges), "kind": content.kind, "content": content.value}
    return text_hash(canonical_json(identity))[:DIGITS]


def file_text(header: Mapping[str, Any], content: Content) -> str:
    """Return what the file of a commit holds.

    Args:
        header: ``parent``, ``merges``, ``time``, ``author``, ``description``.
        content: What the prompt is.
    """
    lines = []
    for key, value in header.items():
        if key != "merges" or value:
            lines.append(f"{key}: {json.dumps(value, ensure_ascii=True)}\n")
    return f"{''.join(lines)}kind: {content.kind}\n{dump({'content': content.value})}"


class Header(NamedTuple):
    """What stands above the content of a commit's file."""

    parent: str | None
    merges: Sequence[str]
    time: datetime
    author: str
    description: str | None
    kind: Kind


def read_header(path: str) -> Header:
    """Return what stands above the content of a commit's file.

    Raises:
        OSError: It can't be read.
        ValueError: It is no commit.
        StoreError: It is no YAML.
    """
    match = _LINES.match(_beginning(path))
    if match is None:
        return _checked(read_document(path))
    parent, merges, time, author, description, kind = match.groups()
    return Header(
        None if parent is None else parent.decode(),
        () if merges is None else _hashes(_decode(merges.decode())),
        _time(time.decode()),
        _unquoted(author),
        None if description is None else _unquoted(description),
        cast("Kind", kind.decode()),
    )


def _unquoted(text: bytes) -> str:
    """Return what stands between the quotes of a JSON string."""
    if b"\\" in text:
        return str(_decode(f'"{text.decode()}"'))
    return text.decode()


def read_document(path: str) -> Mapping[str, Any]:
    """Return all that the file of a commit holds; of a conflict in it the first side.

    Two sides differ in who made the commit when, which isn't part of it; what is, its hash tells.

    Raises:
        OSError: It can't be read.
        ValueError: It is no commit.
        StoreError: It is no YAML.
    """
    document = load(_CONFLICT.sub(r"\1", read_text(Path(path))), repr(path))
    if not isinstance(document, Mapping):
        raise ValueError("it holds no keys")
    return document


def has_conflict(path: str) -> bool:
    """Tell whether git has left a conflict in the file of a commit.

    Raises:
        OSError: It can't be read.
        ValueError: It is no UTF-8.
    """
    return _CONFLICT.search(read_text(Path(path))) is not None


def _checked(document: Mapping[str, Any]) -> Header:
    """Return what is known about a commit whose file is no longer as it was written.

    Raises:
        ValueError: Something is missing, or isn't what it should be.
    """
    for key in _KEYS:
        if key not in document:
            raise ValueError(f"it has no {key!r}")
    parent, kind = document["parent"], document["kind"]
    if kind not in get_args(Kind):
        raise ValueError(f"unknown kind {kind!r}")
    if parent is not None:
        _hashes([parent])
    description = document["description"]
    return Header(
        parent,
        _hashes(document.get("merges") or []),
        _time(document["time"]),
        str(document["author"] or ""),
        None if description is None else str(description),
        kind,
    )


def _hashes(stated: Any) -> tuple[str, ...]:
    """Return the hashes of parents.

    Raises:
        ValueError: They are none.
    """
    if not isinstance(stated, list) or not all(isinstance(hash, str) for hash in stated):
        raise ValueError("its parents are no hashes")
    return tuple(stated)


def _time(stated: Any) -> datetime:
    """Return when a commit was made; without a time zone that is UTC."""
    time = stated if isinstance(stated, datetime) else datetime.fromisoformat(str(stated))
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


def _beginning(path: str) -> bytes:
    """Return the first bytes of a file, as far as its content at least."""
    # where somebody has put a pipe, nobody waits for it
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        data = os.read(descriptor, _BEGINNING)
        while len(data) % _BEGINNING == 0 and _CONTENT not in data:
            more = os.read(descriptor, _BEGINNING)
            if not more:
                break
            data += more
        return data
    finally:
        os.close(descriptor)
