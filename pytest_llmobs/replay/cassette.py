"""One cassette: a request and the reply that came, as the document that its file holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_llmobs.files import text_hash
from pytest_llmobs.records.http_calls import BodyEnd, ReplayedReply
from pytest_llmobs.replay import texts
from pytest_llmobs.replay.binaries import without_binaries
from pytest_llmobs.replay.canonical import CanonicalRequest, canonical_json
from pytest_llmobs.replay.canonical.headers import without_secrets

VERSION = 1
"""Of the document's layout. A newer one is refused."""


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
    document["body"] = without_binaries(request.body)
    return document


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
