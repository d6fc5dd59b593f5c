"""Requests and replies as they go over the wire to a model's API, reduced to what decides about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

BodyEnd = Literal["read", "closed", "failed"]
"""How the reading of a reply ended: at its end, by whoever read it, or by an error on its way."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SentRequest:
    """One request of an SDK, as it is about to be sent."""

    provider: str
    """Who serves it (``anthropic``, ``aws.bedrock``)."""
    operation: str
    """What is called: the endpoint's name (``messages``), or the path with dots."""
    method: str
    """In capitals."""
    url: str
    headers: Mapping[str, str]
    """Names in lower case. Secrets among them: they are never kept."""
    content: bytes | None
    """The body; None where it can't be read without taking it from whoever sends it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceivedReply:
    """What came back of a request, as far as it came."""

    status: int
    """HTTP's; 0 where no response came at all."""
    headers: Mapping[str, str]
    """Names in lower case."""
    content: bytes
    """The body, decompressed."""
    end: BodyEnd = "read"
    error: str = ""
    """The class of the HTTP library's exception that ended it (``ReadError``), or empty."""
    message: str = ""
    """What that exception said."""
    failed: bool = False
    """True where the call failed: by its status or its connection, by an error among its events, or without its end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayedReply:
    """A recorded reply, as it is handed out again."""

    status: int
    headers: Mapping[str, str]
    chunks: Sequence[bytes]
    """The body in the pieces in which it came: of a stream, one an event."""
    end: BodyEnd = "read"
    error: str = ""
    message: str = ""
    recording: str = ""
    """The digest of the recording that it comes from."""
