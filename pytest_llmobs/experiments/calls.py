"""What the model calls of a trial cost, and the parts of them that explain a changed answer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pytest_llmobs.records.experiments import ModelCall
from pytest_llmobs.records.runs import Run

Number = TypeVar("Number", int, float)

_TEXTS = ("system", "messages", "tools", "model", "stream")


@dataclass(frozen=True)
class Spending:
    """Calls, tokens and money of some runs, added up."""

    calls: int = 0
    tokens: int | None = None
    """None where no call reported its usage."""
    cost: float | None = None
    """USD of the calls with a known price; None where there is none."""
    unpriced: frozenset[str] = frozenset()
    """Models without a known price."""

    def __add__(self, other: Spending) -> Spending:
        return Spending(
            self.calls + other.calls,
            _plus(self.tokens, other.tokens),
            _plus(self.cost, other.cost),
            self.unpriced | other.unpriced,
        )


NOTHING_SPENT = Spending()
"""No call at all."""


def _plus(one: Number | None, other: Number | None) -> Number | None:
    if one is None or other is None:
        return other if one is None else one
    return one + other


def spending(runs: Iterable[Run]) -> Spending:
    """Add up the model calls among ``runs``."""
    total = Spending()
    for run in runs:
        if run.run_type != "llm":
            continue
        unpriced = run.total_cost is None and bool(run.total_tokens)
        names = frozenset([run.model or run.name]) if unpriced else frozenset()
        total += Spending(1, run.total_tokens, run.total_cost, names)
    return total


def model_calls(runs: Iterable[Run]) -> tuple[ModelCall, ...]:
    """Return the texts and parameters of the model calls among ``runs``, in the order they started."""
    return tuple(_model_call(run) for run in runs if run.run_type == "llm")


def _model_call(run: Run) -> ModelCall:
    inputs = run.inputs
    messages = inputs.get("messages")
    if not isinstance(messages, list):  # an app that traces its own model call with run_type="llm"
        messages = [{"role": "user", "content": _text(value)} for value in inputs.values()]
    tools = inputs.get("tools")
    return ModelCall(
        model=run.model or inputs.get("model"),
        params={
            key: value
            for key, value in inputs.items()
            if key not in _TEXTS and isinstance(value, int | float | str)
        }
        if "messages" in inputs
        else {},
        system=_text(inputs.get("system")),
        messages=tuple(
            (str(_field(message, "role")), _text(_field(message, "content"))) for message in messages
        ),
        tools=json.dumps(tools, sort_keys=True, ensure_ascii=False) if tools else "",
        output=output_text(run.outputs),
    )


def _field(message: Any, key: str) -> Any:
    return message.get(key) if isinstance(message, Mapping) else message


def _text(content: Any) -> str:
    """Return a message's content as text; blocks that are no text as ``[type …]``."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(_block(block) for block in content)
    return json.dumps(content, ensure_ascii=False, default=str)


def _block(block: Any) -> str:
    if not isinstance(block, Mapping):
        return _text(block)
    if block.get("type") == "text":
        return str(block.get("text", ""))
    details = {key: value for key, value in block.items() if key not in ("type", "cache_control")}
    return f"[{block.get('type', 'block')} {json.dumps(details, ensure_ascii=False, sort_keys=True, default=str)}]"


def output_text(outputs: Mapping[str, Any] | None) -> str:
    """Return a run's outputs as the text a person would read: the message, or the only value, else JSON."""
    if not outputs:
        return ""
    if "content" in outputs:
        return _text(outputs["content"])
    if len(outputs) == 1:
        return _text(next(iter(outputs.values())))
    return json.dumps(dict(outputs), ensure_ascii=False, default=str)
