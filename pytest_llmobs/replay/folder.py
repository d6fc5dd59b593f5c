"""The folder of cassettes: one file a call, written whole, found by its name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_llmobs.clocks import real
from pytest_llmobs.errors import CassetteError
from pytest_llmobs.files import display_path, read_text, write_whole
from pytest_llmobs.replay import texts
from pytest_llmobs.replay.cassette import Cassette
from pytest_llmobs.replay.documents import read_document, unusable
from pytest_llmobs.replay.layout import laid_out
from pytest_llmobs.replay.names import RecordingKey, is_name, number

_ABANDONED = 600
"""Seconds after which nobody is writing a temporary file any more: it takes milliseconds."""
_HALF_WRITTEN = ".*.tmp"
"""What files are called before they are whole."""


class CassetteFolder:
    """The cassettes of a project. Any number of processes may read and write at once."""

    def __init__(self, root: Path) -> None:
        """Use a folder, which need not exist."""
        self.root = root
        self._cleaned: set[Path] = set()
        """Folders that hold no leftovers of killed processes."""

    def path_of(self, key: RecordingKey) -> Path:
        """Return the file of a recording."""
        return self.root / key.path

    def read(self, key: RecordingKey) -> Cassette | None:
        """Return a recording, or None where there is none.

        Raises:
            CassetteError: Its file can't be read, or was edited.
        """
        path = self.path_of(key)
        text = _text_of(path)
        if text is None:
            return None
        cassette = read_document(text, path)
        _check_name(cassette, path)
        if cassette.request_hash != key.request.hash:
            raise _renamed(path)
        return cassette

    def read_file(self, path: Path) -> Cassette:
        """Return the recording that a file holds.

        Raises:
            CassetteError: It can't be read, was edited, or has another name than its content asks for.
        """
        text = _text_of(path)
        if text is None:
            raise unusable(path, "it is gone")
        cassette = read_document(text, path)
        _check_name(cassette, path)
        return cassette

    def request_of(self, cassette: Cassette) -> dict[str, Any]:
        """Return the request of a recording whole, as it was asked (see ``stored``).

        Raises:
            CassetteError: A text that it refers to is missing, or was edited.
        """
        reading = self.texts_folder

        def read(name: str) -> str:
            nonlocal reading
            reading = self.texts_folder / name
            return read_text(reading)

        try:
            return texts.unshelve(cassette.request, cassette.places, read)
        except (OSError, ValueError) as error:
            raise CassetteError(
                f"The text {display_path(reading)!r} of a recorded {cassette.operation} can't be used: "
                f"{_reason(error)}. Restore it from version control, or record anew with --llm-cassettes=refresh."
            ) from error

    @property
    def texts_folder(self) -> Path:
        """What requests share; it need not exist."""
        return Path(self.root, texts.FOLDER)

    def holds(self, path: Path) -> bool:
        """Tell whether a file below the folder is a cassette, by its name."""
        return is_name(path.name)

    def is_text(self, path: Path) -> bool:
        """Tell whether a file below the folder is a part of requests that cassettes share."""
        return path.parent == self.texts_folder and texts.NAME.fullmatch(path.name) is not None

    def is_leftover(self, path: Path) -> bool:
        """Tell whether a file below the folder is half written: by a killed process, or by one that is at it."""
        return path.match(_HALF_WRITTEN)

    def text_files(self) -> list[Path]:
        """Return the parts of requests that cassettes share."""
        return sorted(filter(self.is_text, self.texts_folder.glob("*")))

    def write(self, key: RecordingKey, cassette: Cassette) -> str:
        """Write a recording in one step; of two processes that write one, either's stays, whole.

        Args:
            key: What is recorded.
            cassette: Its request is whole; what is large in it is written beside, before the cassette that names it.

        Returns:
            The recording's digest.

        Raises:
            OSError: The folder can't be written.
        """
        shelved = texts.shelve(cassette.request)
        # first of all: a process that is killed in between leaves no cassette that names what isn't there
        for name, content in shelved.files.items():
            self._write_text(self.texts_folder / name, content)
        document = replace(cassette, request=shelved.request, places=shelved.places).document()
        self._write(self.path_of(key), laid_out(document))
        digest: str = document["digest"]
        return digest

    def _write_text(self, path: Path, content: str) -> None:
        try:
            if path.stat().st_size == len(content.encode()):
                return
        except OSError:
            pass
        self._write(path, content)

    def _write(self, path: Path, content: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._clean(path.parent)
        write_whole(path, content, durable=False)

    def _clean(self, folder: Path) -> None:
        """Delete what killed processes have left in a folder, once."""
        if folder in self._cleaned:
            return
        self._cleaned.add(folder)
        now = real.time_ns() / 1e9
        for path in folder.glob(_HALF_WRITTEN):
            try:
                if now - path.lstat().st_mtime > _ABANDONED:
                    path.unlink()
            except OSError:  # another process was faster, or may not
                continue


def _text_of(path: Path) -> str | None:
    """Return what a file holds; None where there is none."""
    try:
        return read_text(path)
    except (FileNotFoundError, NotADirectoryError):
        # it was there once: git-annex, for one, leaves such a link until its file is fetched
        if path.is_symlink():
            raise unusable(path, "it is a link to a file that isn't there") from None
        return None
    except (OSError, ValueError) as error:
        raise unusable(path, f"it can't be read ({_reason(error)})") from error


def _check_name(cassette: Cassette, path: Path) -> None:
    digest = str(cassette.request_hash)[:32]
    end = f"-{number(cassette.repeat, cassette.occurrence)}.json"
    if not (
        path.name.startswith(f"{digest}-") and path.name.endswith(end) and path.parent.name == digest[:2]
    ):
        raise _renamed(path)


def _renamed(path: Path) -> CassetteError:
    return unusable(path, "its name isn't that of what it holds: it was renamed or copied")


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"it is no UTF-8 at byte {error.start:,}"
    return str(getattr(error, "strerror", None) or error)
