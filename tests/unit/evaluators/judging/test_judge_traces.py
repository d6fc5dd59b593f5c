"""What a judgement logs: a trace of its own, beside the run it is about."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass

from pytest_llmobs.evaluators.binding.declaration import bind
from pytest_llmobs.evaluators.judging.judge import Judge
from pytest_llmobs.tracing import Tracer, active, get_current_run_tree
from pytest_llmobs.tracing.run_tree import start_root
from tests.unit.evaluators.scripted import GOOD, RUBRIC, answering


@dataclass(frozen=True)
class Custom:
    name: str = "custom"

    def ask(self, question):
        return {"reason": question.system[:3], "score": 1}


def test_a_model_of_the_users_own_is_asked_the_question(score, subject):
    judge = Judge("tone", rubric=RUBRIC, model=Custom())
    assert score(judge, subject({"output": "x"})) == 1.0
    assert asyncio.run(bind(judge, {}).ascore(subject({"output": "x"})))[0] == 1.0


class Lines:
    def __init__(self):
        self.lines = []

    def append(self, line):
        self.lines.append(line)


def test_is_traced_apart_with_the_run_it_evaluates(score, subject):
    sink = Lines()
    active.install(Tracer(project="p", sink=sink))
    app = start_root(active.installed, "app")
    with app.activate():
        result = score(Judge("tone", rubric=RUBRIC, model=answering(GOOD)), subject({"output": "x"}))
    app.end()
    call, judged, application = (json.loads(line.split(b"\t")[0]) for line in sink.lines)
    assert (call["name"], call["run_type"], call["parent_id"]) == ("model", "llm", judged["id"])
    assert judged["name"] == "judge tone"
    assert judged["evaluates"] == "run-app"
    assert judged["parent_id"] is None
    assert judged["trace_id"] != application["trace_id"]
    assert result.metadata["run_id"] == judged["id"]


def traced_model(prompt):
    call = get_current_run_tree().create_child("claude", "llm")
    call.columns["total_cost"] = 0.01
    call.end()
    return json.dumps(GOOD)


def test_joins_the_trace_that_evaluates_the_same_run_and_counts_its_own_calls(subject, score):
    active.install(Tracer(project="p", sink=Lines()))
    root = start_root(active.installed, "scoring", columns={"evaluates": "run-app"}, collect=True)
    judge = Judge("tone", rubric=RUBRIC, model=traced_model, votes=2)
    with root.activate():
        first = score(judge, subject({"output": "x"}))
        second = score(judge(key="care", votes=1), subject({"output": "x"}))
    root.end()
    tree = root.tree()
    assert [run.name for run in tree.child_runs] == ["judge tone", "judge care"]
    assert [len(run.child_runs) for run in tree.child_runs] == [2, 1]
    # the function's own run is no second model call beside the one it traces
    assert {run.run_type for judged in tree.child_runs for run in judged.child_runs} == {"chain"}
    assert [result.metadata["calls"] for result in (first, second)] == [2, 1]
    assert [result.metadata["cost"] for result in (first, second)] == [0.02, 0.01]


def test_a_failed_judgement_is_a_failed_trace(score, subject):
    sink = Lines()
    active.install(Tracer(project="p", sink=sink))
    score(Judge("tone", rubric=RUBRIC, model=answering("?")), subject({"output": "x"}))
    *calls, header = (json.loads(line.split(b"\t")[0]) for line in sink.lines)
    assert [call["status"] for call in calls] == ["success", "success"]
    assert header["status"] == "error"
    assert "asked twice" in header["error"]


def test_a_function_that_raises_is_a_failed_call_with_its_own_frames_alone(score, subject):
    def down(prompt):
        raise ConnectionError("no model")

    sink = Lines()
    active.install(Tracer(project="p", sink=sink))
    result = score(Judge("tone", rubric=RUBRIC, model=down), subject({"output": "x"}))
    call, judged = (json.loads(line.split(b"\t")[0]) for line in sink.lines)
    assert (call["run_type"], call["status"], judged["status"]) == ("llm", "error", "error")
    for error in (call["error"], result.error):
        assert error.endswith("ConnectionError: no model")
        assert "pytest_llmobs/evaluators" not in error
