"""What the suite of an evaluation is called: the same in every run, and another for whatever differs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.baselines.paths import baseline_path
from pytest_llmobs.experiments.evaluation.suite_names import may_go_on, suite_name
from pytest_llmobs.records.examples import Dataset, Example
from pytest_llmobs.records.plans import is_evaluated

HERE = __name__


def dataset(*questions: str, name: str = "examples", source: str = "") -> Dataset:
    return Dataset(name, tuple(Example(question, {"q": question}) for question in questions), source)


class Agent:
    def answer(self, q: str) -> str:
        return q

    def __call__(self, q: str) -> str:
        return q


def app(q: str, tone: str = "kind") -> str:
    return q + tone


def other(q: str) -> str:
    return q


def inner() -> Callable[[str], str]:
    def app(q: str) -> str:
        return q

    return app


GOLDEN = dataset("a", name="golden")


@pytest.mark.parametrize(
    ("target", "name"),
    [
        (app, "app"),
        (Agent(), "Agent"),
        (Agent().answer, "Agent.answer"),
        (inner(), "inner.app"),
        ((lambda q: other(q)), "lambda-other"),  # noqa: PLW0108 (a lambda is what is tested)
    ],
)
def test_a_target_goes_by_its_module_and_name(target: Any, name: str) -> None:
    assert suite_name(target, GOLDEN) == f"evaluate::golden::{HERE}.{name}"


def test_what_is_given_beforehand_tells_targets_apart() -> None:
    kind, curt = functools.partial(app, tone="kind"), functools.partial(app, tone="curt")
    assert suite_name(kind, GOLDEN) == suite_name(functools.partial(app, tone="kind"), GOLDEN)
    assert len({suite_name(target, GOLDEN) for target in (app, kind, curt)}) == 3


def test_a_list_goes_by_its_first_example() -> None:
    name = suite_name(app, dataset("a", "b"))
    assert name.startswith("evaluate::examples-")
    assert name == suite_name(app, dataset("a", "b", "c"))
    assert name != suite_name(app, dataset("x", "b"))


def test_a_file_goes_by_its_path() -> None:
    assert suite_name(app, dataset("a", source="cases/a.csv")) == f"evaluate::cases/a.csv::{HERE}.app"


@pytest.mark.parametrize("name", ["golden", "team/gold en", "héhé", "a::b", "x\ny"])
def test_a_name_is_safe_as_a_file_and_stays_one_line(name: str, tmp_path: Path) -> None:
    suite = suite_name(app, dataset("a", name=name))
    baseline_path(tmp_path, suite).write_text("{}")
    assert "\n" not in suite
    assert suite.count("::") == 2
    assert is_evaluated(suite)


def test_a_test_is_no_evaluation() -> None:
    assert not is_evaluated("tests/test_app.py::test_evaluate")


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [(("a", "b"), ("b",), True), (("a",), ("a",), True)],
)
def test_a_list_whose_first_example_has_changed_may_go_on(
    first: Sequence[str], second: Sequence[str], expected: bool
) -> None:
    assert may_go_on(suite_name(app, dataset(*second)), suite_name(app, dataset(*first))) is expected


def test_another_target_or_dataset_may_not_go_on() -> None:
    assert not may_go_on(suite_name(app, dataset("a")), suite_name(other, dataset("a")))
    assert not may_go_on(suite_name(app, GOLDEN), suite_name(app, dataset("a", name="silver")))
