"""Asking a judge's questions, sync or async, under a trace of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_llmobs.evaluators.subject import Subject
from pytest_llmobs.records.scores import Score
from pytest_llmobs.tracing import tracer

if TYPE_CHECKING:
    from pytest_llmobs.evaluators.judging.model import JudgeModel
    from pytest_llmobs.evaluators.judging.prompt import Question
    from pytest_llmobs.tracing.run_tree import RunTree

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
    return await (asyncio.to_thread(model.ask, question) if aask is None else aask(question))


class _Hearing:
    """The trace of one judgement. It starts with the first question: a cached score leaves no trace."""

    def __init__(self, key: str, subject: Subject) -> None:
        self.key = key
        self.subject = subject
        self.root: RunTree | None = None

    @contextmanager
    def open(self) -> Iterator[None]:
        """End the trace with the error that leaves the block."""
        try:
            yield
        except BaseException as error:
            if self.root is not None:
                self.root.end(error=error)
            raise

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Make the trace current, so that the model's call is recorded below it."""
        installed = tracer.installed
        if installed is None or not installed.enabled:
            yield
            return
        if self.root is None:
            self.root = installed.start_root(
                f"judge {self.key}",
                inputs={
                    "inputs": self.subject.inputs,
                    "outputs": self.subject.outputs,
                    "reference_outputs": self.subject.reference_outputs,
                },
                columns={"evaluates": self.subject.run.id},
                collect=True,
            )
        with self.root.activate():
            yield

    def close(self, score: Score) -> Score:
        """End the trace with the score; return it with the trace's id, its calls and their cost."""
        if self.root is None:
            return score
        self.root.end(outputs={"score": score.score, "value": score.value, "comment": score.comment})
        calls = [run for run in self.root.finished_runs() if run.run_type == "llm"]
        costs = [run.total_cost for run in calls if run.total_cost is not None]
        cost = sum(costs) if len(costs) == len(calls) else None
        spent = {"run_id": self.root.id, "calls": len(calls), "cost": cost}
        return replace(score, metadata={**score.metadata, **spent})
