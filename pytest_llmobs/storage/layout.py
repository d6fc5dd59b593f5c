"""Where things lie below the store's root."""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePath
from urllib.parse import quote, unquote

from pytest_llmobs.errors import StoreError
from pytest_llmobs.files import PRIVATE, encodable, make_private, write_whole

NAMELESS = "default"
"""The project of runs that name none."""
LONGEST = 180
"""Bytes of an escaped name; file systems allow 255 for a whole file name."""
SPOOL_SUFFIX = ".jsonl"
"""Of spool files; the rest of the name becomes the name of the Parquet files."""


@dataclass(frozen=True)
class Layout:
    """The paths of one store."""

    root: Path

    @property
    def runs(self) -> Path:
        """The hive-partitioned Parquet files: ``runs/project=<name>/*.parquet``."""
        return self.root / "runs"

    @property
    def spool(self) -> Path:
        """What isn't sealed yet, and ``.corrupt`` files."""
        return self.root / "spool"

    @property
    def feedback(self) -> Path:
        """Sealed feedback: ``feedback/*.parquet``."""
        return self.root / "feedback"

    @property
    def feedback_spool(self) -> Path:
        """Feedback that isn't sealed yet, and ``.corrupt`` files."""
        return self.spool / "feedback"

    @property
    def media(self) -> Path:
        """Images and documents of model calls, where their bytes are kept: one file a content."""
        return self.root / "media"

    @property
    def experiments(self) -> Path:
        """One JSON file an experiment."""
        return self.root / "experiments"

    @property
    def projects(self) -> Path:
        """One JSON file for each project of which something is written down."""
        return self.root / "projects"

    def partition(self, project: str | None) -> Path:
        """Return the folder of a project's Parquet files."""
        return self.runs / f"project={escape(project or NAMELESS)}"

    def experiment(self, name: str) -> Path:
        """Return the file of an experiment."""
        return self.experiments / f"{escape(name)}.json"

    def project(self, name: str) -> Path:
        """Return the file with what is written down of a project."""
        return self.projects / f"{escape(name)}.json"

    @property
    def journals(self) -> Path:
        """One file of lines for each evaluation that hasn't come to its end."""
        return self.root / "evaluations"

    def journal(self, name: str) -> Path:
        """Return the journal of an evaluation."""
        return self.journals / f"{escape(name)}{SPOOL_SUFFIX}"

    def create(self) -> None:
        """Make the root (mode 0700, ignored by git) and its folders, where they don't exist.

        Raises:
            StoreError: The root is a file, or its parent can't be written.
        """
        try:
            self._create()
        except OSError as error:
            remedy = "Make the folder writable"
            if isinstance(error, FileExistsError | NotADirectoryError):
                remedy = "Move away the file that is in its place"
            raise StoreError(
                f"Can't create the store {str(self.root)!r}: {error.strerror or error}. "
                f"{remedy}, or choose another place for the store."
            ) from error

    def _create(self) -> None:
        if not self.root.is_dir():
            # The mode is the root's alone: what lies above it may be the user's own.
            self.root.parent.mkdir(parents=True, exist_ok=True)
            make_private(self.root)
        ignore = self.root / ".gitignore"
        if not ignore.exists():
            if not any(self.root.iterdir()):  # a folder that the user made for the store
                _close(self.root)
            # Whole or not at all: an empty one would count as there, and prompts would be committed.
            write_whole(ignore, "*\n", mode=PRIVATE)
        elif _is_open(ignore) or _is_open(self.root):
            self._close_to_others()
        for folder in (self.spool, self.runs, self.experiments):
            make_private(folder)

    def _close_to_others(self) -> None:
        """Take from others what a version before, or a copy, has left readable; last the mark that it was done."""
        # Each by itself, too: any of them may be a link to another disk.
        for folder in (self.root, *filter(Path.is_dir, self.root.iterdir())):
            for path, folders, files in os.walk(folder):
                for name in (*folders, *files):
                    if name != ".gitignore":
                        _close(Path(path, name))
            _close(folder)
        _close(self.root / ".gitignore")


def _is_open(path: Path) -> bool:
    """Tell whether others may look at a file or folder of ours."""
    status = path.stat()
    return status.st_uid == os.getuid() and bool(stat.S_IMODE(status.st_mode) & 0o077)


def _close(path: Path) -> None:
    """Take a file or folder of ours from others; what is not ours, or a link, stays as it is."""
    with suppress(OSError):
        if not path.is_symlink() and _is_open(path):
            path.chmod(stat.S_IMODE(path.stat().st_mode) & 0o700)


def escape(name: str) -> str:
    """Escape ``name`` for a file name, the way hive readers undo it (URL-escaped UTF-8).

    A name too long for a file system is cut and gets a hash, so that different names stay different.
    """
    escaped = quote(encodable(name), safe="")
    if escaped in (".", ".."):
        return escaped.replace(".", "%2E")
    if len(escaped) <= LONGEST:
        return escaped
    # The cut may fall into a character's bytes: what is left of it is dropped.
    whole_characters = unquote(escaped[: LONGEST - 15], errors="ignore")
    return f"{quote(whole_characters, safe='')}-{hashlib.sha256(encodable(name).encode()).hexdigest()[:12]}"


def unescape(escaped: str) -> str:
    """Return the name that ``escape`` was given (cut names stay cut)."""
    return unquote(escaped)


def may_be_cut(name: str) -> bool:
    """Tell whether a name that a file gave back may lack its end: it is as long as ``escape`` leaves a cut one."""
    # with its hash; where the cut fell into a character, up to 11 bytes more were dropped
    return len(quote(name, safe="")) > LONGEST - 15


def spool_files(folder: Path) -> list[Path]:
    """Return the spool files in a folder, sorted by name, and so by the time at which each was begun."""
    return sorted(folder.glob(f"*{SPOOL_SUFFIX}"))


def project_of(partition: PurePath) -> str:
    """Return the project whose Parquet files lie in the folder ``partition``."""
    return unescape(partition.name.removeprefix("project="))


def experiment_of(path: PurePath | str) -> str:
    """Return the experiment whose document lies at ``path``."""
    return unescape(PurePath(path).stem)
