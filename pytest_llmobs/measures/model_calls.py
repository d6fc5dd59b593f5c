"""What the model calls of a trial cost, and the parts of them that explain a changed answer."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pytest_llmobs.records import conversation
from pytest_llmobs.records.runs import BATCH, COST_UNKNOWN, LATER, NO_USAGE, NOT_SENT, PAID, Run
from pytest_llmobs.records.trials import ModelCall

Number = TypeVar("Number", int, float)

_SETTINGS = ("reasoning", "thinking")
"""Parameters that are objects and decide how a model answers; of the others only plain values are compared."""

_NO_PARAMETERS = conversation.TEXTS | {"stream"}
"""Keys of a request that don't decide how a model answers, or that are told apart from its parameters."""


@dataclass(frozen=True)
class Spending:
    """Calls, tokens and money of some runs, added up."""

    calls: int = 0
    """Those that were made: a replayed one isn't."""
    tokens: int | None = None
    """Of replayed calls too, as they were recorded; None where no call reported its usage."""
    cost: float | None = None
    """USD of the calls with a known price; None where there is none."""
    unpriced: frozenset[str] = frozenset()
    """Models with calls whose cost isn't known, with the reason where it isn't the model's own price."""
    replayed: int = 0
    """Calls that recorded replies answered."""
    saved: float | None = None
    """USD that the replayed calls had cost when they were recorded, as far as that is known."""

    @property
    def all_calls(self) -> int:
        """Calls of the code that was run, be they made or replayed."""
        return self.calls + self.replayed

    @property
    def known_cost(self) -> float | None:
        """The whole cost in USD; None where that of any call isn't known."""
        if self.unpriced:
            return None
        return self.cost

    def __add__(self, other: Spending) -> Spending:
        return Spending(
            self.calls + other.calls,
            _plus(self.tokens, other.tokens),
            _plus(self.cost, other.cost),
            self.unpriced | other.unpriced,
            self.replayed + other.replayed,
            _plus(self.saved, other.saved),
        )


NOTHING_SPENT = Spending()
"""No call at all."""


def _plus(one: Number | None, other: Number | None) -> Number | None:
    if one is None:
        return other
    if other is None:
        return one
    return one + other


def spending(runs: Iterable[Run]) -> Spending:
    """Add up the model calls among ``runs``, embeddings included."""
    paid = list(filter(_is_paid, runs))
    answered = _answered(paid)
    total = NOTHING_SPENT
    for run in paid:
        if run.replayed:
            total += Spending(0, run.total_tokens, 0.0, replayed=1, saved=run.saved_cost)
            continue
        unpriced = frozenset(_unpriced(run, answered))
        total += Spending(1, run.total_tokens, run.usage.total_cost, unpriced)
    return total


def _is_paid(run: Run) -> bool:
    if NOT_SENT in run.metadata:
        return False
    if run.run_type == "embedding":  # an app's own, which says nothing of money, is a step and no call
        return run.total_tokens is not None or run.provider is not None
    return run.run_type in PAID


def _answered(runs: Iterable[Run]) -> set[Any]:
    """Return the ids of the calls whose answers have come: each run's own, and those of batches with results."""
    ids = set()
    for run in runs:
        if run.metadata.get(COST_UNKNOWN) != LATER:
            ids |= {run.columns.get("response_id"), run.metadata.get(BATCH)}
    return ids - {None}


def _unpriced(run: Run, answered: Collection[Any]) -> Iterator[str]:
    name = run.model or run.name
    reason = run.metadata.get(COST_UNKNOWN) or run.metadata.get(NO_USAGE)
    if reason == LATER and run.columns.get("response_id") in answered:
        return
    if reason and run.usage.total_cost is None:
        yield f"{name} ({reason})"
    elif run.usage.total_cost is None and run.total_tokens:
        yield name
    elif run.usage.total_cost is None and run.provider and run.status != "error":
        yield f"{name} (the reply says nothing of its usage)"


def model_calls(runs: Iterable[Run]) -> tuple[ModelCall, ...]:
    """Return the texts and parameters of the model calls among ``runs``, in the order they started."""
    calls = []
    for run in runs:
        if run.run_type == "llm":
            calls.append(_model_call(run))
    return tuple(calls)


def _model_call(run: Run) -> ModelCall:
    inputs = run.inputs
    turns = conversation.turns(inputs)
    params: dict[str, Any] = {}
    if turns is None:  # an app that traces its own model call with run_type="llm": every input is a text
        turns = [("user", value) for value in inputs.values()]
    else:
        params = dict(filter(_is_param, inputs.items()))
    messages = []
    for role, content in turns:
        messages.append((role, _text(content)))
    return ModelCall(
        model=run.model or inputs.get("model"),
        params=params,
        system="\n".join(map(_text, conversation.instructions(inputs))),
        messages=tuple(messages),
        tools=_tools(inputs),
        output=output_text(run.outputs),
    )


def _is_param(item: tuple[str, Any]) -> bool:
    key, value = item
    if key in _NO_PARAMETERS:
        return False
    if key in _SETTINGS and isinstance(value, Mapping):
        return True
    return isinstance(value, int | float | str)


def _tools(inputs: Mapping[str, Any]) -> str:
    tools = inputs.get("tools")
    if not tools:
        return ""
    return json.dumps(tools, sort_keys=True, ensure_ascii=False)


def _text(content: Any) -> str:
    """Return a message's content as text; blocks that are no text as ``[type …]``."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(map(_block, content))
    return json.dumps(content, ensure_ascii=False, default=str)


def _block(block: Any) -> str:
    if not isinstance(block, Mapping):
        return _text(block)
    text = conversation.words([block])
    if text is not None:
        return text
    details = dict(block)
    kind = details.pop("type", "block")
    # where a cache begins changes the price and never the answer
    details.pop("cache_control", None)
    return f"[{kind} {json.dumps(details, ensure_ascii=False, sort_keys=True, default=str)}]"


def output_text(outputs: Mapping[str, Any] | None) -> str:
    """Return a run's outputs as the text a person would read: the message, or the only value, else JSON."""
    if not outputs:
        return ""
    reply = conversation.reply(outputs)
    if reply is not None:
        return _text(reply)
    if len(outputs) == 1:
        return _text(next(iter(outputs.values())))
    return json.dumps(dict(outputs), ensure_ascii=False, default=str)
