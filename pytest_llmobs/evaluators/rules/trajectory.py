"""Evaluators of an agent's path: which tools it called, in which order, with what, and whether they worked.

The calls are the ``tool`` runs in the trace; without any, those that the model's replies ask for.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_llmobs.errors import UnscoredError
from pytest_llmobs.evaluators.binding.subject import Subject
from pytest_llmobs.evaluators.rules.outputs import requirement
from pytest_llmobs.evaluators.rules.rule import Rule
from pytest_llmobs.evaluators.rules.similarity import common_length
from pytest_llmobs.evaluators.rules.trace_tree import runs_of_type
from pytest_llmobs.records.conversation import tool_uses
from pytest_llmobs.records.scores import Score


@dataclass(frozen=True)
class ToolCall:
    """One call of a tool."""

    name: str
    arguments: Mapping[str, Any]
    error: str | None = None

    def __str__(self) -> str:
        return f"{self.name}({json.dumps(self.arguments, ensure_ascii=False, default=str)[:100]})"


def tool_calls(subject: Subject) -> list[ToolCall]:
    """Return the tools that were called, in the order they started."""
    # Counting tokens or handing in a batch is a call of the model's API, and none of a tool.
    runs = [run for run in runs_of_type(subject.run, "tool") if run.provider is None]
    if runs:
        return [ToolCall(run.name, run.inputs, run.error) for run in runs]
    replies = [run.outputs for run in runs_of_type(subject.run, "llm")]
    return [ToolCall(name, given) for reply in replies for name, given in tool_uses(reply)]


def _expected(subject: Subject, given: Any, field: str) -> list[ToolCall]:
    stated = requirement(subject, field) if given is None else given
    if isinstance(stated, str) or not isinstance(stated, Sequence):
        raise UnscoredError(f"outputs.{field} is {stated!r}; write a list of tools.")
    return [_call(each, field) for each in stated]


def _call(stated: Any, field: str) -> ToolCall:
    if isinstance(stated, str):
        return ToolCall(stated, {})
    if isinstance(stated, Mapping) and isinstance(stated.get("name"), str):
        arguments = stated.get("arguments", stated.get("args", {}))
        if isinstance(arguments, Mapping):
            return ToolCall(stated["name"], arguments)
    raise UnscoredError(f"outputs.{field} holds {stated!r}; write a tool's name, or name and arguments.")


@dataclass(frozen=True)
class ToolsCalled(Rule):
    """The share of the expected tools that were called, in whatever order."""

    tools: Sequence[Any] | None = None
    """The tools, where the example doesn't list them."""
    field: str = "expected_tools"
    """The reference output that lists them."""
    key: str = "tools_called"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        wanted = Counter(call.name for call in _expected(subject, self.tools, self.field))
        made = Counter(call.name for call in tool_calls(subject))
        absent = list((wanted - made).elements())
        share = 1 - len(absent) / wanted.total() if wanted else 1.0
        return Score(
            self.key, score=share, comment=f"not called: {', '.join(absent)}" if absent else "all called"
        )


@dataclass(frozen=True)
class ToolOrder(Rule):
    """The share of the expected tools that were called in the expected order; ``exact`` allows no others."""

    tools: Sequence[Any] | None = None
    """The tools in order, where the example doesn't list them."""
    exact: bool = False
    """True: exactly these calls and no more; the score is then true or false."""
    field: str = "expected_tools"
    """The reference output that lists them."""
    key: str = "tool_order"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        wanted = [call.name for call in _expected(subject, self.tools, self.field)]
        made = [call.name for call in tool_calls(subject)]
        comment = f"called {', '.join(made) or 'nothing'}; expected {', '.join(wanted) or 'nothing'}"[:500]
        if self.exact:
            return Score(self.key, score=made == wanted, comment=comment)
        share = common_length(wanted, made) / len(wanted) if wanted else 1.0
        return Score(self.key, score=share, comment=comment)


@dataclass(frozen=True)
class ToolArguments(Rule):
    """The share of the expected calls that were made with (at least) the expected arguments."""

    tools: Sequence[Any] | None = None
    """Calls as ``{"name": …, "arguments": {…}}``, where the example doesn't list them."""
    field: str = "expected_tools"
    """The reference output that lists them."""
    key: str = "tool_arguments"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        wanted, made = _expected(subject, self.tools, self.field), tool_calls(subject)
        absent = _unmatched(wanted, made)
        share = 1 - len(absent) / len(wanted) if wanted else 1.0
        return Score(
            self.key,
            score=share,
            comment=f"not made: {'; '.join(map(str, absent))}"[:500] if absent else "all",
        )


def _unmatched(wanted: Sequence[ToolCall], made: Sequence[ToolCall]) -> list[ToolCall]:
    left, absent = list(made), []
    for call in wanted:
        match = next((other for other in left if _fits(call, other)), None)
        if match is None:
            absent.append(call)
        else:
            left.remove(match)
    return absent


def _fits(wanted: ToolCall, made: ToolCall) -> bool:
    given = made.arguments
    return wanted.name == made.name and all(n in given and given[n] == v for n, v in wanted.arguments.items())


@dataclass(frozen=True)
class MaxToolCalls(Rule):
    """True where tools (or one tool) were called at most so often."""

    count: int | None = None
    """The bound, where the example doesn't say."""
    tool: str | None = None
    """Count only this tool."""
    field: str = "max_tool_calls"
    """The reference output that gives the bound."""
    key: str = "max_tool_calls"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        bound = requirement(subject, self.field) if self.count is None else self.count
        if isinstance(bound, bool) or not isinstance(bound, int):
            raise UnscoredError(f"outputs.{self.field} is {bound!r}; write a whole number.")
        made = sum(self.tool in (None, call.name) for call in tool_calls(subject))
        return Score(self.key, score=made <= bound, comment=f"{made} calls, at most {bound} wanted")


@dataclass(frozen=True)
class NoToolLoop(Rule):
    """True where no tool is called with the same arguments more than ``times`` times."""

    times: int = 2
    """How often the same call is no loop yet."""
    key: str = "no_tool_loop"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        counts = Counter(_spelled(call) for call in tool_calls(subject))
        call, count = counts.most_common(1)[0] if counts else ("", 0)
        looped = count > self.times
        return Score(
            self.key, score=not looped, comment=f"{call[:200]} {count} times" if looped else "no loop"
        )


def _spelled(call: ToolCall) -> str:
    return f"{call.name}({json.dumps(call.arguments, sort_keys=True, default=str, ensure_ascii=False)})"


@dataclass(frozen=True)
class NoToolErrors(Rule):
    """True where no tool run ended with an error."""

    key: str = "no_tool_errors"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        failed = [call for call in tool_calls(subject) if call.error]
        if not failed:
            return Score(self.key, score=True, comment="no tool failed")
        last = str(failed[0].error).strip().splitlines()[-1]
        return Score(
            self.key, score=False, comment=f"{failed[0].name}: {last}"[:500], metadata={"failed": len(failed)}
        )


tools_called = ToolsCalled()
"""The share of ``outputs.expected_tools`` that were called."""
tool_order = ToolOrder()
"""The share of ``outputs.expected_tools`` called in that order."""
tool_arguments = ToolArguments()
"""The share of ``outputs.expected_tools`` called with their arguments."""
max_tool_calls = MaxToolCalls()
"""True where at most ``outputs.max_tool_calls`` tools were called."""
no_tool_loop = NoToolLoop()
"""True where no call is repeated more than twice."""
no_tool_errors = NoToolErrors()
"""True where no tool failed."""
