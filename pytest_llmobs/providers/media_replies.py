"""Images, speech and transcriptions of OpenAI's API: what a reply says, and what of it is billed."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Mapping
from typing import Any

from pytest_llmobs.providers.calls import Reply
from pytest_llmobs.providers.chat_completions import read_usage
from pytest_llmobs.providers.media import summary
from pytest_llmobs.providers.streams import Event, StreamedReply, describe_error
from pytest_llmobs.providers.usage_fields import Metered, count_of

Sent = Mapping[str, float]
"""Units of the price list that a request itself tells of."""


def read_images(body: Mapping[str, Any], provider: str, asked: str | None = None) -> Reply:
    """Return what came of making or editing images. Without details, all its output tokens are those of images."""
    usage = body.get("usage") or {}
    units = {}
    if not usage.get("output_tokens_details") and count_of(usage.get("output_tokens")):
        units["output_image_tokens"] = usage["output_tokens"]
    fees = Metered(units).but_unknown("svg_usage" if body.get("svg_usage") else None)
    return read_usage(Reply(outputs=dict(body)), body, provider, asked, fees)


def read_image_events(events: Iterable[Event], provider: str, asked: str | None = None) -> Reply:
    """Return the images that a stream ended with; those on the way are passed over."""
    stream = _LastEvents((".completed",))
    return stream.ended(read_images(stream.read(events), provider, asked))


def read_transcription(body: Mapping[str, Any], provider: str, asked: str | None = None) -> Reply:
    """Return what was heard: its text, and its usage in tokens or seconds."""
    return read_usage(Reply(outputs=dict(body)), body, provider, asked)


def read_transcript_events(events: Iterable[Event], provider: str, asked: str | None = None) -> Reply:
    """Return the text that a stream of what was heard ended with."""
    stream = _LastEvents((".text.done",))
    return stream.ended(read_transcription(stream.read(events), provider, asked))


def read_text(content: bytes, kind: str, sent: Sent, provider: str, asked: str | None) -> Reply:
    """Return a reply that is a text: subtitles, a transcript."""
    outputs = {"text": content.decode("utf-8", "replace")}
    return read_usage(Reply(outputs=outputs), {}, provider, asked)


def characters(request: Mapping[str, Any]) -> Sent:
    """Return the characters of a text that is to be spoken."""
    return {"input_characters": len(str(request.get("input") or ""))}


def read_speech(content: bytes, kind: str, sent: Sent, provider: str, asked: str | None) -> Reply:
    """Return what was spoken, by hash and size."""
    outputs = {"audio": {"media_type": kind, **summary(content)}}
    return read_usage(Reply(outputs=outputs), {"usage": {}}, provider, asked, Metered(sent))


def read_speech_events(events: Iterable[Event], provider: str, asked: str | None = None) -> Reply:
    """Return a stream of what was spoken, by hash and size."""
    stream = _Speech((".audio.done",))
    return stream.ended(read_usage(Reply(outputs=stream.read(events)), stream.body, provider, asked))


class _LastEvents(StreamedReply):
    """A stream whose end holds all of it."""

    def __init__(self, ends: tuple[str, ...]) -> None:
        super().__init__()
        self._ends = ends
        self._over = False

    @property
    def complete(self) -> bool:
        return self._over

    def add(self, event: Event) -> None:
        kind = str(event.get("type"))
        if kind.endswith(self._ends):
            self._over = True
            self.body = dict(event)
        elif kind == "error":
            self.error = describe_error(event.get("error") or event)

    def finish(self) -> dict[str, Any]:
        return self.body


class _Speech(_LastEvents):
    """A stream of sound in pieces."""

    def __init__(self, ends: tuple[str, ...]) -> None:
        super().__init__(ends)
        self._sound = bytearray()

    def add(self, event: Event) -> None:
        if isinstance(event.get("audio"), str):
            self._sound += b64decode(event["audio"])
        else:
            super().add(event)

    def finish(self) -> dict[str, Any]:
        return {**self.body, "audio": summary(bytes(self._sound))}
