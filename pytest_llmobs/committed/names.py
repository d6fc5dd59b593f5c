"""Names that may become files, on every machine that checks them out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from pytest_llmobs.errors import ArgumentError, ConflictError

_REFUSED = '\\:*?"<>|@'
"""Refused by Windows, or with a meaning behind a name (``name:tag``, ``name@version``)."""
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""What Windows takes for a device, whatever follows behind a dot: such a file can't be checked out there."""
_LONGEST = 180
"""Bytes of a part of a name; file systems allow 255 for a whole file name."""
_HASH = re.compile(r"[0-9a-f]{4,64}")
LATEST = "latest"
"""Stands for what is current, as a tag would; nobody can give it."""


def check_name(name: Any, what: str) -> str:
    """Return a name that may become a file.

    Args:
        name: As the user gave it; slashes in it make folders.
        what: What messages call it: ``dataset``, ``prompt``.

    Raises:
        ArgumentError: It may not, on this or another machine that checks the file out; the message says why.
    """
    if not isinstance(name, str):
        raise ArgumentError(f"The {what}'s name is {name!r}, of type {type(name).__name__}. Give it as text.")
    if not name.strip():
        raise ArgumentError(f"The {what}'s name is empty. Give it a name, such as 'support-golden'.")
    reason = _reason_against(name)
    if reason:
        raise ArgumentError(
            f"The {what} can't be named {name!r}: {reason}. It becomes a file that is committed; write letters, "
            "digits, blanks, '.', '-' and '_', and '/' for a folder."
        )
    return name


def _reason_against(name: str) -> str | None:
    for character in name:
        if character in _REFUSED or not character.isprintable():
            return f"it holds {character!r}"
    for part in name.split("/"):
        if not part:
            return "it has an empty part"
        if part in (".", ".."):
            return f"{part!r} leads to another folder"
        if part.startswith("."):
            return f"{part!r} begins with a dot"
        if part != part.strip() or part.endswith("."):
            return f"{part!r} begins or ends with a blank or a dot"
        if _DEVICES.fullmatch(part):
            return f"{part!r} is a device on Windows, where the file could not be checked out"
        if len(part.encode()) > _LONGEST:
            return f"{part[:20]!r}… is longer than {_LONGEST} bytes"
    return None


def check_case(name: str, taken: Iterable[str], what: str) -> None:
    """Refuse a name that differs from a taken one in capitals alone: many file systems have one file for the two.

    Raises:
        ConflictError: It does.
    """
    wanted = _folded(name)
    for other in taken:
        if other != name and _folded(other) == wanted:
            in_what = "capitals"
            if unicodedata.normalize("NFC", name) == unicodedata.normalize("NFC", other):
                in_what = "how its accents are encoded"
            raise ConflictError(
                f"The {what} {name!r} differs from {other!r} in {in_what} alone, and many file systems have one file "
                f"for both. Choose another name, or use {other!r}."
            )


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def check_tag(tag: Any) -> str:
    """Return a tag that may become a file.

    Raises:
        ArgumentError: It may not, ``latest`` is meant, or it looks like a hash.
    """
    check_name(tag, "tag")
    if tag == LATEST:
        raise ArgumentError(f"The tag {tag!r} stands for what is current always. Choose another one.")
    if "/" in tag or (_HASH.fullmatch(tag) and any(map(str.isdigit, tag))):
        raise ArgumentError(
            f"The tag {tag!r} would be read as a path or a hash. Choose another one, such as 'v1'."
        )
    return str(tag)
