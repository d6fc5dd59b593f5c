"""Named files that people commit, and what lies beside them: their tags, and what is known about them.

Datasets and prompts lie in a folder each, one file a name; a slash in a name is a folder. ``.tags/NAME/TAG`` holds what
the tag stands for, ``.about/NAME.json`` the rest, one key a line: two branches that add some merge without a conflict.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_llmobs.errors import ArgumentError, ConflictError, StoreError
from pytest_llmobs.files import each_once, parse_json, read_text, write_whole

_REFUSED = '\\:*?"<>|@'
"""Refused by Windows, or with a meaning behind a name (``name:tag``, ``name@version``)."""
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""What Windows takes for a device, whatever follows behind a dot: such a file can't be checked out there."""
_LONGEST = 180
"""Bytes of a part of a name; file systems allow 255 for a whole file name."""
_HASH = re.compile(r"[0-9a-f]{4,64}")
TAGS, ABOUT = ".tags", ".about"
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


def stated(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was said of something: where a value is None, nothing was."""
    return {key: value for key, value in values.items() if value is not None}


@dataclass(frozen=True)
class Beside:
    """What lies beside the named files of one folder."""

    folder: Path

    def tags(self, name: str) -> dict[str, str]:
        """Return the tags of a name, sorted: what each stands for.

        Raises:
            StoreError: One can't be read.
        """
        folder = self.folder / TAGS / name
        tags: dict[str, str] = {}
        for file in sorted(folder.glob("*")):
            if file.is_file() and not file.name.startswith("."):
                tags[file.name] = _meaning(file)
        return tags

    def tag(self, name: str, tag: str) -> str | None:
        """Return what one tag of a name stands for; None where there is no such tag.

        Raises:
            StoreError: It can't be read.
        """
        file = self.folder / TAGS / name / tag
        if "/" in tag or tag.startswith(".") or not os.path.isfile(file):  # noqa: PTH113 (of any text: no error)
            return None
        return _meaning(file)

    def set_tag(self, name: str, tag: str, meaning: str) -> None:
        """Let a tag stand for something, whatever it stood for.

        Raises:
            ArgumentError: The tag can't become a file.
            ConflictError: It differs from another in capitals alone.
            StoreError: The disk refuses.
        """
        check_tag(tag)
        check_case(tag, self.tags(name), "tag")
        write(self.folder / TAGS / name / tag, f"{meaning}\n")

    def tag_notes(self, name: str, tag: str) -> list[str]:
        """Return what people noted of a tag: the lines below what it stands for.

        Raises:
            StoreError: It can't be read.
        """
        return read(self.folder / TAGS / name / tag).strip().splitlines()[1:]

    def remove_tag(self, name: str, tag: str) -> None:
        """Remove a tag; what it stood for stays.

        Raises:
            StoreError: The disk refuses.
        """
        file = self.folder / TAGS / name / tag
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"Can't remove {str(file)!r}: {error.strerror or error}.") from error
        remove_empty(file.parent, self.folder)

    def about(self, name: str) -> dict[str, Any]:
        """Return what is known about a name; empty where nothing is.

        Raises:
            StoreError: The file can't be read.
        """
        file = self._about_file(name)
        if not file.is_file():
            return {}
        try:
            document = parse_json(read(file), object_pairs_hook=each_once)
        except ValueError as error:
            raise StoreError(f"{str(file)!r} is no JSON: {error}. Mend it, or delete it.") from None
        if not isinstance(document, dict):
            raise StoreError(f"{str(file)!r} holds no object. Mend it, or delete it.")
        return document

    def set_about(self, name: str, about: Mapping[str, Any]) -> None:
        """Write what is known about a name, whole; what is None is left out.

        Raises:
            StoreError: The disk refuses.
        """
        text = json.dumps(stated(about), ensure_ascii=False, indent=1, sort_keys=True)
        write(self._about_file(name), f"{text}\n")

    def remove(self, name: str) -> None:
        """Remove everything that lies beside a name.

        Raises:
            StoreError: The disk refuses.
        """
        tags = self.folder / TAGS / name
        try:
            self._about_file(name).unlink(missing_ok=True)
            for tag in self.tags(name):
                (tags / tag).unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"Can't remove {str(tags)!r}: {error.strerror or error}.") from error
        remove_empty(tags, self.folder)
        remove_empty(self._about_file(name).parent, self.folder)

    def _about_file(self, name: str) -> Path:
        return self.folder / ABOUT / f"{name}.json"


def _meaning(file: Path) -> str:
    # below the first line people say why
    return read(file).strip().partition("\n")[0].strip()


def remove_empty(folder: Path, top: Path) -> None:
    """Remove a folder and those above it, up to ``top``, as far as they are empty."""
    while folder != top and top in folder.parents:
        try:
            folder.rmdir()
        except OSError:  # it isn't there, or isn't empty
            if folder.exists():
                return
        folder = folder.parent


def write(file: Path, content: str | bytes) -> None:
    """Write a file that people commit, and make its folder.

    Raises:
        StoreError: The disk refuses.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # a link stays one: others read the file that it leads to
        write_whole(file.resolve() if file.is_symlink() else file, content)
    except OSError as error:
        raise StoreError(f"Can't write {str(file)!r}: {error.strerror or error}.") from error


def read(file: Path) -> str:
    """Return the text of a file that people commit.

    Raises:
        StoreError: It can't be read, or is no UTF-8.
    """
    try:
        return read_text(file)
    except UnicodeDecodeError as error:
        raise StoreError(f"{str(file)!r} can't be read: {error}. Save it as UTF-8.") from None
    except (OSError, ValueError) as error:
        raise StoreError(f"{str(file)!r} can't be read: {error}.") from error
