"""The folder of cassettes: one file a call, written whole, found by its name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_llmobs.errors import CassetteError
from pytest_llmobs.files import parse_json, read_text, write_whole
from pytest_llmobs.replay.bodies import as_chunks
from pytest_llmobs.replay.cassette import VERSION, Cassette, RecordedReply, digest_of
from pytest_llmobs.replay.names import RecordingKey, is_name

TEXTS = "texts"
"""Name of the folder of what requests share."""


class CassetteFolder:
    """The cassettes of a project. Any number of processes may read and write at once."""

    def __init__(self, root: Path) -> None:
        """Use a folder, which need not exist."""
        self.root = root

    def path_of(self, key: RecordingKey) -> Path:
        """Return the file of a recording."""
        return self.root / key.path

    def read(self, key: RecordingKey) -> Cassette | None:
        """Return a recording, or None where there is none.

        Raises:
            CassetteError: Its file can't be read, or was edited.
        """
        path = self.path_of(key)
        try:
            text = read_text(path)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise _unreadable(path, error) from error
        cassette = read_document(text, path)
        if cassette.request_hash != key.request.hash:
            raise CassetteError(f"The cassette {str(path)!r} is of another request than its name says.")
        return cassette

    def read_file(self, path: Path) -> Cassette:
        """Return the recording that a file holds.

        Raises:
            CassetteError: It can't be read, was edited, or has another name than its content asks for.
        """
        try:
            text = read_text(path)
        except (OSError, ValueError) as error:
            raise _unreadable(path, error) from error
        cassette = read_document(text, path)
        if not path.name.startswith(cassette.request_hash[:32]):
            raise CassetteError(f"The cassette {str(path)!r} is of another request than its name says.")
        return cassette

    @property
    def texts_folder(self) -> Path:
        """What requests share; it need not exist."""
        return Path(self.root, TEXTS)

    def holds(self, path: Path) -> bool:
        """Tell whether a file below the folder is a cassette, by its name."""
        return is_name(path.name)

    def is_text(self, path: Path) -> bool:
        """Tell whether a file below the folder is a part of requests that cassettes share."""
        return path.parent == self.texts_folder

    def text_files(self) -> list[Path]:
        """Return the parts of requests that cassettes share."""
        return sorted(self.texts_folder.glob("*.txt"))

    def write(self, key: RecordingKey, cassette: Cassette) -> None:
        """Write a recording in one step; of two processes that write one, either's stays, whole.

        Raises:
            OSError: The folder can't be written.
        """
        path = self.path_of(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, laid_out(cassette.document()), durable=False)


def _unreadable(path: Path, error: Exception) -> CassetteError:
    return CassetteError(f"The cassette {str(path)!r} can't be read: {error}.")


def laid_out(document: Mapping[str, Any]) -> str:
    """Return a cassette's text."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def read_document(text: str, path: Path) -> Cassette:
    """Return the cassette that a file's text holds.

    Raises:
        CassetteError: It is cut short, was edited, or is of a newer version.
    """
    try:
        document = parse_json(text)
        if document["digest"] != digest_of(document):
            raise ValueError("its content isn't what was recorded: the digest differs")
        return _cassette(document)
    except (KeyError, TypeError, ValueError) as error:
        raise CassetteError(
            f"The cassette {str(path)!r} can't be used: {error}. Restore it from git, or record it again with "
            "--llm-cassettes=refresh."
        ) from error


def _cassette(document: Mapping[str, Any]) -> Cassette:
    if document["cassette"] > VERSION:
        raise ValueError(f"it has version {document['cassette']}, and {VERSION} is the newest known here")
    reply = dict(document["reply"])
    known = {
        name: reply.pop(name) for name in ("status", "headers", "end", "error", "message") if name in reply
    }
    return Cassette(
        provider=document["provider"],
        operation=document["operation"],
        repeat=document["repeat"],
        occurrence=document["occurrence"],
        request_hash=document["request_hash"],
        request=document["request"],
        reply=RecordedReply(**known, body=reply),
        chunks=as_chunks(reply),
    )
