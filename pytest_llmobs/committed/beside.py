"""What lies beside named files that people commit: their tags, and what is known about them.

Datasets and prompts lie in a folder each, one file a name; a slash in a name is a folder. ``.tags/NAME/TAG`` holds what
the tag stands for, ``.about/NAME.json`` the rest, one key a line: two branches that add some merge without a conflict.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_llmobs.committed.git import git, revision_problem
from pytest_llmobs.committed.names import check_case, check_tag
from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import each_once, parse_json, read_text, write_whole

TAGS, ABOUT = ".tags", ".about"


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
        return _document(read(file), repr(str(file)))

    def about_at(self, name: str, revision: str) -> dict[str, Any] | None:
        """Return what a git revision knows about a name; None where there is no such revision.

        Raises:
            StoreError: What it has is no JSON object.
        """
        file = self._about_file(name)
        try:
            if revision.startswith("-") or revision_problem(self.folder, revision):
                return None
            below = file.relative_to(self.folder).as_posix()
            answer = git(self.folder, "cat-file", "blob", f"{revision}:./{below}")
        except OSError:  # no git
            return None
        if answer.returncode != 0:
            return {}
        return _document(answer.stdout.decode("utf-8", "replace"), f"{str(file)!r} as of {revision!r}")

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


def _document(text: str, file: str) -> dict[str, Any]:
    try:
        document = parse_json(text, object_pairs_hook=each_once)
    except ValueError as error:
        raise StoreError(f"{file} is no JSON: {error}. Mend it, or delete it.") from None
    if not isinstance(document, dict):
        raise StoreError(f"{file} holds no object. Mend it, or delete it.")
    return document


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
