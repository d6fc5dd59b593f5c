"""What files of cassettes hold, read with suspicion: they are committed, merged, edited and cut short."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_llmobs.errors import CassetteError
from pytest_llmobs.files import display_path, parse_json
from pytest_llmobs.replay.bodies.forms import as_chunks
from pytest_llmobs.replay.cassette import VERSION, Cassette, RecordedReply, digest_of
from pytest_llmobs.wording import count, shell_line

_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7}|\|{7})(?= |$)", re.MULTILINE)
_LARGE_FILE = "version https://git-lfs.github.com/"
_REMEDY = "Restore it, or delete it: then --llm-cassettes=reuse records it anew."
_OF_REPLY = ("status", "headers", "end", "error", "message")


def read_document(text: str, path: Path) -> Cassette:
    """Return the cassette that a file's text holds.

    Args:
        text: Of the file.
        path: For messages.

    Raises:
        CassetteError: It is empty, cut short, was edited or merged badly, or is of a newer version.
    """
    try:
        document = parse_json(text)
    except ValueError as error:
        conflict = _CONFLICT.search(text)
        if conflict is not None:
            raise _conflict(path, text.count("\n", 0, conflict.start()) + 1, conflict[0]) from None
        line, problem = _fault(text, error)
        raise unusable(path, problem, line) from None
    if type(document) is not dict or type(document.get("cassette")) is not int:
        raise unusable(path, "it is no cassette")
    if document["cassette"] > VERSION:
        raise CassetteError(
            f"The cassette {display_path(path)!r} has version {document['cassette']}; this version of pytest-llmobs "
            f"reads up to {VERSION}. Upgrade it."
        )
    if document.get("digest") != _digest(document):
        raise unusable(path, "its content isn't what was recorded (the digest differs): somebody edited it")
    try:
        return _cassette(document)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise unusable(path, f"its content makes no sense ({type(error).__name__}: {error})") from None


def unusable(path: Path, problem: str, line: int = 0) -> CassetteError:
    """Return the error of a file that can't be used, with what to do about it.

    Args:
        path: The cassette, or a text of its request.
        problem: What is wrong with it.
        line: Where, from 1; 0 where no line is to blame.
    """
    where = f", line {line}" if line else ""
    return CassetteError(
        f"The cassette {display_path(path)!r}{where}: {problem}. {_REMEDY}\n  "
        + shell_line(["git", "restore", "--", display_path(path)])
    )


def _conflict(path: Path, line: int, marker: str) -> CassetteError:
    """Return the error of a file that git has written both sides of a merge into: it restores none by itself."""
    return CassetteError(
        f"The cassette {display_path(path)!r}, line {line}: an unresolved merge conflict ({marker}). Two branches have "
        "recorded the same call. Keep one side whole (--theirs: the other), or delete the file: then "
        "--llm-cassettes=reuse records it anew.\n  "
        + shell_line(["git", "checkout", "--ours", "--", display_path(path)])
    )


def _fault(text: str, error: ValueError) -> tuple[int, str]:
    """Return the line of what keeps a text from being JSON, or 0, and what it is."""
    if not text.strip("\0 \r\n"):
        return 0, "it is empty"
    if text.startswith(_LARGE_FILE):
        return 0, "Git LFS has left a pointer in its place; `git lfs pull` fetches the file"
    if not isinstance(error, json.JSONDecodeError):
        return 0, str(error)
    if not text[error.pos :].strip() or error.msg.startswith("Unterminated string"):
        return error.lineno, f"it was cut short, after {count(len(text), 'character')}"
    return error.lineno, f"it is no JSON ({error.msg})"


def _digest(document: Mapping[str, Any]) -> str:
    try:
        return digest_of(document)
    except (ValueError, RecursionError):  # what no cassette holds: NaN, a thousand brackets
        return ""


def _cassette(document: Mapping[str, Any]) -> Cassette:
    reply = dict(document["reply"])
    known = {name: reply.pop(name) for name in _OF_REPLY if name in reply}
    return Cassette(
        provider=document["provider"],
        operation=document["operation"],
        repeat=document["repeat"],
        occurrence=document["occurrence"],
        request_hash=document["request_hash"],
        request=document["request"],
        reply=RecordedReply(**known, body=reply),
        places=document.get("texts", ()),
        chunks=as_chunks(reply) if reply else (),
        digest=document["digest"],
    )
