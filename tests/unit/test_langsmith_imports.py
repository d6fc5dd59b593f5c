"""Import lines of scripts written for LangSmith, with the first word changed, and what they import."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest

import pytest_llmobs
from pytest_llmobs import schemas
from pytest_llmobs import testing as t
from pytest_llmobs.errors import ArgumentError, LlmobsError, NotFoundError, NotSupported
from pytest_llmobs.evaluation import StringEvaluator
from pytest_llmobs.evaluation.evaluator import EvaluationResult
from pytest_llmobs.records.examples import Example
from pytest_llmobs.run_trees import RunTree, get_cached_client
from pytest_llmobs.tracing import (
    Tracer,
    active,
    get_current_run_tree,
    install,
    trace,
    traceable,
    tracing_context,
    uninstall,
)
from pytest_llmobs.utils import (
    ContextThreadPoolExecutor,
    LangSmithNotFoundError,
    LangSmithRateLimitError,
    get_tracer_project,
    tracing_is_enabled,
    uuid7_from_datetime,
)
from tests.unit.tracing.memory import MemorySink

LINES = [
    "from pytest_llmobs import AsyncClient, Client, RunTree, EvaluationResult, RunEvaluator, uuid7",
    "from pytest_llmobs import NotFoundError, RateLimitError, get_tracing_context, evaluate_existing",
    "from pytest_llmobs.client import Client, ID_TYPE",
    "from pytest_llmobs.async_client import AsyncClient",
    "from pytest_llmobs.run_helpers import traceable, get_current_run_tree, trace, tracing_context",
    "from pytest_llmobs.run_trees import RunTree",
    "from pytest_llmobs.utils import LangSmithError, LangSmithUserError, LangSmithConflictError",
    "from pytest_llmobs.testing import log_feedback, log_inputs, log_outputs, log_reference_outputs",
    "from pytest_llmobs.evaluation import evaluate, RunEvaluator, run_evaluator, StringEvaluator",
    "from pytest_llmobs.evaluation.evaluator import EvaluationResult, EvaluationResults, RunEvaluator",
    "from pytest_llmobs.schemas import Dataset, DatasetVersion, FeedbackSourceType, RunTypeEnum, UsageMetadata",
]
REFUSED = {
    "from pytest_llmobs import expect": "has no 'expect'. Write `assert`",
    "from pytest_llmobs import unit": "Tests are ordinary ones here",
    "from pytest_llmobs.anonymizer import create_anonymizer": "LLMOBS_REDACT=module:function",
    "from pytest_llmobs.client import convert_prompt_to_openai_format": "messages of roles and contents",
    "from pytest_llmobs.evaluation import LangChainStringEvaluator": "`Judge(key, rubric=…)`",
    "from pytest_llmobs.evaluation.evaluator import comparison_evaluator": "compare a pair",
    "from pytest_llmobs.run_helpers import as_runnable": "RunnableLambda",
    "from pytest_llmobs.run_trees import configure": "LLMOBS_PROJECT=NAME",
    "from pytest_llmobs.schemas import Attachment": "put the file beside it",
    "from pytest_llmobs.utils import get_api_url": "There is no service to ask",
    "from pytest_llmobs.wrappers import wrap_gemini": "@traceable",
}


@pytest.fixture(autouse=True)
def not_an_app() -> Iterator[None]:
    yield
    active.set_host(None)  # some of the modules connect it to a store


@pytest.fixture
def helpers() -> Any:
    return import_module("pytest_llmobs.run_helpers")


@pytest.fixture
def sink() -> Iterator[MemorySink]:
    sink = MemorySink()
    install(Tracer(project="shop", sink=sink))
    yield sink
    uninstall()


@pytest.mark.parametrize("line", LINES)
def test_an_import_line_works_with_its_first_word_changed(line: str) -> None:
    exec(line, {})


def test_modules_are_there_without_an_import_of_their_own() -> None:
    script = (
        "import pytest_llmobs as ls; ls.traceable; "
        "print(ls.schemas.Run.__name__, ls.utils.LangSmithError.__name__, ls.run_helpers.traceable is ls.traceable)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("Run LlmobsError True\n", "")


@pytest.mark.parametrize("line", REFUSED)
def test_what_is_refused_says_what_to_do_instead(line: str) -> None:
    with pytest.raises(NotSupported) as refused:
        exec(line, {})
    assert REFUSED[line] in str(refused.value)


@pytest.mark.parametrize("module", [pytest_llmobs, schemas, t])
def test_what_nobody_has_is_no_attribute(module: Any) -> None:
    assert not hasattr(module, "Exampel")


def test_a_name_of_langsmiths_that_is_mistyped_has_a_near_one() -> None:
    with pytest.raises(
        AttributeError, match=r"pytest_llmobs.schemas has no 'Exampel'. Did you mean 'Example'"
    ):
        schemas.Exampel  # noqa: B018


def test_a_script_that_waits_for_a_rate_limit_does_not_wait_for_what_is_not_there() -> None:
    assert LangSmithNotFoundError is NotFoundError
    assert issubclass(LangSmithRateLimitError, LlmobsError)
    assert not issubclass(NotFoundError, LangSmithRateLimitError)


def test_decorated_functions_are_known(sink: MemorySink, helpers: Any) -> None:
    @traceable
    async def answer() -> None: ...

    def plain() -> str:
        return get_current_run_tree().name

    assert helpers.is_traceable_function(answer)
    assert helpers.is_async(answer)
    assert not helpers.is_traceable_function(plain)
    assert helpers.ensure_traceable(answer) is answer
    assert helpers.ensure_traceable(plain, name="renamed")() == "renamed"


def test_the_current_run_is_described_and_named_as_a_parent(sink: MemorySink, helpers: Any) -> None:
    with trace("outer") as outer:
        helpers.set_run_metadata(customer=7)
    with tracing_context(tags=["vip"]), helpers.set_tracing_parent(RunTree("by hand")):
        carried = helpers.get_tracing_context()
    with tracing_context(**carried), trace("inner"):
        pass
    assert outer.metadata["customer"] == 7
    inner = sink.runs[-1]
    assert (list(inner.tags), inner.parent_id) == (["vip"], carried["parent"].id)


def test_a_pool_of_threads_keeps_the_run(sink: MemorySink) -> None:
    with trace("outer") as outer, ContextThreadPoolExecutor(1) as pool:
        assert [run.id for run in pool.map(lambda _: get_current_run_tree(), [1])] == [outer.id]


def test_whether_and_where_it_is_traced(sink: MemorySink, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (tracing_is_enabled(), get_tracer_project()) == (True, "shop")
    with tracing_context(enabled=False):
        assert not tracing_is_enabled()
    install(Tracer(project="shop", sink=None, enabled=False))
    monkeypatch.delenv("LLMOBS_PROJECT", raising=False)
    try:
        assert (get_tracer_project(), get_tracer_project(return_default_value=False)) == ("default", None)
    finally:
        uninstall()


def test_ids_sort_by_the_time_that_is_given() -> None:
    early, late = (uuid7_from_datetime(datetime(year, 1, 1, tzinfo=UTC)) for year in (2025, 2026))
    assert early < late < pytest_llmobs.uuid7()


def test_a_client_is_made_once() -> None:
    assert get_cached_client() is get_cached_client()


def test_a_string_evaluator_grades_texts(make_run: Any) -> None:
    grade = StringEvaluator(
        evaluation_name="same", grading_function=lambda asked, said, answer: {"score": said == answer}
    )
    run, example = make_run({"input": "1 + 1"}, {"output": "2"}), Example("a", {}, {"output": "2"})
    assert grade.evaluate_run(run, example) == EvaluationResult(key="same", score=True)
    with pytest.raises(ValueError, match="has no outputs to evaluate"):
        grade.evaluate_run(make_run({"input": "1 + 1"}, None), example)


@pytest.fixture
def make_run() -> Any:
    def make(inputs: dict[str, Any], outputs: dict[str, Any] | None) -> Any:
        now = datetime(2026, 3, 1, tzinfo=UTC)
        return pytest_llmobs.Run(
            id="r",
            trace_id="r",
            parent_id=None,
            name="app",
            run_type="chain",
            project="shop",
            start_time=now,
            end_time=now,
            inputs=inputs,
            outputs=outputs,
        )

    return make


@pytest.mark.parametrize(
    ("feedback", "keywords", "message"),
    [
        (None, {}, "takes a dict (or a list of them) or key=…"),
        ({"key": "a"}, {"key": "b"}, "one of both"),
        ([{"score": 1}], {}, "must be a dict with a key"),
    ],
)
def test_feedback_that_says_nothing_is_refused(feedback: Any, keywords: Any, message: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        t.log_feedback(feedback, **keywords)
    assert message in str(refused.value)


def test_outside_a_test_there_is_no_trial_to_log_to() -> None:
    with (
        pytest.raises(LlmobsError, match=r"trace_feedback\(\) was called outside a traced test"),
        t.trace_feedback(),
    ):
        raise AssertionError("never entered")
    assert active.installed is None
