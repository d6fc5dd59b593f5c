"""One cassette: a request and the reply that came, as the document that its file holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_llmobs.files import text_hash
from pytest_llmobs.records.http_calls import BodyEnd, ReplayedReply
from pytest_llmobs.replay.canonical import canonical_json

VERSION = 1
"""Of the document's layout. A newer one is refused."""


@dataclass(frozen=True, kw_only=True)
class RecordedReply:
    """A reply as a cassette keeps it: cleaned, and without what is different each time."""

    status: int
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    """One of ``json`` (a value), ``text``, ``base64``, or ``events`` (a stream)."""
    end: BodyEnd = "read"
    error: str = ""
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class Cassette:
    """A recorded call."""

    provider: str
    operation: str
    repeat: int
    occurrence: int
    request_hash: str
    request: Mapping[str, Any]
    """``method``, ``host``, ``path``, ``query``, ``headers`` and ``body``, cleaned."""
    reply: RecordedReply
    texts: Sequence[str] = ()
    """Names of the shared texts that its request refers to."""
    chunks: Sequence[bytes] = ()
    """The reply's body as it is handed out."""

    def document(self) -> dict[str, Any]:
        """Return what the file holds, its digest last."""
        reply: dict[str, Any] = {"status": self.reply.status, "headers": dict(self.reply.headers)}
        reply |= self.reply.body
        if self.reply.end != "read":
            reply["end"] = self.reply.end
        if self.reply.error:
            reply |= {"error": self.reply.error, "message": self.reply.message}
        document = {
            "cassette": VERSION,
            "provider": self.provider,
            "operation": self.operation,
            "repeat": self.repeat,
            "occurrence": self.occurrence,
            "request_hash": self.request_hash,
            "request": dict(self.request),
            "reply": reply,
        }
        return {**document, "digest": digest_of(document)}

    @property
    def digest(self) -> str:
        """16 hex digits of all that it holds: what trials pair by."""
        digest: str = self.document()["digest"]
        return digest

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


def digest_of(document: Mapping[str, Any]) -> str:
    """Return 16 hex digits of a document without its own digest: equal however it is laid out."""
    return text_hash(canonical_json({name: value for name, value in document.items() if name != "digest"}))[
        :16
    ]
