"""Whether a call went well: only what did is recorded, unless the user wants failures too."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from pytest_llmobs.providers.replies import STREAMS, Body, Endpoint, events_of, media_type
from pytest_llmobs.providers.streams import ends_stream
from pytest_llmobs.records.http_calls import ReceivedReply


def mark_failure(reply: ReceivedReply, endpoint: Endpoint | None, client: Any) -> ReceivedReply:
    """Return a reply with whether its call failed.

    A stream that was closed behind its last event has come whole: SDKs, and many apps, read no further.

    Args:
        reply: As it came.
        endpoint: What was called; None where it isn't logged.
        client: The SDK's; it knows the event stream of its cloud.
    """
    if reply.status >= 400 or reply.end == "failed":
        return replace(reply, failed=True)
    kind = media_type(reply.headers)
    if kind not in STREAMS:
        return reply
    events: list[Body] = []
    with suppress(Exception):  # the end of an event is missing: what is there of them
        events.extend(events_of(reply.content, kind, client))
    if any(event.get("type") == "error" or event.get("error") for event in events):
        return replace(reply, failed=True, end="read")
    if events and ends_stream(events[-1]):
        return replace(reply, end="read")
    return replace(reply, failed=reply.end == "read" and _is_cut(events, endpoint))


def _is_cut(events: Sequence[Body], endpoint: Endpoint | None) -> bool:
    if endpoint is None or endpoint.read_events is None:
        return False
    try:
        return endpoint.read_events(events, "", None).status == "incomplete"
    except Exception:  # a server that fills known fields with something else
        return False
