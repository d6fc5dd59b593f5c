from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_llmobs.baselines.changes import changes_of, tells_of_output, text_change
from pytest_llmobs.baselines.file import load_baseline
from pytest_llmobs.baselines.paths import baseline_path
from pytest_llmobs.baselines.records import BaselineSession, RecordedSession
from pytest_llmobs.baselines.update import record_baseline
from pytest_llmobs.records.trials import ModelCall, Trial

GOOD = "You work for Acme.\nAddress the customer as {customer_name}.\nBe brief.\nNever promise a refund."
NAMES = {f"e{n:03}": name for n, name in enumerate(["Dana Smith", "Li Wei", "Bo", "Ümit Yılmaz"] * 3)}


def call(example: str, prompt: str = GOOD, filled: bool = True, **more: object) -> list[ModelCall]:
    system = prompt.format(customer_name=NAMES[example]) if filled else prompt
    fields = {
        "model": "claude-a",
        "params": {"max_tokens": 300},
        "messages": (("user", f"{NAMES[example]} asks."),),
    }
    return [ModelCall(system=system, **{**fields, **more})]


def inputs(example: str) -> dict[str, str]:
    return {"customer_name": NAMES[example], "question": f"{NAMES[example]} asks."}


@pytest.fixture
def sent(world) -> Callable[..., list[Trial]]:
    """Return trials of 12 customers for what was sent and answered."""

    def send(
        make: Callable[[str], Sequence[ModelCall]] = call, answer: str = "Hello.", passes: bool = True
    ) -> list[Trial]:
        return world(12).trials(passes, calls=make, inputs=inputs, output=lambda _: answer)

    return send


def blocks(baseline, trial: Trial, commit: str | None = None) -> list[str]:
    return list(changes_of(baseline, trial, commit))


@pytest.fixture
def baseline(world, sent, tmp_path: Path):
    """A baseline as a fresh checkout has it: read from its files."""
    w = world(12)
    session = BaselineSession(commit="aaa111", clean=True)
    record_baseline(tmp_path, w.plan, sent(), source=RecordedSession(key="0a1b2c3d", session=session))
    return load_baseline(baseline_path(tmp_path, w.plan.name))


@pytest.mark.parametrize("answer", ["Good bye.", "Hello.\r\n", "Hello {customer_name}."])
def test_a_block_of_the_output_is_known_as_such(baseline, sent, answer: str) -> None:
    (block,) = blocks(baseline, sent(answer=answer)[0])
    assert tells_of_output(block)


def test_no_other_block_is_taken_for_the_output(baseline, sent) -> None:
    other = blocks(baseline, sent(lambda example: call(example, prompt="output: short", model="output"))[0])
    assert len(other) == 2
    assert not any(map(tells_of_output, other))


def test_nothing_changed(baseline, sent) -> None:
    assert [blocks(baseline, trial, "aaa111") for trial in sent()] == [[]] * 12


def test_a_variable_left_unfilled_shows_its_line_the_same_for_all(baseline, sent) -> None:
    found = {tuple(blocks(baseline, trial)) for trial in sent(lambda e: call(e, filled=False))}
    assert found == {
        (
            "system prompt (⟨…⟩ stands for the example's own input):\n"
            "@@ -1,4 +1,4 @@\n"
            " You work for Acme.\n"
            "-Address the customer as ⟨customer_name⟩.\n"
            "+Address the customer as {customer_name}.\n"
            " Be brief.\n"
            " Never promise a refund.",
        )
    }


def test_a_rewritten_line(baseline, sent) -> None:
    block = blocks(baseline, sent(lambda e: call(e, GOOD.replace("Be brief", "Be long")))[0])
    assert block == [
        "system prompt:\n@@ -1,4 +1,4 @@\n You work for Acme.\n Address the customer as ⟨customer_name⟩.\n"
        "-Be brief.\n+Be long.\n Never promise a refund."
    ]


def test_messages_model_parameters_and_tools(baseline, sent) -> None:
    def make(example: str) -> list[ModelCall]:
        return call(
            example,
            model="claude-b",
            params={"max_tokens": 100, "temperature": 0.5},
            messages=(("user", f"{NAMES[example]} asks."), ("assistant", "Sure")),
            tools='[{"name":"refund"}]',
        )

    assert blocks(baseline, sent(make)[0]) == [
        "messages:\n@@ -1,2 +1,4 @@\n [user]\n ⟨question⟩\n+[assistant]\n+Sure",
        "model: claude-a -> claude-b",
        "parameters: max_tokens 300 -> 100, temperature none -> 0.5",
        'tools:\n@@ -0,0 +1,5 @@\n+[\n+  {\n+    "name": "refund"\n+  }\n+]',
    ]


def test_the_answer_and_the_code(baseline, sent) -> None:
    assert blocks(baseline, sent(answer="Goodbye.")[0], "bbb222") == [
        "code: aaa111 -> bbb222",
        "output:\n@@ -1 +1 @@\n-Hello.\n+Goodbye.",
    ]


def test_a_further_call(baseline, sent) -> None:
    assert blocks(baseline, sent(lambda e: call(e) * 2)[0]) == ["model calls: 1 -> 2"]


def test_of_several_calls_the_first_that_differs_explains_the_rest(world, sent) -> None:
    w = world(12)
    from pytest_llmobs.baselines.update import updated_baseline

    def turns(first: str, second: str) -> Callable[[str], list[ModelCall]]:
        return lambda _: [ModelCall(system=first), ModelCall(system=second)]

    recorded = updated_baseline(None, w.plan, sent(turns("Plan.", "Act."))).baseline
    found = blocks(recorded, sent(turns("Plan well.", "Act now."))[0])
    assert found == ["system prompt:\n@@ -1 +1 @@\n-Plan.\n+Plan well."]


def test_without_texts_fingerprints_say_that_something_changed(world, sent) -> None:
    from pytest_llmobs.baselines.update import updated_baseline

    w = world(12)
    recorded = updated_baseline(None, w.plan, sent(), texts=False).baseline
    assert blocks(recorded, sent()[0]) == []
    assert blocks(recorded, sent(lambda e: call(e, filled=False, model="claude-b"))[0]) == [
        "model: claude-a -> claude-b",
        "system prompt: changed; the baseline keeps no text of it",
    ]


def test_a_baseline_without_model_calls_says_nothing_of_them(world, sent) -> None:
    from pytest_llmobs.baselines.update import updated_baseline

    w = world(12)
    recorded = updated_baseline(None, w.plan, w.trials(), texts=False).baseline
    assert blocks(recorded, sent()[0]) == []


def test_a_change_in_a_part_that_was_cut_is_told(world, sent, tmp_path: Path) -> None:
    w = world(12)

    def long(word: str) -> Callable[[str], list[ModelCall]]:
        return lambda e: [
            ModelCall(system="".join(f"{e} {n}\n" for n in range(9000)).replace(" 4500\n", f" {word}\n"))
        ]

    record_baseline(tmp_path, w.plan, sent(long("same")))
    recorded = load_baseline(baseline_path(tmp_path, w.plan.name))
    assert baseline_path(tmp_path, w.plan.name).with_suffix(".texts.json").stat().st_size < 60_000
    assert blocks(recorded, sent(long("same"))[0]) == []
    assert blocks(recorded, sent(long("else"))[0]) == [
        "system prompt: differ in a part that the baseline's texts leave out"
    ]


def test_line_ends_alone() -> None:
    assert text_change("output", "a\n", "a") == ("output: only line ends differ",)


def test_the_gate_puts_the_same_block_on_every_broken_example(world, sent, baseline) -> None:
    w = world(12)
    bad = sent(lambda e: call(e, filled=False), passes=False)
    again = w.again(False, calls=lambda e: call(e, filled=False), inputs=inputs, output=lambda _: "Hello.")
    decision = w.decide(bad, baseline, again, commit="bbb222")
    broken = [row.changes for row in decision.examples if row.state == "broken"]
    assert len(broken) == 12
    assert len(set(broken)) == 1
    assert "-Address the customer as ⟨customer_name⟩." in broken[0][0]
    assert broken[0][1] == "code: aaa111 -> bbb222"


def test_a_commit_with_the_same_code_is_no_change_of_it(sent, baseline) -> None:
    trial = sent()[0]
    assert blocks(baseline, trial, "bbb222") == ["code: aaa111 -> bbb222"]
    assert blocks(replace(baseline, same_code=("aaa111",)), trial, "bbb222") == []
