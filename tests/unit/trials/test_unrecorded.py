"""A call without a recording decides about its trial, whatever app and evaluators make of the error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from pytest_llmobs.errors import CassetteError
from pytest_llmobs.evaluators.binding.declaration import bind
from pytest_llmobs.records.examples import Example
from pytest_llmobs.tracing.parent import get_current_run_tree
from pytest_llmobs.tracing.tracer import Tracer
from pytest_llmobs.trials.llm_run import LlmRun
from pytest_llmobs.trials.outcome import Outcome, trial_record
from pytest_llmobs.trials.runner import Attempt, Job, Runner
from pytest_llmobs.trials.targets import Target
from pytest_llmobs.trials.workers import Workers


class Plan:
    suite, nodeid, example_id, example_hash, repeat, example, cluster = "s", "t", "e", "h", 1, None, None


def ask_what_is_not_recorded() -> None:
    """Raise as a call of an SDK does; ``Recordings.fail`` has noted it on the root by then."""
    run = get_current_run_tree()
    assert run is not None
    error = CassetteError("No recording of anthropic messages.")
    run.root.broken = run.root.broken or error
    raise error


@pytest.fixture
def runner() -> Iterator[Runner]:
    runner = Runner(Tracer(project="test", sink=None), Workers(2), timeout=20, window=4)
    yield runner
    runner.close()


def job(function: Callable[..., Any], *evaluators: Callable[..., Any]) -> Job:
    bound = [bind(evaluator, {}) for evaluator in evaluators]
    example = Example("e", {"question": "why?"})
    return Job("t", "s", "t", example, Target(function, "answer", takes_dict=False), bound)


def run_of(attempt: Attempt, runner: Runner) -> LlmRun:
    run = LlmRun(
        None, attempt.job.example, attempt.job.evaluators, runner.scorer, lambda spec: bind(spec, {})
    )
    run.adopt(attempt)
    return run


def falls_back(question: str) -> str:
    with suppress(Exception):
        ask_what_is_not_recorded()
    return "Sorry!"


async def falls_back_later(question: str) -> str:
    return falls_back(question)


def says_otherwise(question: str) -> str:
    try:
        ask_what_is_not_recorded()
    except CassetteError:
        raise TimeoutError("the model is slow today") from None
    return ""


def streams(question: str) -> Iterator[str]:
    yield "Sor"
    falls_back(question)
    yield "ry!"


@pytest.mark.parametrize("app", [falls_back, falls_back_later, says_otherwise, streams])
@pytest.mark.parametrize("inline", [False, True], ids=["ahead", "inline"])
def test_an_app_that_catches_the_error_fails_its_trial(
    runner: Runner, app: Callable[..., Any], inline: bool
) -> None:
    asked = []
    attempt = (runner.run_inline if inline else runner.take)(job(app, noting(asked)))
    assert isinstance(attempt.error, CassetteError)
    assert str(attempt.error) == "No recording of anthropic messages."
    assert attempt.outputs is None
    assert asked == []
    run = run_of(attempt, runner)
    assert run.broken is attempt.error
    record = trial_record(Plan(), run, Outcome("error", error=attempt.error))  # type: ignore[arg-type]
    assert record.not_run == "unrecorded"


def noting(asked: list[Any]) -> Callable[..., Any]:
    def scored(outputs: Any) -> float:
        asked.append(outputs)
        return 1.0

    return scored


def test_an_evaluator_that_catches_the_error_has_no_score(runner: Runner) -> None:
    def lenient(outputs: Any) -> float:
        falls_back("")
        return 1.0

    def other(outputs: Any) -> float:
        return 0.5

    attempt = runner.take(job(lambda question: "because", lenient, other))
    assert attempt.error is None
    assert attempt.scores["lenient"].error == "No recording of anthropic messages."
    assert attempt.scores["lenient"].score is None
    assert attempt.scores["other"].score == 0.5
    run = run_of(attempt, runner)
    assert (run.broken, str(run.unscored_by)) == (None, "No recording of anthropic messages.")
    assert trial_record(Plan(), run, Outcome("passed")).not_run == "unrecorded"  # type: ignore[arg-type]


def test_an_evaluator_that_raises_it_says_it_without_a_traceback(runner: Runner) -> None:
    def strict(outputs: Any) -> float:
        ask_what_is_not_recorded()
        return 1.0

    async def strict_too(outputs: Any) -> float:
        return strict(outputs)

    attempt = runner.take(job(lambda question: "because", strict, strict_too))
    errors = [score.error for score in attempt.scores.values()]
    assert errors == ["No recording of anthropic messages."] * 2
