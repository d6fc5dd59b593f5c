"""Asking a judge's questions, sync or async, under a trace of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_llmobs.evaluators.binding.subject import Subject
from pytest_llmobs.records.runs import Run
from pytest_llmobs.records.scores import Score
from pytest_llmobs.tracing import active
from pytest_llmobs.tracing.parent import get_current_run_tree
from pytest_llmobs.tracing.run_tree import RunTree, start_root

if TYPE_CHECKING:
    from pytest_llmobs.evaluators.judging.model import JudgeModel
    from pytest_llmobs.evaluators.judging.prompt import Question

    Deliberation = Generator[tuple[JudgeModel, Question], Any, Score]


def examine(key: str, subject: Subject, deliberation: Deliberation) -> Score:
    """Ask what ``deliberation`` yields, hand it the replies, and return the score it comes to."""
    hearing = _Hearing(key, subject)
    with hearing.open():
        try:
            step = next(deliberation)
            while True:
                try:
                    with hearing.asking():
                        reply = step[0].ask(step[1])
                except Exception as error:
                    step = deliberation.throw(error)
                else:
                    step = deliberation.send(reply)
        except StopIteration as end:
            return hearing.close(end.value)


async def examine_async(key: str, subject: Subject, deliberation: Deliberation) -> Score:
    """Do what ``examine`` does without blocking the loop."""
    hearing = _Hearing(key, subject)
    with hearing.open():
        try:
            step = next(deliberation)
            while True:
                try:
                    with hearing.asking():
                        reply = await _ask(*step)
                except Exception as error:
                    step = deliberation.throw(error)
                else:
                    step = deliberation.send(reply)
        except StopIteration as end:
            return hearing.close(end.value)


async def _ask(model: JudgeModel, question: Question) -> Any:
    aask = getattr(model, "aask", None)
    if aask is None:
        return await asyncio.to_thread(model.ask, question)
    return await aask(question)


class _Hearing:
    """The trace of one judgement. It starts with the first question: a cached score leaves no trace."""

    def __init__(self, key: str, subject: Subject) -> None:
        self.key = key
        self.subject = subject
        self.run: RunTree | None = None

    @contextmanager
    def open(self) -> Iterator[None]:
        """End the trace with the error that leaves the block."""
        try:
            yield
        except BaseException as error:
            if self.run is not None:
                self.run.end(error=error)
            raise

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Make the trace current, so that the model's call is recorded below it."""
        if self.run is None:
            self.run = self._start()
        if self.run is None:
            yield
            return
        with self.run.activate():
            yield

    def _start(self) -> RunTree | None:
        name, evaluated = f"judge {self.key}", self.subject.run.id
        inputs = {
            "inputs": self.subject.inputs,
            "outputs": self.subject.outputs,
            "reference_outputs": self.subject.reference_outputs,
        }
        around = get_current_run_tree()
        if around is not None and around.root.columns.get("evaluates") == evaluated:
            return around.create_child(name, inputs=inputs)
        installed = active.installed
        if installed is None or not installed.enabled:
            return None
        return start_root(installed, name, inputs=inputs, columns={"evaluates": evaluated}, collect=True)

    def close(self, score: Score) -> Score:
        """End the trace with the score; return it with the trace's id, its calls and their cost."""
        if self.run is None:
            return score
        self.run.end(outputs={"score": score.score, "value": score.value, "comment": score.comment})
        costs: list[float | None] = []
        for run in self._below(self.run):
            if run.run_type == "llm":
                costs.append(run.usage.total_cost)
        spent = {"run_id": self.run.id, "calls": len(costs), "cost": _total(costs)}
        return replace(score, metadata={**score.metadata, **spent})

    def _below(self, top: RunTree) -> Iterator[Run]:
        inside = {top.id}
        for run in top.finished_runs():
            if run.parent_id in inside:
                inside.add(run.id)
                yield run


def _total(costs: list[float | None]) -> float | None:
    """Return the sum, or None where one of them is unknown: part of a cost would look like all of it."""
    known = [cost for cost in costs if cost is not None]
    if len(known) < len(costs):
        return None
    return sum(known)
