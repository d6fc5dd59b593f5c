"""Which prompt a model call sends lands on its run, and on all it is nested in: by the object, else by the text."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

from pytest_llmobs.errors import PromptVariableError
from pytest_llmobs.extensions import Extensions, standalone_manager
from pytest_llmobs.prompts.committing import commit
from pytest_llmobs.prompts.folder import PromptFolder
from pytest_llmobs.prompts.pulling import Puller
from pytest_llmobs.prompts.recognition import Recognition
from pytest_llmobs.providers.imports import instrument_on_import, uninstrument
from pytest_llmobs.records.runs import Run
from pytest_llmobs.tracing import trace, traceable
from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.model_calls.prompt_stamps import PromptStamp, Recognised
from pytest_llmobs.tracing.tracer import Tracer
from tests import anthropic_server, openai_server
from tests.unit.providers.calls import MODEL, in_async, in_sync
from tests.unit.tracing.memory import MemorySink

SUPPORT = "You are the support agent of Acme. Greet {customer} by name, and be {tone}."
GIVEN = {"customer": "Ada", "tone": "kind"}
ASK: dict[str, Any] = {"model": MODEL, "max_tokens": 50, "messages": [{"role": "user", "content": "hi"}]}
KEY = "prompt.support"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PromptFolder:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Ada Lovelace")
    made = PromptFolder(tmp_path / "prompts")
    made.folder.mkdir()
    (made.folder / "support.md").write_text(f"{SUPPORT}\n")
    return made


@pytest.fixture
def hash(folder: PromptFolder) -> str:
    return commit(folder, "support").commit_hash


@pytest.fixture
def prompt(folder: PromptFolder, hash: str) -> Any:
    return Puller(folder).pull("support", hash)


@pytest.fixture
def tracer(folder: PromptFolder) -> Iterator[Tracer]:
    """A tracer that knows the prompts of a folder, as an app's does."""
    made = Tracer(project="unit", sink=MemorySink())
    made.know_prompts(Recognition(folder.folder))
    install(made)
    instrument_on_import(Extensions(standalone_manager()).providers)
    yield made
    uninstrument()
    uninstall()


@pytest.fixture
def sink(tracer: Tracer) -> MemorySink:
    assert isinstance(tracer.sink, MemorySink)
    return tracer.sink


@pytest.fixture
def server() -> Iterator[anthropic_server.Server]:
    with anthropic_server.serve(lambda request: anthropic_server.text("hello")) as made:
        yield made


def stamp(run: Run) -> str | None:
    value: str | None = run.metadata.get(KEY)
    return value


@pytest.mark.parametrize(
    "request_of",
    [
        lambda text: {"system": text},
        lambda text: {"system": [{"type": "text", "text": text}]},
        lambda text: {"messages": [{"role": "user", "content": text}]},
        lambda text: {"messages": [{"role": "user", "content": [{"type": "text", "text": text}]}]},
        lambda text: {"system": f"Today is Monday.\n{text}"},
        lambda text: {"system": text, "stream": True},
    ],
    ids=["system", "system block", "message", "block", "within another text", "stream"],
)
def test_a_filled_prompt_is_on_its_call_and_all_above(sink, server, prompt, hash, request_of):
    async def ask(client: Any) -> None:
        reply = await client.messages.create(**{**ASK, **request_of(prompt.format(**GIVEN))})
        if isinstance(reply, anthropic.AsyncStream):
            async for _ in reply:  # a stream that nobody reads has no end
                pass

    with trace("app"), trace("step"):
        in_async(server, ask)
        with trace("later"):
            pass
    assert [stamp(sink.run(name)) for name in ("app", "step")] == [hash, hash]
    assert stamp(sink.run("anthropic.messages")) == hash
    assert stamp(sink.run("later")) is None
    assert "Greet Ada by name, and be kind." in str(server.requests[0].body)


def test_batches_tools_and_token_counts_too(sink, server, prompt, hash):
    system = prompt.format(**GIVEN)
    tools = [{"name": "t", "description": "A tool.", "input_schema": {"type": "object", "properties": {}}}]
    params = {**ASK, "system": system}
    with trace("app"):
        in_sync(server, lambda client: client.messages.create(**params, tools=tools))
        in_sync(server, lambda client: client.beta.messages.create(**params))
        in_sync(
            server,
            lambda client: client.messages.batches.create(requests=[{"custom_id": "1", "params": params}]),
        )
    calls = [run for run in sink.runs if run.name != "app"]
    assert [stamp(run) for run in calls] == [hash] * 3


@pytest.mark.parametrize(
    ("name", "call"),
    [
        (
            "openai.chat.completions",
            lambda client, text: client.chat.completions.create(
                model="gpt-5-mini", messages=[{"role": "system", "content": text}]
            ),
        ),
        (
            "openai.chat.completions",
            lambda client, text: client.chat.completions.create(
                model="gpt-5-mini", messages=[{"role": "user", "content": [{"type": "text", "text": text}]}]
            ),
        ),
        (
            "openai.responses",
            lambda client, text: client.responses.create(model="m", input="hi", instructions=text),
        ),
        ("openai.responses", lambda client, text: client.responses.create(model="m", input=text)),
        (
            "openai.responses",
            lambda client, text: client.responses.create(
                model="m", input=[{"role": "user", "content": text}]
            ),
        ),
    ],
)
def test_openai_too(sink, prompt, hash, name, call):
    with (
        openai_server.serve("hello") as server,
        trace("app"),
        openai.OpenAI(base_url=server.url, api_key="sk-test", max_retries=0) as client,
    ):
        call(client, prompt.format(**GIVEN))
    assert stamp(sink.run(name)) == stamp(sink.run("app")) == hash


def test_a_copy_in_the_code_is_told_by_its_text(sink, server, hash):
    with trace("app"):
        in_sync(server, lambda client: client.messages.create(**ASK, system=SUPPORT.format(**GIVEN)))
    assert stamp(sink.run("anthropic.messages")) == stamp(sink.run("app")) == f"{hash} (matched)"


def test_an_old_copy_is_told_by_its_old_hash(sink, server, folder, hash):
    (folder.folder / "support.md").write_text(
        "You are somebody else now, who does not greet {customer} at all."
    )
    commit(folder, "support")
    in_sync(server, lambda client: client.messages.create(**ASK, system=SUPPORT.format(**GIVEN)))
    assert stamp(sink.runs[0]) == f"{hash} (matched)"


def test_what_is_no_prompt_is_on_no_run(sink, server, hash):
    in_sync(server, lambda client: client.messages.create(**ASK, system="You are the support agent of Acme."))
    assert stamp(sink.runs[0]) is None
    assert not sink.runs[0].metadata


def test_a_prompt_that_nobody_filled_is_an_error_before_the_call_in_a_test(
    tracer, sink, server, folder, prompt, hash
):
    tracer.know_prompts(Recognition(folder.folder, is_strict=True))
    with trace("app"), pytest.raises(PromptVariableError, match="without being filled: 'customer', 'tone'"):
        in_sync(server, lambda client: client.messages.create(**ASK, system=prompt))
    assert server.requests == []
    run = sink.run("anthropic.messages")
    assert (run.status, stamp(run)) == ("error", hash)
    assert run.metadata["unfilled.support"] == "customer, tone"
    assert sink.run("app").metadata["unfilled.support"] == "customer, tone"


@pytest.mark.parametrize("made", [lambda chat: chat, list, lambda chat: [*chat, ASK["messages"][0]]])
def test_nor_are_messages_that_nobody_filled_sent_however_short(tracer, sink, server, folder, made):
    (folder.folder / "chat.yaml").write_text("- role: user\n  content: Be kind to {customer}.\n")
    hash = commit(folder, "chat").commit_hash
    tracer.know_prompts(Recognition(folder.folder, is_strict=True))
    messages = made(Puller(folder).pull("chat", hash))
    with pytest.raises(PromptVariableError, match="is used without being filled: 'customer' would stand"):
        in_sync(server, lambda client: client.messages.create(**{**ASK, "messages": messages}))
    assert not server.requests
    assert sink.runs[0].metadata["prompt.chat"] == hash
    assert sink.runs[0].metadata["unfilled.chat"] == "customer"


@pytest.mark.parametrize("make", [lambda prompt: prompt, str], ids=["object", "text"])
def test_in_an_app_it_is_noted_and_sent_all_the_same(sink, server, prompt, hash, make, caplog):
    in_sync(server, lambda client: client.messages.create(**ASK, system=make(prompt)))
    (run,) = sink.runs
    assert stamp(run) in (hash, f"{hash} (matched)")
    assert run.metadata["unfilled.support"] == "customer, tone"
    assert len(server.requests) == 1
    assert "anthropic.messages was sent the prompt 'support' with customer, tone unfilled" in caplog.text


def test_the_text_of_a_template_may_be_sent_on_purpose_in_a_test(tracer, sink, server, folder, prompt):
    tracer.know_prompts(Recognition(folder.folder, is_strict=True))
    in_sync(server, lambda client: client.messages.create(**ASK, system=str(prompt)))
    assert sink.runs[0].metadata["unfilled.support"] == "customer, tone"


class Failing:
    """A recogniser with a fault."""

    is_strict = True
    knows_any = True

    def recognise(self, text: str) -> list[Recognised]:
        raise RuntimeError("no")


def test_a_recogniser_that_fails_costs_the_note_alone(tracer, sink, server):
    tracer.know_prompts(Failing())
    reply = in_sync(
        server, lambda client: client.messages.create(**ASK, system="You are a long system prompt.")
    )
    assert reply.content[0].text == "hello"
    assert sink.runs[0].metadata == {"prompt_search_error": "RuntimeError"}


def test_several_prompts_and_several_commits_stand_beside_each_other(sink, server, folder, prompt, hash):
    (folder.folder / "support.md").write_text("Be brief, {customer}, whatever anybody may ask of you.")
    (folder.folder / "tone.md").write_text("Your tone is that of a friend.")
    puller = Puller(folder)
    newer = puller.pull("support")
    tone = puller.pull("tone")

    @traceable
    def app() -> None:
        texts = [prompt.format(**GIVEN), newer.format(customer="Ada"), tone.format()]
        in_sync(server, lambda client: [client.messages.create(**ASK, system=text) for text in texts])

    app()
    run = sink.run("app")
    assert stamp(run) == f"{hash}, {newer.commit_hash}"
    assert run.metadata["prompt.tone"] == tone.commit_hash
    assert [stamp(call) for call in sink.runs[:3]] == [hash, newer.commit_hash, None]


def test_a_prompt_that_stands_in_the_value_of_another_is_on_the_call_too(sink, server, folder, prompt, hash):
    (folder.folder / "tone.md").write_text("patient, and never brief")
    tone = Puller(folder).pull("tone")
    (folder.folder / "support.md").write_text("Greet {customer}.")
    newer = Puller(folder).pull("support")

    @traceable
    def app() -> None:
        said = newer.format(customer="Ada, and be patient, and never brief")
        text = prompt.format(customer=said, tone=tone.format())
        in_sync(server, lambda client: client.messages.create(**ASK, system=text))

    app()
    assert sink.runs[0].metadata["prompt.tone"] == tone.commit_hash
    assert stamp(sink.runs[0]) == hash


def test_a_run_that_was_written_is_not_touched(sink, server, prompt, hash):
    with trace("app"):
        with trace("over") as over:
            pass
        line = over.line
        with over.activate():
            in_sync(server, lambda client: client.messages.create(**ASK, system=prompt.format(**GIVEN)))
    assert over.line == line
    assert stamp(sink.run("over")) is None
    assert stamp(sink.run("app")) == hash


def test_threads_of_one_run_lose_no_prompt(sink, server):
    texts = [PromptStamp("support", f"{number:016x}") for number in range(40)]
    with trace("app") as app:
        threads = [threading.Thread(target=app.add_stamps, args=(dict([text.entry]),)) for text in texts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert set(str(stamp(sink.run("app"))).split(", ")) == {text.commit_hash for text in texts}


def test_a_decorated_model_has_the_prompts_of_its_arguments(sink, prompt, hash):
    @traceable(run_type="llm")
    def model(system: str, messages: Any = (), data: str = "") -> str:
        return "hello"

    @traceable
    def app() -> None:
        model(prompt.format(**GIVEN))
        model(
            "Be brief, whatever comes.", messages=[{"content": SUPPORT.format(customer="Li", tone="brief")}]
        )
        model(prompt)  # which it may fill by itself
        model("Be brief, whatever comes.", data=prompt.format(**GIVEN))

    app()
    assert [stamp(run) for run in sink.runs] == [hash, f"{hash} (matched)", hash, hash, hash]
    assert not [key for run in sink.runs for key in run.metadata if key.startswith("unfilled")]
