"""One cassette: a request and the reply that came, as the document that its file holds."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_llmobs.files import text_hash
from pytest_llmobs.records.http_calls import BodyEnd, ReplayedReply
from pytest_llmobs.replay import texts
from pytest_llmobs.replay.canonical import CanonicalRequest, canonical_json
from pytest_llmobs.replay.canonical.headers import without_secrets

VERSION = 1
"""Of the document's layout. A newer one is refused."""
_LEAST_BINARY = 512
"""Characters from which what looks like base64 is no text that anybody reads."""
_BASE64 = re.compile(r"(?P<before>data:[^,]{0,200};base64,)?(?P<data>[A-Za-z0-9+/_-]+={0,2})")
_MIXTURE = (re.compile("[a-z]"), re.compile("[A-Z]"), re.compile("[0-9]"))
"""What base64 of so many characters has all of, and a row of one letter hasn't."""


@dataclass(frozen=True, kw_only=True)
class RecordedReply:
    """A reply as a cassette keeps it: cleaned, and without what is different each time."""

    status: int = 0
    """HTTP's; 0 where no response came at all."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    """One of ``json`` (a value), ``text``, ``base64``, or ``events`` (a stream); empty where no response came."""
    end: BodyEnd = "read"
    error: str = ""
    message: str = ""

    def document(self) -> dict[str, Any]:
        """Return what the file holds of it: what it is at first, how it ended at last."""
        document: dict[str, Any] = {}
        if self.status:
            document |= {"status": self.status, "headers": dict(self.headers), **self.body}
        if self.end != "read":
            document["end"] = self.end
        if self.error:
            document |= {"error": self.error, "message": self.message}
        return document


@dataclass(frozen=True, kw_only=True)
class Cassette:
    """A recorded call."""

    provider: str
    operation: str
    repeat: int
    occurrence: int
    request_hash: str
    request: Mapping[str, Any]
    """See ``stored``; cleaned. Names of files may stand in it, see ``texts``."""
    reply: RecordedReply
    places: Sequence[str] = ()
    """Where names of files stand in the place of what is large, as JSON pointers (``/body/system``)."""
    chunks: Sequence[bytes] = ()
    """The reply's body as it is handed out."""
    digest: str = ""
    """16 hex digits of all that its file holds: what trials pair by. Empty before it is written."""

    @property
    def texts(self) -> list[str]:
        """Names, without suffix, of the files that its request refers to.

        Raises:
            ValueError: No name stands at one of the places.
        """
        return [name.partition(".")[0] for name in texts.names(self.request, self.places)]

    def document(self) -> dict[str, Any]:
        """Return what the file holds, its digest last."""
        document = {
            "cassette": VERSION,
            "provider": self.provider,
            "operation": self.operation,
            "repeat": self.repeat,
            "occurrence": self.occurrence,
            "request_hash": self.request_hash,
            "request": dict(self.request),
        }
        if self.places:
            document["texts"] = list(self.places)
        document["reply"] = self.reply.document()
        return {**document, "digest": digest_of(document)}

    def replayed(self) -> ReplayedReply:
        """Return the reply as it is handed out."""
        reply = self.reply
        return ReplayedReply(
            status=reply.status,
            headers=reply.headers,
            chunks=self.chunks,
            end=reply.end,
            error=reply.error,
            message=reply.message,
            recording=self.digest,
        )


def stored(request: CanonicalRequest) -> dict[str, Any]:
    """Return a request as cassettes hold it, before its texts are cleaned: images are their hash and size."""
    document: dict[str, Any] = {"method": request.method, "host": request.host, "path": request.path}
    if request.query:
        document["query"] = without_secrets(request.query)
    document["headers"] = without_secrets(request.headers)
    if request.form not in ("json", "none"):
        document["form"] = request.form
    document["body"] = _without_binaries(request.body)
    return document


def _without_binaries(value: Any) -> Any:
    """Return a copy of a value of JSON types with ``<sha256 …, 12,345 bytes>`` in the place of base64."""
    if isinstance(value, str):
        return value if len(value) < _LEAST_BINARY else _binary_summary(value)
    if isinstance(value, dict):
        return {name: _without_binaries(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_without_binaries(item) for item in value]
    return value


def _binary_summary(text: str) -> str:
    """Return what is said of base64 in its place: what it is, not what it holds; any other text as it is."""
    match = _BASE64.fullmatch(text)
    if match is None or not all(kind.search(match["data"]) for kind in _MIXTURE):
        return text
    data = match["data"].translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        content = base64.b64decode(data + "=" * (-len(data) % 4), validate=True)
    except binascii.Error:
        return text
    return f"{match['before'] or ''}<sha256 {hashlib.sha256(content).hexdigest()}, {len(content):,} bytes>"


def digest_of(document: Mapping[str, Any]) -> str:
    """Return 16 hex digits of a document without its own digest: equal however it is laid out.

    Raises:
        ValueError: It holds a number that JSON hasn't.
    """
    rest = {name: value for name, value in document.items() if name != "digest"}
    text = canonical_json(rest)
    try:
        text.encode()
    except UnicodeEncodeError:
        # two halves of one character are that character once they were written and read
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return text_hash(text)[:16]
