"""vcrpy and pytest-recording in the user's project: they work below our recordings, at the socket, as they ever did."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import anthropic
import pytest
import vcr

from tests.anthropic_server import serve, text
from tests.e2e.here import pytest_here
from tests.unit.providers.replaying.tape import Tape

ASK: dict[str, Any] = {
    "model": "claude-sonnet-5",
    "max_tokens": 50,
    "messages": [{"role": "user", "content": "Hi"}],
}
SUITE = """
import anthropic
import pytest

@pytest.mark.vcr
def test_answer(llm_run):
    messages = [{{"role": "user", "content": "{question}"}}]
    with anthropic.Anthropic(base_url="{url}", api_key="k", max_retries=0) as client:
        reply = client.messages.create(model="claude-sonnet-5", max_tokens=50, messages=messages)
    assert reply.content[0].text == "Hello"
"""


@pytest.fixture
def tape(tmp_path: Path) -> Tape:
    return Tape(tmp_path / "llm-cassettes")


def _ask(url: str) -> Any:
    with anthropic.Anthropic(base_url=url, api_key="k", max_retries=0) as client:
        return client.messages.create(**ASK).model_dump()


def _stream(url: str) -> Any:
    async def main() -> Any:
        client = anthropic.AsyncAnthropic(base_url=url, api_key="k", max_retries=0)
        async with client, client.messages.stream(**ASK) as stream:
            return [piece async for piece in stream.text_stream]

    return asyncio.run(main())


@pytest.mark.parametrize("ask", [_ask, _stream])
def test_with_our_recordings_off_vcrpy_records_and_replays(tape: Tape, tmp_path: Path, ask: Any) -> None:
    theirs = tmp_path / "theirs.yaml"
    with serve("Hello") as server, tape.session(None), vcr.use_cassette(theirs):
        expected = ask(server.url)
    with tape.session(None) as sink, vcr.use_cassette(theirs, record_mode="none") as cassette:
        assert ask(server.url) == expected
    assert (cassette.play_count, len(server.requests), tape.files) == (1, 1, [])
    assert sink.runs[0].usage.output_tokens == 10


@pytest.mark.parametrize("ask", [_ask, _stream])
def test_with_ours_on_vcrpy_sees_only_what_is_sent(tape: Tape, tmp_path: Path, ask: Any) -> None:
    with serve("Hello") as server:
        with tape.recording(), vcr.use_cassette(tmp_path / "theirs.yaml") as sent:
            expected = ask(server.url)
        with tape.recording(), vcr.use_cassette(tmp_path / "again.yaml") as unsent:
            assert ask(server.url) == expected
    assert (len(sent.requests), len(unsent.requests), len(server.requests)) == (1, 0, 1)
    with tape.replaying(), vcr.use_cassette(tmp_path / "none.yaml", record_mode="none"):
        assert ask(server.url) == expected


def test_what_vcrpy_replays_is_recorded_by_us(tape: Tape, tmp_path: Path) -> None:
    """So a project can move over without a call."""
    theirs = tmp_path / "theirs.yaml"
    with serve(text("Hello", gzipped=True)) as server, tape.session(None), vcr.use_cassette(theirs):
        expected = _ask(server.url)
    with tape.recording(), vcr.use_cassette(theirs, record_mode="none"):
        assert _ask(server.url) == expected
    with tape.replaying():
        assert _ask(server.url) == expected


def test_pytest_recording_beside_our_recordings(tmp_path: Path) -> None:
    suite = tmp_path / "test_app.py"
    tmp_path.joinpath("pyproject.toml").write_text("[tool.pytest]\n")
    theirs = tmp_path / "cassettes"
    with serve("Hello") as server:
        suite.write_text(SUITE.format(url=server.url, question="Hi"))
        first = pytest_here(tmp_path, "--record-mode=once")
    assert first.returncode == 0, first.stdout
    (their_file,) = theirs.rglob("*.yaml")

    # the server is gone: theirs answers, and ours keeps it
    second = pytest_here(tmp_path, "--block-network", "--llm-cassettes=reuse")
    assert second.returncode == 0, second.stdout
    assert list(tmp_path.glob("llm-cassettes/anthropic/*/*.json"))

    their_file.unlink()
    third = pytest_here(tmp_path, "--block-network", "--llm-cassettes=only")
    assert third.returncode == 0, third.stdout

    suite.write_text(SUITE.format(url=server.url, question="Hello?"))
    fourth = pytest_here(tmp_path, "--block-network", "--llm-cassettes=only")
    assert fourth.returncode == 1
    assert "CassetteError" in fourth.stdout
    assert "Network is disabled" not in fourth.stdout
