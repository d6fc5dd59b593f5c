"""Calls that failed, recorded where that is wanted: what came, how it ended, and that again when they are replayed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pytest_llmobs.records.http_calls import ReceivedReply, ReplayedReply
from pytest_llmobs.replay.folder import CassetteFolder
from pytest_llmobs.replay.recorder import Recorder
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from tests.unit.replay.recordings import question

OVERLOADED = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
JSON = {"content-type": "application/json"}
PARTIAL = b'event: message_start\ndata: {"type": "message_start"}\n\nevent: ping\ndata: {"type": "ping"}\n\n'


def replayed(root: Path, received: ReceivedReply) -> tuple[ReplayedReply, dict[str, Any]]:
    """Return a recorded failure as it is handed out again, and what the file says of the reply."""
    here = Recorder(CassetteFolder(root), "reuse", Redaction(), record_errors=True)
    turn = here.take(question("Which?"), None)
    digest = turn.keep(received)
    assert digest
    here.begin_test()
    reply = here.take(question("Which?"), None).reply
    assert reply is not None
    assert reply.recording == digest
    return reply, json.loads(here.folder.path_of(turn.key).read_text(encoding="utf-8"))["reply"]


def test_an_error_of_the_api(tmp_path: Path) -> None:
    received = ReceivedReply(status=529, headers=JSON, content=json.dumps(OVERLOADED).encode())
    reply, document = replayed(tmp_path, received)
    assert (reply.status, reply.end, json.loads(b"".join(reply.chunks))) == (529, "read", OVERLOADED)
    assert document["json"] == OVERLOADED


def test_a_page_of_a_gateway(tmp_path: Path) -> None:
    page = b"<html>\n<h1>502 Bad Gateway</h1>\n</html>\n"
    reply, _ = replayed(
        tmp_path, ReceivedReply(status=502, headers={"content-type": "text/html"}, content=page)
    )
    assert (reply.status, b"".join(reply.chunks)) == (502, page)


def test_no_response_at_all(tmp_path: Path) -> None:
    received = ReceivedReply(
        status=0,
        headers={},
        content=b"",
        end="failed",
        failed=True,
        error="ConnectError",
        message="Connection refused",
    )
    reply, document = replayed(tmp_path, received)
    assert (reply.status, reply.end, reply.error, reply.message) == (
        0,
        "failed",
        "ConnectError",
        "Connection refused",
    )
    assert b"".join(reply.chunks) == b""
    assert document == {"end": "failed", "error": "ConnectError", "message": "Connection refused"}


def test_a_stream_that_broke_keeps_what_had_come(tmp_path: Path) -> None:
    received = ReceivedReply(
        status=200,
        headers={"content-type": "text/event-stream"},
        content=PARTIAL,
        end="failed",
        failed=True,
        error="RemoteProtocolError",
        message="peer closed connection",
    )
    reply, document = replayed(tmp_path, received)
    assert b"".join(reply.chunks).strip() == PARTIAL.strip()
    assert (reply.status, reply.end, reply.error) == (200, "failed", "RemoteProtocolError")
    assert list(document)[-3:] == ["end", "error", "message"]


def test_a_secret_in_what_a_failure_says_is_not_kept(tmp_path: Path) -> None:
    secret = "sk-ant-api03-" + "aB3" * 30
    received = ReceivedReply(
        status=0,
        headers={},
        content=b"",
        end="failed",
        failed=True,
        error="ProxyError",
        message=f"refused Bearer {secret}",
    )
    reply, _ = replayed(tmp_path, received)
    assert reply.message.startswith("refused")
    assert secret not in reply.message


def test_nothing_is_recorded_unless_it_is_wanted(tmp_path: Path) -> None:
    here = Recorder(CassetteFolder(tmp_path), "reuse", Redaction())
    received = ReceivedReply(status=500, headers=JSON, content=b"{}", failed=True)
    assert here.take(question("Which?"), None).keep(received) == ""
    assert not list(tmp_path.iterdir())
