"""Evaluators of an agent's path: which tools it called, in which order, with what, and whether they worked.

The calls are the ``tool`` runs in the trace; without any, those that the model's replies ask for.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pytest_llmobs.errors import UnscoredError
from pytest_llmobs.evaluators.binding.subject import Subject
from pytest_llmobs.evaluators.rules.outputs import required
from pytest_llmobs.evaluators.rules.rule import Rule
from pytest_llmobs.evaluators.rules.similarity import common_length
from pytest_llmobs.evaluators.rules.trace_tree import runs_of_type
from pytest_llmobs.records.conversation import tool_uses
from pytest_llmobs.records.scores import Score
from pytest_llmobs.wording import text_lines


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
    made = []
    for run in runs_of_type(subject.run, "tool"):
        # Counting tokens or handing in a batch is a call of the model's API, and none of a tool.
        if run.provider is None:
            made.append(ToolCall(run.name, run.inputs, run.error))
    if made:
        return made
    asked_for = []
    for model_call in runs_of_type(subject.run, "llm"):
        for name, arguments in tool_uses(model_call.outputs):
            asked_for.append(ToolCall(name, arguments))
    return asked_for


def _names(calls: Sequence[ToolCall]) -> list[str]:
    return [call.name for call in calls]


def _expected(subject: Subject, given: Any, field: str) -> list[ToolCall]:
    stated = required(subject, given, field)
    if isinstance(stated, str) or not isinstance(stated, Sequence):
        raise UnscoredError(f"outputs.{field} is {stated!r}; write a list of tools.")
    return [_call(tool, field) for tool in stated]


def _call(stated: Any, field: str) -> ToolCall:
    if isinstance(stated, str):
        return ToolCall(stated, {})
    if isinstance(stated, Mapping) and isinstance(stated.get("name"), str):
        arguments = stated.get("arguments", stated.get("args", {}))
        if isinstance(arguments, Mapping):
            return ToolCall(stated["name"], arguments)
    raise UnscoredError(f"outputs.{field} holds {stated!r}; write a tool's name, or name and arguments.")


def _share(absent: Sequence[Any], wanted: Sequence[Any]) -> float:
    """Return the share of ``wanted`` that is not absent; where nothing is wanted, all of it is there."""
    if not wanted:
        return 1.0
    return 1 - len(absent) / len(wanted)


_SAMPLE = {"expected_tools": ["search", {"name": "refund", "arguments": {"id": 1}}]}


@dataclass(frozen=True)
class ToolsCalled(Rule):
    """The share of the expected tools that were called, in whatever order."""

    sample_reference: ClassVar[Mapping[str, Any]] = _SAMPLE
    tools: Sequence[Any] | None = None
    """The tools, where the example doesn't list them."""
    field: str = "expected_tools"
    """The reference output that lists them."""
    key: str = "tools_called"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        wanted = _names(_expected(subject, self.tools, self.field))
        made = _names(tool_calls(subject))
        absent = list((Counter(wanted) - Counter(made)).elements())
        comment = "all called"
        if absent:
            comment = f"not called: {', '.join(absent)}"
        return Score(self.key, score=_share(absent, wanted), comment=comment)


@dataclass(frozen=True)
class ToolOrder(Rule):
    """The share of the expected tools that were called in the expected order; ``exact`` allows no others."""

    sample_reference: ClassVar[Mapping[str, Any]] = _SAMPLE
    tools: Sequence[Any] | None = None
    """The tools in order, where the example doesn't list them."""
    exact: bool = False
    """True: exactly these calls and no more; the score is then true or false."""
    field: str = "expected_tools"
    """The reference output that lists them."""
    key: str = "tool_order"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        wanted = _names(_expected(subject, self.tools, self.field))
        made = _names(tool_calls(subject))
        comment = f"called {', '.join(made) or 'nothing'}; expected {', '.join(wanted) or 'nothing'}"[:500]
        if self.exact:
            return Score(self.key, score=made == wanted, comment=comment)
        share = 1.0
        if wanted:
            share = common_length(wanted, made) / len(wanted)
        return Score(self.key, score=share, comment=comment)


@dataclass(frozen=True)
class ToolArguments(Rule):
    """The share of the expected calls that were made with (at least) the expected arguments."""

    sample_reference: ClassVar[Mapping[str, Any]] = _SAMPLE
    tools: Sequence[Any] | None = None
    """Calls as ``{"name": …, "arguments": {…}}``, where the example doesn't list them."""
    field: str = "expected_tools"
    """The reference output that lists them."""
    key: str = "tool_arguments"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        wanted = _expected(subject, self.tools, self.field)
        absent = _unmatched(wanted, tool_calls(subject))
        comment = "all"
        if absent:
            comment = f"not made: {'; '.join(map(str, absent))}"[:500]
        return Score(self.key, score=_share(absent, wanted), comment=comment)


def _unmatched(wanted: Sequence[ToolCall], made: Sequence[ToolCall]) -> list[ToolCall]:
    left, absent = list(made), []
    for call in wanted:
        match = _first_match(call, left)
        if match is None:
            absent.append(call)
        else:
            left.remove(match)  # one call can't be two of the expected ones
    return absent


def _first_match(wanted: ToolCall, made: Sequence[ToolCall]) -> ToolCall | None:
    for call in made:
        if _fits(wanted, call):
            return call
    return None


def _fits(wanted: ToolCall, made: ToolCall) -> bool:
    if wanted.name != made.name:
        return False
    for name, value in wanted.arguments.items():
        if name not in made.arguments or made.arguments[name] != value:
            return False
    return True


@dataclass(frozen=True)
class MaxToolCalls(Rule):
    """True where tools (or one tool) were called at most so often."""

    sample_reference: ClassVar[Mapping[str, Any]] = {"max_tool_calls": 2}
    count: int | None = None
    """The bound, where the example doesn't say."""
    tool: str | None = None
    """Count only this tool."""
    field: str = "max_tool_calls"
    """The reference output that gives the bound."""
    key: str = "max_tool_calls"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        bound = required(subject, self.count, self.field)
        if isinstance(bound, bool) or not isinstance(bound, int):
            raise UnscoredError(f"outputs.{self.field} is {bound!r}; write a whole number.")
        names = _names(tool_calls(subject))
        made = len(names)
        if self.tool is not None:
            made = names.count(self.tool)
        return Score(self.key, score=made <= bound, comment=f"{made} calls, at most {bound} wanted")


@dataclass(frozen=True)
class NoToolLoop(Rule):
    """True where no tool is called with the same arguments more than ``times`` times."""

    times: int = 2
    """How often the same call is no loop yet."""
    key: str = "no_tool_loop"

    def evaluate(self, subject: Subject) -> Score:
        """Score one run."""
        counts = Counter(map(_spelled, tool_calls(subject)))
        for call, count in counts.most_common(1):
            if count > self.times:
                return Score(self.key, score=False, comment=f"{call[:200]} {count} times")
        return Score(self.key, score=True, comment="no loop")


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
        error_line = text_lines(str(failed[0].error).strip())[-1]
        comment = f"{failed[0].name}: {error_line}"[:500]
        return Score(self.key, score=False, comment=comment, metadata={"failed": len(failed)})


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
