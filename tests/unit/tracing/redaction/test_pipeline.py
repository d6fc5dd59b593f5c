"""Nothing sensitive is written: on every path, at every depth; a redactor that fails costs the payload only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_llmobs.errors import SettingsError
from pytest_llmobs.tracing import get_current_run_tree, trace, traceable
from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.redaction.pii import Pii
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from pytest_llmobs.tracing.redaction.redactors import Redactor, choose_redactors
from pytest_llmobs.tracing.redaction.secrets import Secrets
from pytest_llmobs.tracing.run_tree import start_root
from pytest_llmobs.tracing.snapshot.walk import unused_key
from pytest_llmobs.tracing.tracer import Tracer
from tests.unit.tracing.memory import MemorySink

KEY = "sk-ant-api03-AbCdEfGhIjKlMnOp"


def _deep(value: Any, levels: int) -> Any:
    for _ in range(levels):
        value = {"in": [value]}
    return value


def test_no_path_lets_a_secret_through(sink: MemorySink) -> None:
    @traceable(metadata={"key": KEY}, tags=[KEY])
    def plain(text: str, *more: str, **named: str) -> str:
        run = get_current_run_tree()
        assert run is not None
        run.add_metadata({"late": [KEY]})
        run.add_outputs({"late": KEY})
        run.add_tags(f"tag {KEY}")
        child = run.create_child(f"child {KEY}", inputs={"x": KEY})
        child.end(error=f"failed with {KEY}")
        return text

    @traceable
    def chunks() -> Iterator[str]:
        yield f"a {KEY}"

    @traceable(reduce_fn=lambda parts: parts)
    def reduced() -> Iterator[str]:
        yield f"a {KEY}"

    @traceable(process_inputs=lambda inputs: {"mine": KEY}, process_outputs=lambda outputs: KEY)
    def processed() -> None: ...

    @traceable
    def failing() -> None:
        raise ValueError(KEY)

    assert plain(KEY, KEY, named=KEY) == KEY
    list(chunks()), list(reduced())
    processed()
    with pytest.raises(ValueError, match=KEY):
        failing()
    with trace(KEY, inputs={KEY: _deep(KEY, 60)}) as run:
        run.end(outputs=_deep(KEY, 60))
        run.patch(early=KEY)
    run.patch(late=KEY)
    assert len(sink.lines) >= 7
    assert KEY.encode() not in b"".join(sink.lines)
    assert b"[redacted: anthropic key]" in b"".join(sink.lines)


def test_what_a_collecting_root_hands_out_is_redacted_too() -> None:
    root = start_root(Tracer(project="unit", sink=None), "trial", inputs={"a": KEY}, collect=True)
    with root.activate():
        traceable(name="below")(lambda: KEY)()
    root.end()
    assert KEY not in repr(root.tree())
    assert root.inputs == {"a": "[redacted: anthropic key]"}


def test_the_caller_still_gets_the_real_thing(sink: MemorySink) -> None:
    assert traceable(lambda: {"key": KEY})() == {"key": KEY}


def test_the_value_of_a_secret_key_goes_whatever_it_looks_like(sink: MemorySink) -> None:
    headers = {
        "X-Api-Key": "short",
        "Authorization": ["Basic dXNlcjpwdw=="],
        "dbPassword": 12345,
        "Cookie": {"a": "b"},
    }
    traceable(name="call")(lambda headers: None)({**headers, "password": None, "max_tokens": 10})
    assert sink.run("call").inputs["headers"] == {
        "X-Api-Key": "[redacted: X-Api-Key]",
        "Authorization": "[redacted: Authorization]",
        "dbPassword": "[redacted: dbPassword]",
        "Cookie": "[redacted: Cookie]",
        "password": None,
        "max_tokens": 10,
    }


def test_custom_redactors_see_every_text() -> None:
    seen: list[str] = []

    def shout(text: str) -> str:
        seen.append(text)
        return text.replace("Ann", "[name]")

    kept = MemorySink()
    install(Tracer(project="unit", sink=kept, redaction=Redaction([shout])))
    try:
        traceable(name="greet", metadata={"who": "Ann"})(lambda people: {"Ann": people})(
            ["Ann", {"deep": "Ann"}]
        )
    finally:
        uninstall()
    run = kept.run("greet")
    assert run.inputs == {"people": ["[name]", {"deep": "[name]"}]}
    assert run.outputs == {"[name]": ["[name]", {"deep": "[name]"}]}
    assert run.metadata == {"who": "[name]"}
    assert "Ann" in seen


def test_keys_that_become_the_same_lose_nothing() -> None:
    redaction = Redaction((lambda text: "x",))
    assert redaction.clean_value({"a": 1, "b": 2, "c": None}) == {"x": "x", "x (2)": "x", "x (3)": None}


def test_keys_that_become_the_same_take_no_longer_the_more_there_are() -> None:
    class Taken(dict[str, Any]):
        looks = 0

        def __contains__(self, key: object) -> bool:
            self.looks += 1
            return super().__contains__(key)

    taken = Taken()
    for _ in range(1_000):
        taken[unused_key("x", taken)] = None
    assert len(taken) == 1_000
    assert taken.looks <= 2_000


def test_a_failing_redactor_drops_the_payload_names_itself_and_breaks_nothing() -> None:
    def picky(text: str) -> str:
        if "Ann" in text:
            raise LookupError("Ann")
        return text

    kept = MemorySink()
    install(Tracer(project="unit", sink=kept, redaction=Redaction([picky])))
    try:
        assert traceable(name="greet")(lambda who: who)("Ann") == "Ann"
        assert traceable(name="fine")(lambda who: who)("Bob") == "Bob"
    finally:
        uninstall()
    dropped = {"<dropped>": "dropped: redactor 'picky' raised LookupError"}
    assert (kept.run("greet").inputs, kept.run("greet").outputs) == (dropped, dropped)
    assert kept.run("greet").metadata == {"redaction_failed": ["picky"]}
    assert b"Ann" not in b"".join(kept.lines)
    assert kept.run("fine").inputs == {"who": "Bob"}
    assert "redaction_failed" not in kept.run("fine").metadata


def test_a_redactor_that_returns_no_text_has_failed() -> None:
    cleaned = Redaction((lambda text: None,)).clean_value("x")  # type: ignore[arg-type,return-value]
    assert cleaned == "dropped: redactor '<lambda>' raised TypeError"


def test_redactors_run_in_their_order_after_secrets() -> None:
    redaction = Redaction(
        (lambda text: text.replace("[redacted: anthropic key]", "1"), lambda text: text + "2")
    )
    assert redaction.clean_value(KEY) == "12"


def test_personal_data_goes_only_where_asked(sink: MemorySink) -> None:
    traceable(name="kept")(lambda: "ann@example.com")()
    install(Tracer(project="unit", sink=sink, redaction=Redaction([Secrets(), Pii()])))
    try:
        traceable(name="cleaned")(lambda: ["ann@example.com", 4111111111111111, KEY])()
    finally:
        uninstall()
    assert sink.run("kept").outputs == {"output": "ann@example.com"}
    assert sink.run("cleaned").outputs == {
        "output": ["[redacted: email]", "[redacted: card]", "[redacted: anthropic key]"]
    }


def test_an_unknown_redactor_is_refused() -> None:
    with pytest.raises(
        SettingsError,
        match=r"Unknown redactor 'pi' in llm_redact. Did you mean 'pii'\? Known: pii, secrets\. A function of",
    ):
        choose_redactors(["pi"], [Secrets(), Pii()], "llm_redact")
    with pytest.raises(SettingsError, match=r"3 is no redactor: pytest_llmobs_redact returns functions from"):
        Redaction((3,))  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match=r"Pii.> is no redactor"):
        Redaction([Pii])


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("no.such.module:clean", "ModuleNotFoundError: No module named 'no'"),
        (f"{__name__}:no_such", "AttributeError: module .* has no attribute 'no_such'"),
    ],
)
def test_a_function_that_cannot_be_imported_is_refused(name: str, reason: str) -> None:
    with pytest.raises(
        SettingsError, match=rf"llm_redact names the redactor '{name}', which can't .*: {reason}"
    ):
        choose_redactors([name], (), "llm_redact")


def test_what_is_offered_is_at_work_unless_it_must_be_asked_for() -> None:
    def tickets(text: str) -> str:
        return text

    offered = [tickets, Secrets(), Pii()]
    assert [one.name for one in choose_redactors([], offered, "x")] == ["tickets", "secrets"]
    assert [one.name for one in choose_redactors(["pii"], offered, "x")] == ["pii", "tickets", "secrets"]
    assert [one.name for one in choose_redactors(["secrets", "tickets", "pii"], offered, "x")] == [
        "secrets",
        "tickets",
        "pii",
    ]


def test_secrets_cannot_be_left_out() -> None:
    assert Redaction([]).clean_value(KEY) == "[redacted: anthropic key]"
    assert Redaction(choose_redactors(["pii"], [Pii()], "x")).clean_value(KEY) == "[redacted: anthropic key]"


def test_a_prefilter_that_is_no_pattern_is_refused_before_anything_runs() -> None:
    class Broken(Redactor):
        name = "broken"
        prefilters = ("(",)

    with pytest.raises(SettingsError, match=r"The redactor 'broken' has a prefilter that is no pattern"):
        Redaction([Broken()])


def test_a_redactor_that_is_traced_itself_ends() -> None:
    @traceable
    def ask_a_model(text: str) -> str:
        return text.replace("Ann", "[name]")

    kept = MemorySink()
    install(Tracer(project="unit", sink=kept, redaction=Redaction([ask_a_model])))
    try:
        traceable(name="greet")(lambda who: who)("Ann")
    finally:
        uninstall()
    assert kept.names() == ["greet"]
    assert kept.run("greet").outputs == {"output": "[name]"}


def test_a_failing_redactor_leaves_what_is_ours_alone() -> None:
    def failing(text: str) -> str:
        raise ValueError(text)

    kept = MemorySink()
    install(Tracer(project="unit", sink=kept, redaction=Redaction([failing])))
    try:
        with trace("block", project_name="shop") as run:
            run.end()
        run.patch(attempt="consumed", trial_status="failed", scores={"tone": 0.5})
    finally:
        uninstall()
    first, second = kept.headers
    assert (first["run_type"], first["id"]) == ("chain", run.id)
    assert second == {
        "patch": run.id,
        "attempt": "consumed",
        "trial_status": "failed",
        "scores": {"tone": 0.5},
    }


@pytest.mark.parametrize("split", [1, 3, 9, 20])
def test_a_secret_is_found_across_the_chunks_of_a_stream(sink: MemorySink, split: int) -> None:
    text = f"the key is {KEY}, keep it"
    chunks = [text[at : at + split] for at in range(0, len(text), split)]

    @traceable
    def stream() -> Iterator[str]:
        yield from chunks

    assert list(stream()) == chunks
    assert sink.run("stream").outputs == {"output": ["the key is [redacted: anthropic key], keep it"]}


def test_a_stream_without_secrets_keeps_its_chunks(sink: MemorySink) -> None:
    @traceable
    def stream() -> Iterator[str]:
        yield from ("a ", "b ", 'c "')

    list(stream())
    assert sink.run("stream").outputs == {"output": ["a ", "b ", 'c "']}


def test_clean_payloads_are_not_taken_apart() -> None:
    text = "We discuss keys, tokens, a task-oriented desk, passwords and https://example.com/a?b=c: nothing secret."
    assert not Redaction(()).suspects(json.dumps({"content": text, "max_tokens": 5}).encode())


@pytest.mark.parametrize("split", [3, 9, 20])
def test_a_secret_is_found_across_chunks_that_are_objects(sink: MemorySink, split: int) -> None:
    text = f"the key is {KEY}, keep it"
    parts = [text[at : at + split] for at in range(0, len(text), split)]
    chunks = [{"index": at, "choices": [{"delta": {"content": part}}]} for at, part in enumerate(parts)]

    @traceable
    def stream() -> Iterator[dict[str, Any]]:
        yield {"role": "assistant"}
        yield from chunks
        yield {"index": 9, "choices": []}

    list(stream())
    kept = sink.run("stream").outputs
    assert kept is not None
    texts = [chunk["choices"][0]["delta"]["content"] for chunk in kept["output"][1:-1]]
    assert "".join(texts) == "the key is [redacted: anthropic key], keep it"
    assert KEY[-8:] not in repr(kept)
    assert [chunk["index"] for chunk in kept["output"][1:-1]] == [chunk["index"] for chunk in chunks]


def test_objects_without_secrets_keep_their_texts(sink: MemorySink) -> None:
    chunks = [{"type": "delta", "text": part} for part in ("a ", "pass", "word: ", "b")]

    @traceable
    def stream() -> Iterator[dict[str, Any]]:
        yield from chunks

    list(stream())
    assert sink.run("stream").outputs == {"output": chunks}


def test_a_plain_name_is_not_looked_at_closely(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test has a name of its own: in a session of 10,000 the long way would be felt."""
    looked_at: list[str] = []
    monkeypatch.setattr(Secrets, "spans", lambda self, text: looked_at.append(text) or [])
    kept = MemorySink()
    tracer = Tracer(project="quick-otter", sink=kept, session="20261129-101112")
    start_root(tracer, "test_answer[e00001]", inputs={"question": "Why?"}).end()
    assert looked_at == []
    (run,) = kept.runs
    assert (run.name, run.columns["session"]) == ("test_answer[e00001]", "20261129-101112")
