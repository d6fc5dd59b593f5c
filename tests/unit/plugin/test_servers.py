"""A control that asks a server which outlives it may have compared today's code with itself."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.plugin.control.servers import why_servers_spoil
from pytest_llmobs.plugin.control.start import Trees
from pytest_llmobs.plugin.control.watch import Watch
from pytest_llmobs.records.trials import ModelCall, Trial

CALL = ModelCall(model="gpt-5")


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(Trees("/project", "/worktree"), str(tmp_path))


@pytest.fixture
def server() -> Iterator[Any]:
    """The address of one that runs all the time."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()


def trial(suite: str = "test_bot", *calls: ModelCall) -> Trial:
    return Trial(
        suite=suite, example_id="e", example_hash="h", repeat=1, nodeid="n", status="failed", calls=calls
    )


def test_a_server_that_runs_all_the_time_may_be_today_s_code(
    watch: Watch, server: Any, tmp_path: Path
) -> None:
    watch("socket.connect", (None, server))
    reason = f"127.0.0.1:{server[1]} answers it, a server of its own, and no model call was seen"
    assert why_servers_spoil([trial()], tmp_path, {}) == reason
    assert why_servers_spoil([trial("test_bot", CALL), trial("test_other")], tmp_path, {}) == reason


def test_where_model_calls_are_seen_it_is_a_database(watch: Watch, server: Any, tmp_path: Path) -> None:
    watch("socket.connect", (None, server))
    assert why_servers_spoil([trial("test_bot", CALL), trial("test_bot")], tmp_path, {}) is None


def test_a_server_of_the_session_s_own_ends_with_it(watch: Watch, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        watch("socket.connect", (None, listening.getsockname()))
    assert why_servers_spoil([trial()], tmp_path, {}) is None


def test_a_proxy_is_no_app(watch: Watch, server: Any, tmp_path: Path) -> None:
    watch("socket.connect", (None, server))
    proxy = {"HTTPS_PROXY": f"http://127.0.0.1:{server[1]}", "all_proxy": "http://[", "no_proxy": "localhost"}
    assert why_servers_spoil([trial()], tmp_path, proxy) is None


@pytest.mark.parametrize(
    ("address", "is_near"),
    [
        (("127.0.0.1", 8000), True),
        (("::1", 8000, 0, 0), True),
        (("localhost", 8000), True),
        (("172.18.0.3", 8000), True),  # a container
        (("104.18.7.192", 443), False),
        (("169.254.169.254", 80), False),
        (("api.openai.com", 443), False),
        ("/var/run/docker.sock", False),
    ],
)
def test_what_is_near_is_noted(watch: Watch, tmp_path: Path, address: Any, is_near: bool) -> None:
    for _ in range(2):
        watch("socket.connect", (None, address))
    watch("socket.bind", (None, address))
    assert len(list(tmp_path.iterdir())) == int(is_near)
