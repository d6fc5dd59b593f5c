"""A place for stores beyond this machine: an object store, or a mounted folder, behind one URI."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import pyarrow as pa
from pyarrow import fs

from pytest_llmobs.errors import StoreError

MARK = "llmobs.json"
"""What a session writes to see whether it may; says what lies here."""
_MARK_TEXT = b'{"store": "pytest-llmobs", "schema": 1}\n'
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_ATOMIC = ("s3", "gcs", "abfs")
"""File systems on which a file shows only once it is whole; on the others it is written aside and renamed."""
_SILENCE = 10.0
"""Seconds without a byte from S3 after which an attempt counts as lost."""
_ATTEMPTS = 3
_SECRET = re.compile("access_key|secret_key|session_token|access_token|account_key|sas_token|credential")
"""In the name of an option whose value nobody may see."""
_REMEDIES = (
    ("the folder .* doesn't exist", "Mount it, or make it."),
    ("NO_SUCH_BUCKET|NoSuchBucket|bucket does not exist", "Create the bucket, or correct its name."),
    (
        "ExpiredToken|InvalidToken|TokenRefreshRequired|token.* has expired|invalid_grant",
        "Renew the credentials (for S3 AWS_SESSION_TOKEN with its two keys, or the login of AWS_PROFILE).",
    ),
    ("TOO_SKEWED|TooSkewed", "Set this machine's clock."),
    ("SLOW_DOWN|SlowDown|SERVICE_UNAVAILABLE", "The server has too much to do: try again later."),
    (
        "ACCESS_DENIED|AccessDenied|Access Denied|INVALID_ACCESS_KEY|SIGNATURE_DOES_NOT_MATCH|status 403|Forbidden|"
        "Permission denied|PERMISSION_DENIED",
        "Check the credentials (for S3 the environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
        "AWS_PROFILE), and that they may write there.",
    ),
    (
        "NETWORK_CONNECTION|curlCode|Could not connect|resolve|timed out|Timeout",
        "Check the network and the endpoint (for S3 AWS_ENDPOINT_URL, or endpoint_override in the URI).",
    ),
)


def is_uri(text: str) -> bool:
    """Return True for ``s3://…`` and its like; False for a path."""
    return bool(_URI.match(text))


@dataclass(frozen=True)
class Entry:
    """One file there."""

    key: str
    """Its path below the root, with slashes."""
    size: int
    """Bytes."""


class RemoteFiles:
    """The files below one URI, through ``pyarrow.fs``."""

    def __init__(self, uri: str, base: Path | None = None) -> None:
        """Name the place; nothing is sent yet, unless S3 has to be asked for the bucket's region.

        Args:
            uri: ``s3://bucket/folder``, ``gs://…``, ``file://…``, or a path.
            base: What a relative path is relative to; by default the current folder.

        Raises:
            StoreError: The URI makes no sense, or names a kind of storage that pyarrow doesn't know.
        """
        self.shown = _without_secrets(uri)
        """The URI for messages and commands, without credentials."""
        located = uri
        if not is_uri(uri):
            located = str((base or Path.cwd()) / Path(uri).expanduser())
        try:
            files, root = fs.FileSystem.from_uri(_limit_google_retries(located))
            self.files = _limit_s3_retries(files, located)
        except (OSError, ValueError, pa.ArrowException) as error:
            raise self.failure("open", error) from error
        self.root: str = root.rstrip("/")
        self._local = self.files.type_name not in _ATOMIC

    def failure(self, verb: str, error: Exception) -> StoreError:
        """Return the error for the user: what was tried where, why it failed, what to do."""
        # The first line says it; what may follow is detail.
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        if "Unrecognized filesystem type" in reason:
            return StoreError(
                f"Can't {verb} the store {self.shown!r}: nobody knows this kind of URI. "
                "Known: a path, file://, gs://, s3://, and what else pyarrow.fs opens."
            )
        return StoreError(f"Can't {verb} the store {self.shown!r}: {_shorten(reason)}. {_remedy(reason)}")

    def probe(self) -> None:
        """Write one small file, to learn now rather than at the end whether that works.

        Raises:
            StoreError: It can't be reached, or refuses.
        """
        try:
            if self._local and not Path(self.root).parent.is_dir():
                raise FileNotFoundError(f"the folder {str(Path(self.root).parent)!r} doesn't exist")
            self._write(MARK, _MARK_TEXT)
        except (OSError, pa.ArrowException) as error:
            raise self.failure("write to", error) from error

    def upload(self, path: Path, key: str) -> None:
        """Put a local file there, whole or not at all; one of the same key is replaced.

        Raises:
            StoreError: It can't be reached, or refuses.
            FileNotFoundError: The local file is gone.
        """
        # Mapped, because a session of a million runs leaves one large file.
        with pa.memory_map(str(path)) as file:
            content = file.read_buffer()
        try:
            self._write(key, content)
        except (OSError, pa.ArrowException) as error:
            raise self.failure("upload to", error) from error

    def read(self, key: str) -> bytes:
        """Return a file's content.

        Raises:
            StoreError: It can't be read.
        """
        try:
            with self.files.open_input_file(self.path(key)) as file:
                content: bytes = file.read()
                return content
        except (OSError, pa.ArrowException) as error:
            raise self.failure("read", error) from error

    def probe_reading(self, key: str) -> None:
        """Read the first bytes of a file, to learn whether that is allowed.

        Raises:
            StoreError: It can't be reached, or refuses.
        """
        try:
            with self.files.open_input_file(self.path(key)) as file:
                file.read(4)
        except (OSError, pa.ArrowException) as error:
            raise self.failure("read", error) from error

    def delete(self, key: str) -> bool:
        """Delete a file; return False where that is refused."""
        try:
            self.files.delete_file(self.path(key))
        except (OSError, pa.ArrowException):
            return False
        return True

    def entries(self, folder: str, suffix: str = "") -> list[Entry]:
        """Return the files below a folder, sorted by their keys; none where there is no such folder.

        Args:
            folder: Its key.
            suffix: How the keys end, such as ``.json``.

        Raises:
            StoreError: It can't be reached, or refuses.
        """
        return sorted(self._entries(folder, suffix), key=lambda entry: entry.key)

    def path(self, key: str) -> str:
        """Return a key as the file system names it."""
        return f"{self.root}/{key}"

    def _entries(self, folder: str, suffix: str) -> Iterator[Entry]:
        where = fs.FileSelector(self.path(folder), recursive=True, allow_not_found=True)
        try:
            infos = self.files.get_file_info(where)
        except (OSError, pa.ArrowException) as error:
            raise self.failure("read", error) from error
        for info in infos:
            # Hidden ones are being written.
            is_whole_file = info.type == fs.FileType.File and not info.base_name.startswith(".")
            if is_whole_file and info.path.endswith(suffix):
                yield Entry(info.path[len(self.root) + 1 :], info.size)

    def _write(self, key: str, content: bytes | pa.Buffer) -> None:
        path = self.path(key)
        if not self._local:
            self._stream(path, content)
            return
        # Not ``files.write_whole``: the place may be one that only Arrow can open (``hdfs://``), not a path.
        folder, _, name = path.rpartition("/")
        self.files.create_dir(folder, recursive=True)
        aside = f"{folder}/.{name}-{os.getpid()}-{os.urandom(3).hex()}"
        try:
            self._stream(aside, content)
            self.files.move(aside, path)
        except (OSError, pa.ArrowException):
            if self.files.get_file_info(aside).type == fs.FileType.File:
                self.files.delete_file(aside)
            raise

    def _stream(self, path: str, content: bytes | pa.Buffer) -> None:
        try:
            with self.files.open_output_stream(path) as file:
                file.write(content)
        except KeyboardInterrupt:
            # Leaving the block has closed the stream, and so published what there was of it.
            self.files.delete_file(path)
            raise


def _limit_google_retries(uri: str) -> str:
    """Let Google's client give up within half a minute; by itself it tries for fifteen."""
    if not uri.startswith(("gs://", "gcs://")) or "retry_limit_seconds" in uri:
        return uri
    separator = "?"
    if "?" in uri:
        separator = "&"
    return f"{uri}{separator}retry_limit_seconds=30"


def _limit_s3_retries(files: fs.FileSystem, uri: str) -> fs.FileSystem:
    """Let S3's client give up within half a minute where nobody answers; by itself it tries 31 times.

    No URI can say that, so the client is made again from the options that pickling it would keep. Where the URI
    sets one that would be lost, it stays as it is.
    """
    if files.type_name != "s3":
        return files
    remake, (options,) = files.__reduce__()
    asked = dict(parse_qsl(urlsplit(uri).query))
    if not asked.keys() <= options.keys():
        return files
    retries = fs.AwsStandardS3RetryStrategy(max_attempts=_ATTEMPTS)
    limits = {"connect_timeout": _SILENCE, "request_timeout": _SILENCE, "retry_strategy": retries}
    return remake({**options, **limits})


def _without_secrets(uri: str) -> str:
    if not is_uri(uri):
        return uri
    parts = urlsplit(uri)
    place = parts.netloc.rpartition("@")[2]
    shown = f"{parts.scheme}://{place}{parts.path}"
    separator = "?"
    for key, value in parse_qsl(parts.query):
        if not _SECRET.search(key):
            shown += f"{separator}{key}={quote(value, safe=':/')}"
            separator = "&"
    return shown


def _remedy(reason: str) -> str:
    for signs, remedy in _REMEDIES:
        if re.search(signs, reason):
            return remedy
    return "Check the URI."


def _shorten(reason: str) -> str:
    """Leave out what is of no use to a reader, and what no reader may see."""
    reason = re.sub(r"//[^/\s]*@", "//", reason)
    return re.sub(r"\s*\(Request ID: [^)]*\)", "", reason).rstrip(". ")
