"""Answers that are fetched later: OpenAI's background responses, and the results of anybody's batches.

Each is priced once, however often it is fetched. To fetch what was answered and priced already costs nothing.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from pytest_llmobs.providers import responses
from pytest_llmobs.providers.calls import Reply, cost_nothing
from pytest_llmobs.providers.chat_completions import read_completion, read_embeddings
from pytest_llmobs.providers.streams import Event
from pytest_llmobs.records.runs import BATCH, COST_UNKNOWN, LATER
from pytest_llmobs.tracing.run_tree import RunTree

_REMEMBERED = 4096
_CONTENT = re.compile(r"/files/([^/?]+)/content")
_READERS = {
    "chat.completion": read_completion,
    "text_completion": read_completion,
    "response": responses.read_response,
    "list": read_embeddings,
}
"""What a batch's answer says it is -> its reader."""


class Remembered(OrderedDict[str, Any]):
    """Ids, each with what is known of it: the latest ones."""

    def note(self, id: str, value: Any = None) -> None:
        """Remember an id; of too many the oldest is forgotten."""
        self[id] = value
        if len(self) > _REMEMBERED:
            with suppress(KeyError):  # another thread has emptied it
                self.popitem(last=False)


class LaterReplies:
    """Which answers of OpenAI this process waits for, and which it has had."""

    def __init__(self) -> None:
        """Wait for none."""
        self._awaited = Remembered()
        self._fetched = Remembered()
        self._result_files = Remembered()
        """File -> the batch whose results it holds."""

    # responses

    def read_created(self, body: Mapping[str, Any], provider: str, asked: str | None = None) -> Reply:
        """Read a response that was just made; its answer may be there."""
        return self._noted(responses.read_response(body, provider, asked))

    def read_created_events(self, events: Iterable[Event], provider: str, asked: str | None = None) -> Reply:
        """Read the stream of a response that was just made."""
        reply = responses.read_events(events, provider, asked)
        if reply.status == "incomplete" and (reply.outputs or {}).get("background"):
            reply = replace(reply, metadata={**reply.metadata, COST_UNKNOWN: LATER})
        return self._noted(reply)

    def read_fetched(self, body: Mapping[str, Any], provider: str, asked: str | None = None) -> Reply:
        """Read a response that was asked for by its id, or cancelled."""
        return self._settled(responses.read_response(body, provider, asked))

    def read_fetched_events(self, events: Iterable[Event], provider: str, asked: str | None = None) -> Reply:
        """Read the rest of a stream that was asked for by its response's id."""
        return self._settled(responses.read_events(events, provider, asked))

    def _noted(self, reply: Reply) -> Reply:
        id = reply.columns.get("response_id")
        if id and reply.metadata.get(COST_UNKNOWN) == LATER:
            self._awaited.note(id)
        elif id:
            self._fetched.note(id)
        return reply

    def _settled(self, reply: Reply) -> Reply:
        id = str(reply.columns.get("response_id"))
        body = reply.outputs or {}
        is_over = body.get("status") not in responses.UNDER_WAY
        if is_over and id in self._awaited:
            self._awaited.pop(id, None)
        elif not is_over or id in self._fetched or not body.get("background"):
            return replace(reply, columns=_without_usage(reply), metadata={})
        self._fetched.note(id)
        return replace(reply, run_type="llm")

    # batches

    def read_batch(self, body: Mapping[str, Any], provider: str, asked: str | None = None) -> Reply:
        """Read a batch that was made, or asked for by its id."""
        id = str(body.get("id"))
        for name in ("output_file_id", "error_file_id"):
            if body.get(name):
                self._result_files.note(body[name], id)
        return Reply(outputs=dict(body), columns={"response_id": id})

    def read_created_batch(self, body: Mapping[str, Any], provider: str, asked: str | None = None) -> Reply:
        """Read a batch that was just made."""
        self.read_batch(body, provider, asked)
        return read_created_batch(body, provider, asked)

    def holds_results(self, file: str) -> bool:
        """Return True where a file is known to hold the results of a batch."""
        return file in self._result_files

    def read_results(self, entries: Sequence[Mapping[str, Any]], fetching: RunTree) -> Reply:
        """Log each answer of a batch as a model call below the run that fetched them, the first time."""
        file = file_of(str(fetching.inputs.get("url"))) or ""
        if file not in self._fetched:
            fetching.metadata[BATCH] = self._result_files.get(file)
            self._fetched.note(file)
            for entry in entries:
                _log_result(entry, fetching)
        return Reply(outputs={"results": list(entries)})


def file_of(path: str) -> str | None:
    """Return the id of the file whose content a path asks for, or None."""
    match = _CONTENT.search(path)
    return match and match[1]


def _log_result(entry: Mapping[str, Any], fetching: RunTree) -> None:
    body = (entry.get("response") or {}).get("body")
    read = _READERS.get(str((body or {}).get("object")))
    if body is not None and read is not None:
        reply = read({**body, "service_tier": "batch"}, fetching.columns["provider"], None)
        log_below(fetching, "openai.batch_result", entry, reply)


def log_below(fetching: RunTree, name: str, entry: Mapping[str, Any], reply: Reply) -> None:
    """Log an answer of a batch as a model call below the run that fetched it.

    Args:
        fetching: The run that fetched all results.
        name: What the model call is called.
        entry: The line of the results that holds the answer; it names the request as ``custom_id``.
        reply: What the answer says.
    """
    run = RunTree(fetching.tracer, name, "llm", fetching)
    run.describe({"custom_id": entry.get("custom_id")}, reply.metadata, ())
    run.columns.update(provider=fetching.columns["provider"], operation="chat", **reply.known_columns)
    for column in ("recording", "replayed"):
        if column in fetching.columns:
            run.columns[column] = fetching.columns[column]
    if "replayed" in fetching.columns:
        cost_nothing(run.columns)
    run.end(outputs=reply.outputs)


def read_created_batch(body: Mapping[str, Any], provider: str, asked: str | None = None) -> Reply:
    """Read a batch that was just made: what it costs is known by its results."""
    columns = {"response_id": str(body.get("id"))}
    return Reply(outputs=dict(body), columns=columns, run_type="llm", metadata={COST_UNKNOWN: LATER})


def _without_usage(reply: Reply) -> dict[str, Any]:
    return {
        key: reply.columns[key] for key in ("model", "response_id", "stop_reason") if key in reply.columns
    }
