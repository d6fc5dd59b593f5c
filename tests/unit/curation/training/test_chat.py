"""Good runs as lines of messages."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_llmobs.curation.training.chat import chat_lines, well_spoken_of
from pytest_llmobs.records.feedback import Feedback
from tests.unit.curation.training.test_pairs import NOON, corrected, run

ASKED = {"role": "user", "content": "I was charged twice."}
SAID = {"role": "assistant", "content": "Refunded."}
FUNCTION = {"name": "refund", "arguments": '{"order": 7}'}


def said(run_id: str, key: str, score: Any) -> Feedback:
    return Feedback(
        id=f"{run_id}-{key}-{score}", key=key, run_id=run_id, score=score, created_at=NOON, modified_at=NOON
    )


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        ({"query": "I was charged twice."}, {"output": "Refunded."}),
        ({"messages": [ASKED], "model": "m"}, SAID),
        ({"messages": [ASKED]}, {"choices": [{"message": {**SAID, "refusal": None, "annotations": []}}]}),
        ({"messages": [ASKED]}, {"role": "assistant", "content": [{"type": "text", "text": "Refunded."}]}),
        (
            {"input": [{"type": "human", "data": {"content": "I was charged twice."}}]},
            {"output": {"type": "ai", "content": "Refunded."}},
        ),
        (
            {
                "messages": [
                    {"lc": 1, "id": ["x", "HumanMessage"], "kwargs": {"content": "I was charged twice."}}
                ]
            },
            {"messages": [ASKED, SAID]},
        ),
        (
            {"messages": [ASKED]},
            {
                "role": "assistant",
                "content": [{"type": "thinking", "thinking": "…"}, {"type": "text", "text": "Refunded."}],
            },
        ),
    ],
)
def test_whoevers_api_it_was_a_line_is_the_same(inputs: Any, outputs: Any) -> None:
    assert chat_lines([run(inputs=inputs, outputs=outputs)]).lines == [{"messages": [ASKED, SAID]}]


def test_tools_and_their_results_are_in_openais_form() -> None:
    use = {"type": "tool_use", "id": "t1", "name": "refund", "input": {"order": 7}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "done"}]}
    inputs = {
        "messages": [ASKED, {"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}],
        "tools": [{"name": "refund", "description": "Refunds.", "input_schema": {"type": "object"}}],
    }

    (line,) = chat_lines([run(inputs=inputs, outputs=SAID)]).lines

    assert line == {
        "messages": [
            ASKED,
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "t1", "type": "function", "function": FUNCTION}],
            },
            {"role": "tool", "tool_call_id": "t1", "content": "done"},
            SAID,
        ],
        "tools": [
            {
                "type": "function",
                "function": {"name": "refund", "description": "Refunds.", "parameters": {"type": "object"}},
            }
        ],
    }


@pytest.mark.parametrize(
    ("inputs", "outputs", "reason"),
    [
        (
            {"messages": [{"role": "user", "content": [{"type": "image", "source": {}}]}]},
            SAID,
            "holds 'image', which is no text",
        ),
        ({"messages": [{"role": "robot", "content": "x"}]}, SAID, "a message has the role 'robot'"),
        (
            {"query": "x"},
            {"required_keywords": ["refund"], "score": 1},
            "it isn't clear which of its outputs (required_keywords, score)",
        ),
        ({"query": "x"}, {}, "it has no outputs"),
    ],
)
def test_what_is_no_conversation_is_named(inputs: Any, outputs: Any, reason: str) -> None:
    chats = chat_lines([run(inputs=inputs, outputs=outputs)])

    assert not chats.lines
    ((run_id, why),) = chats.refused
    assert run_id == "r1"
    assert reason in why


def test_a_run_that_failed_is_never_learnt() -> None:
    assert chat_lines([run(error="ValueError: x")]).refused == [("r1", "it failed, or ended early")]


def test_the_same_line_is_there_once() -> None:
    assert [len(part) for part in _both(chat_lines([run(), run("r2")]))] == [1, 1]


def _both(chats: Any) -> tuple[Any, Any]:
    return chats.lines, chats.refused


def test_only_those_of_which_nothing_but_good_was_said_are_good() -> None:
    feedback = [
        said("up", "thumb", 1), said("down", "thumb", 0), said("yes", "ok", True), said("no", "ok", False),
        said("five", "stars", 5), said("four", "stars", 4), said("both", "thumb", 1), said("both", "stars", 2),
        said("remark", "note", None), said("fixed", "thumb", 1), corrected("Better.", run_id="fixed"),
    ]  # fmt: skip

    assert well_spoken_of(feedback) == ["five", "up", "yes"]
