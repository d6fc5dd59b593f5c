from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmobs.baselines.sharing import cut, decode, divide, encode, fill_holes
from pytest_llmobs.baselines.texts import TextStore, fingerprints, text_store, updated_texts
from pytest_llmobs.baselines.texts_file import parse_texts, render_texts
from pytest_llmobs.baselines.update import updated_baseline
from pytest_llmobs.errors import BaselineError
from pytest_llmobs.records.trials import ModelCall, Trial

WORDS = (
    "the",
    "customer",
    "order",
    "refund",
    "invoice",
    "seat",
    "plan",
    "charge",
    "reply",
    "within",
    "day",
    "team",
)


def prose(length: int, seed: object) -> str:
    """Return about so many characters of sentences."""
    chance, text = random.Random(str(seed)), ""
    while len(text) < length:
        text += " ".join(chance.choice(WORDS) for _ in range(12)).capitalize() + ".\n"
    return text[:length]


def agent(example: str, context: int = 0) -> list[ModelCall]:
    """Return a call with a prompt of 2 KB; ``context`` characters of it belong to the example alone."""
    head, own, tail = prose(1200, "head"), prose(context, example), prose(800 - context, "tail")
    system = f"{head}You help Customer {example}.\n{own}\n{tail}"
    return [
        ModelCall(
            model="m", params={"max_tokens": 300}, system=system, messages=(("user", f"Ask {example}"),)
        )
    ]


def trials(world, count: int, *, context: int = 0, answer: int = 900) -> Sequence[Trial]:
    return world(count).trials(
        calls=lambda e: agent(e, context),
        inputs=lambda e: {"customer_name": f"Customer {e}", "question": f"Ask {e}"},
        output=lambda e: prose(answer, f"answer to {e}"),
    )


def test_examples_share_the_texts_of_their_prompts(world) -> None:
    store = text_store(trials(world, 20))
    assert len(store.texts) == 2
    assert len(store.calls) == 1
    assert {text for text in store.texts.values() if len(text) < 100} == {"⟨question⟩"}
    assert any("You help ⟨customer_name⟩.\n" in text for text in store.texts.values())


def test_what_is_written_is_read_back(world) -> None:
    store = updated_texts(None, [f"e{n:03}" for n in range(5)], trials(world, 5))
    assert parse_texts(render_texts(store, "s"), "b.texts.json") == store


@pytest.mark.parametrize("context", [0, 800])
@pytest.mark.parametrize("count", [12, 200])
def test_the_file_stays_within_its_budget(world, count: int, context: int) -> None:
    store = updated_texts(
        None, [f"e{n:03}" for n in range(count)], trials(world, count, context=context, answer=3000)
    )
    content = render_texts(store, "tests/test_support.py::test_support_agent")
    assert len(content.encode()) <= 40_000 + 800 * count
    if count == 200:
        assert len(content.encode()) <= 200_000
    found = parse_texts(content, "b.texts.json")
    # the instructions before and after what is the example's own are whole
    for example in found.examples:
        text = found.texts[found.shapes(example)[0].system]
        assert text.startswith(prose(1200, "head"))
        assert text.endswith(prose(800 - context, "tail"))
        assert found.examples[example].output.startswith(prose(3000, f"answer to {example}")[:80])


HAN = [*map(chr, range(0x4E00, 0x5E00)), *["。\n"] * 215]
"""4,096 characters, and an end of a line in twenty."""


def han(length: int, seed: object) -> str:
    """Return so many Chinese characters, three bytes each, in short lines."""
    return "".join(random.Random(str(seed)).choices(HAN, k=length))


HARD = {
    "every prompt is another": lambda n: prose(2000, n),
    "every prompt is another, in Chinese": lambda n: han(2000, n),
    "two examples share a prompt": lambda n: prose(2000, n // 2),
    "two examples share a prompt, in Chinese": lambda n: han(2000, n // 2),
    "one long line": lambda n: f"{n} " * 600,
}


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("case", HARD)
def test_hard_cases_fit_as_well(world, case: str) -> None:
    made = world(200).trials(
        calls=lambda e: [ModelCall(system=HARD[case](int(e[1:])), messages=(("user", han(80, e)),))],
        output=lambda e: han(4000, e),
    )
    store = text_store(made)
    assert len(render_texts(store, "s").encode()) <= 200_000
    assert len(render_texts(store, "s", beside=60_000).encode()) <= 140_000
    found = parse_texts(render_texts(store, "s", beside=60_000), "b.texts.json")
    assert set(found.examples) == set(store.examples)


def test_a_baseline_that_takes_all_the_room_leaves_half_of_it_to_its_texts(world) -> None:
    store = text_store(trials(world, 200, context=800, answer=3000))
    size = len(render_texts(store, "s", beside=10**6).encode())
    assert 60_000 < size <= 100_000


def test_long_conversations_are_bounded_too(world) -> None:
    def talk(example: str) -> list[ModelCall]:
        turns = [(("user", "assistant")[n % 2], prose(300, (example, n))) for n in range(12)]
        return [ModelCall(system=prose(2000, "s"), messages=tuple(turns[: 3 * n])) for n in range(1, 5)]

    made = world(50).trials(calls=talk, output=lambda e: prose(500, e))
    content = render_texts(updated_texts(None, [t.example_id for t in made], made), "s")
    assert len(content.encode()) < 50 * 3_000


def test_texts_nobody_refers_to_are_dropped(world) -> None:
    old = text_store(trials(world, 3))
    changed = world(3).trials(calls=lambda e: [ModelCall(system="New.")])
    store = updated_texts(old, ["e000", "e001", "e002"], changed)
    assert set(store.texts.values()) == {"New."}
    assert list(store.examples) == ["e000", "e001", "e002"]


def test_texts_of_examples_that_did_not_run_stay(world) -> None:
    old = text_store(trials(world, 3))
    store = updated_texts(old, ["e000", "e001", "e002"], trials(world, 1))
    assert store.examples["e002"] == old.examples["e002"]
    assert updated_texts(old, ["e000"], []).examples.keys() == {"e000"}


def test_prompts_that_differ_in_a_part_are_stored_as_their_parts(world) -> None:
    store = text_store(trials(world, 200, context=300))
    assert len(store.texts) == 201
    texts, shared = encode(divide(store.texts, dict.fromkeys(store.texts, 1)), 10_000)
    assert decode(texts, shared) == store.texts
    stored = sum(len(str(text)) for text in texts.values()) + sum(map(len, shared.values()))
    assert stored < 0.3 * sum(map(len, store.texts.values()))


@settings(deadline=None)
@given(st.lists(st.text(alphabet="ab.\n ⟨", max_size=60), max_size=6))
def test_division_loses_nothing(found: list[str]) -> None:
    texts = {str(number): text for number, text in enumerate(found)}
    assert decode(*encode(divide(texts, {}), 10_000)) == texts


def test_a_missing_part_is_an_error() -> None:
    content = '{"schema": 1, "parts": {}, "texts": {"k": [["gone"]]}, "calls": {}, "examples": {}}'
    with pytest.raises(BaselineError, match=r"b\.texts\.json holds no texts: KeyError: 'gone'"):
        parse_texts(content, "b.texts.json")


def test_cutting_keeps_both_ends_and_counts_what_is_missing() -> None:
    assert cut("a" * 80 + "z" * 80, 60) == "a" * 40 + "⟨+100 characters⟩" + "z" * 20
    assert cut("short", 3) == "short"
    once = cut("b" * 500, 60)
    assert cut(once, 30) == once


def test_holes_are_put_where_the_text_around_them_is_the_same() -> None:
    whole = prose(2000, "x")
    kept = cut(whole, 200)
    assert fill_holes(kept, whole) == kept
    changed = whole.replace(whole[:10], "CHANGED!!!", 1)
    assert fill_holes(kept, changed) == kept.replace(whole[:10], "CHANGED!!!", 1)
    assert fill_holes(kept, "something else") == "something else"


def test_fingerprints_leave_out_what_was_not_sent(world) -> None:
    bare = world(1).trials()[0]
    assert fingerprints(bare) == {}
    sent = world(1).trials(
        calls=lambda e: [ModelCall(model="a"), ModelCall(model="b"), ModelCall(model="a")]
    )[0]
    assert fingerprints(sent) == {"model": "a, b"}


def test_fingerprints_are_those_of_the_prompt_not_of_the_customer(world) -> None:
    first, second = trials(world, 2)
    assert fingerprints(first) == fingerprints(second)


def test_the_recorded_run_is_one_that_passed(world) -> None:
    w = world(1)
    made = [
        *w.trials(False, output=lambda _: "bad"),
        *w.trials(True, output=lambda _: "good", start=1),
    ]
    texts = updated_baseline(None, w.plan, made).baseline.texts
    assert isinstance(texts, TextStore)
    assert texts.examples["e000"].output == "good"
