"""Every way to write an evaluator, and what becomes of it."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import threading
from dataclasses import dataclass

import pytest

from pytest_llmobs.errors import EvaluatorError, UnscoredError
from pytest_llmobs.evaluators.binding.declaration import (
    NotApplicable,
    bind,
    evaluator,
    find_score,
    identify,
)
from pytest_llmobs.evaluators.pairs import bind_pairwise
from pytest_llmobs.evaluators.suites import bind_summary
from pytest_llmobs.records.scores import Score


def run_and_example(run, example):
    return run.name == "app" and example.id == "e1"


def own_names(root_run, ex):
    return root_run.name == "app" and ex.id == "e1"


def everything(run, example, inputs, outputs, reference_outputs):
    return outputs == reference_outputs and inputs == {"q": 1} and run.outputs == outputs == example.outputs


def outputs_only(outputs):
    return outputs["output"] == "x"


def positional_only(outputs, reference_outputs, /):
    return outputs == reference_outputs


def keyword_only(*, reference_outputs, outputs):
    return outputs == reference_outputs


def with_option(outputs, wanted="x"):
    return outputs["output"] == wanted


def all_keywords(**parts):
    return set(parts) == {"run", "example", "inputs", "outputs", "reference_outputs"}


def any_arguments(*parts):
    return len(parts) == 2 and parts[1].id == "e1"


def whole_subject(subject):
    return subject.outputs == {"output": "x"}


async def awaited(outputs):
    await asyncio.sleep(0)
    return outputs["output"] == "x"


class WithMethod:
    def grade(self, outputs):
        return outputs["output"] == "x"

    async def agrade(self, outputs):
        return outputs["output"] == "x"


class CallableObject:
    def __call__(self, outputs):
        return outputs["output"] == "x"


class AsyncCallableObject:
    async def __call__(self, outputs):
        return outputs["output"] == "x"


@dataclass(frozen=True)
class LongEnough:
    length: int = 1

    def evaluate(self, outputs):
        return len(outputs["output"]) >= self.length


@dataclass(frozen=True)
class BothWays:
    key: str = "both"

    def evaluate(self, outputs):
        return outputs["output"] == "x"

    async def aevaluate(self, outputs):
        return outputs["output"] == "x"


WRITTEN = {
    "run_and_example": run_and_example,
    "own_names": own_names,
    "everything": everything,
    "outputs_only": outputs_only,
    "positional_only": positional_only,
    "keyword_only": keyword_only,
    "with_option": with_option,
    "all_keywords": all_keywords,
    "any_arguments": any_arguments,
    "whole_subject": whole_subject,
    "awaited": awaited,
    "grade": WithMethod().grade,
    "agrade": WithMethod().agrade,
    "callable_object": CallableObject(),
    "async_callable_object": AsyncCallableObject(),
    "long_enough": LongEnough(),
    "both": BothWays(),
    "with_option ": functools.partial(with_option, wanted="x"),
    "awaited ": functools.partial(awaited),
}


@pytest.mark.parametrize(("key", "spec"), WRITTEN.items(), ids=list(WRITTEN))
def test_every_way_to_write_one_scores_both_ways(subject, key, spec):
    judged = subject({"output": "x"}, {"output": "x"}, inputs={"q": 1})
    bound = bind(spec, {})
    expected = [Score(key.strip(), score=True)]
    assert bound.key == identify(spec) == key.strip()
    assert bound.score(judged) == expected
    assert asyncio.run(bound.ascore(judged)) == expected


def test_the_decorator_works_bare_and_called_and_leaves_the_function_alone():
    @evaluator
    def polite(outputs):
        return True

    @evaluator(key="Politeness", version="2")
    def other(outputs):
        return True

    assert polite(None) is True
    assert identify(polite) == "polite"
    assert identify(other) == bind(other, {}).key == "Politeness"
    assert bind(evaluator(key="short")(lambda outputs: True), {}).key == "short"


def test_an_explicit_version_replaces_the_code(subject):
    def make(version, sign):
        @evaluator(version=version)
        def polite(outputs):
            return sign

        return bind(polite, {}).version

    assert make("1", True) == make("1", False)
    assert make("1", True) != make("2", True)
    assert make(None, True) != make(None, False)


def test_a_name_is_looked_up_with_a_near_match(subject):
    registry = {"outputs_only": outputs_only, "tone": own_names}
    assert bind("outputs_only", registry).score(subject({"output": "x"}))[0] == 1.0
    with pytest.raises(
        EvaluatorError, match=r"Unknown evaluator 'tonne'. Did you mean 'tone'\? Known: outputs_only, tone."
    ):
        bind("tonne", registry)
    with pytest.raises(EvaluatorError, match=r"Unknown evaluator 'x'. None is known."):
        bind("x", {})


def test_a_bound_evaluator_stays_as_it_is():
    bound = bind(outputs_only, {})
    assert bind(bound, {}) is bound
    assert identify(bound) == "outputs_only"


def one_slip(output):
    """Takes a parameter that stands for nothing."""


def two_slips(outputs, expected):
    """LangSmith would pass run and example here."""


def near_names(output, reference):
    """Looks like (run, example) and means something else."""


def three(run, example, extra):
    """One parameter too many."""


def nothing():
    """Takes nothing."""


def only_options(threshold=1):
    """Takes nothing of the subject."""


def attachments(inputs, outputs, attachments):
    """LangSmith's sixth parameter."""


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            one_slip,
            r"Evaluator 'one_slip' has a parameter 'output' that stands for nothing. Did you mean 'outputs'\?",
        ),
        (
            two_slips,
            r"'two_slips' has a parameter 'expected'.*Known: run, example, inputs, outputs, reference_outputs",
        ),
        (near_names, r"'near_names' has a parameter 'output'.*Did you mean 'outputs'\?"),
        (three, r"'three' has a parameter 'extra'.*Give 'extra' a default if it is an option of your own"),
        (nothing, "Evaluator 'nothing' takes none of run, example"),
        (only_options, "Evaluator 'only_options' takes none of run, example"),
        (attachments, "has a parameter 'attachments'"),
    ],
)
def test_a_parameter_that_stands_for_nothing_is_an_error_at_bind_time(function, message):
    with pytest.raises(EvaluatorError, match=message):
        bind(function, {})
    with pytest.raises(EvaluatorError, match=message):
        evaluator(function)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (LongEnough, r"'LongEnough' is a class, no evaluator. Write LongEnough\(…\)."),
        (3, "3 is no evaluator. Use a function"),
        (None, "None is no evaluator"),
        (lambda outputs: True, "A lambda has no name"),
    ],
)
def test_what_is_no_evaluator_says_so(spec, message):
    with pytest.raises(EvaluatorError, match=message):
        bind(spec, {})


def test_a_raising_evaluator_is_unscored_with_its_traceback(subject):
    def broken(outputs):
        return 1 / 0

    async def broken_too(outputs):
        raise KeyError("gone")

    (score,) = bind(broken, {}).score(subject({}))
    assert score.unscored
    assert score.key == "broken"
    assert "ZeroDivisionError" in score.error
    assert "return 1 / 0" in score.error
    assert "bound.py" not in score.error
    (score,) = asyncio.run(bind(broken_too, {}).ascore(subject({})))
    assert "KeyError: 'gone'" in score.error
    with pytest.raises(UnscoredError, match="'broken_too' is unscored"):
        assert score >= 0.5


def test_even_an_outcome_of_pytest_or_an_exit_is_unscored(subject):
    def failing(outputs):
        pytest.fail("no")

    def leaving(outputs):
        raise SystemExit(3)

    class Unprintable(Exception):
        def __str__(self):
            raise ValueError

    def unprintable(outputs):
        raise Unprintable

    for spec in (failing, leaving, unprintable):
        (score,) = bind(spec, {}).score(subject({}))
        assert score.unscored
        assert score.error


def test_an_interrupt_passes(subject):
    def stopped(outputs):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bind(stopped, {}).score(subject({}))


def test_messages_for_the_user_come_without_a_traceback(subject):
    def not_for_this(outputs):
        raise NotApplicable("the example has no tone")

    def comparing(outputs):
        return Score("child", error="the model refused") >= 0.5

    (exempt,) = bind(not_for_this, {}).score(subject({}))
    assert (exempt.exempt, exempt.unscored, exempt.error) == (True, True, "the example has no tone")
    (unscored,) = bind(comparing, {}).score(subject({}))
    assert unscored.error == "'child' is unscored: the model refused"
    assert not unscored.exempt


def test_an_async_evaluator_scores_inside_a_running_loop(subject):
    seen = contextvars.ContextVar("seen")

    async def scores():
        seen.set("context")
        bound = bind(evaluator(key="inner")(inner), {})
        return bound.score(subject({"output": "x"}))

    async def inner(outputs):
        await asyncio.sleep(0)
        return seen.get()

    assert asyncio.run(scores()) == [Score("inner", value="context")]


def test_a_blocking_evaluator_leaves_the_loop_free_and_a_cheap_one_stays_inline(subject):
    def where(outputs):
        return {"score": 1, "comment": threading.current_thread().name}

    loop_thread = threading.current_thread().name
    (slow,) = asyncio.run(bind(where, {}).ascore(subject({})))
    (cheap,) = asyncio.run(bind(evaluator(cheap=True)(where), {}).ascore(subject({})))
    assert slow.comment != loop_thread
    assert cheap.comment == loop_thread


def test_a_registered_evaluator_goes_by_the_name_it_was_asked_for():
    assert bind("polite", {"polite": outputs_only}).key == "polite"


def test_a_score_is_found_by_object_by_name_and_by_the_evaluator_that_named_it_otherwise(subject):
    def correct(outputs):
        return {"key": "correctness", "score": 1}

    def several(outputs):
        return [{"key": "a", "score": 1}, {"key": "b", "score": 0}]

    judged = subject({"output": "x"})
    scores = [score for spec in (correct, several, outputs_only) for score in bind(spec, {}).score(judged)]
    assert find_score(scores, outputs_only).key == "outputs_only"
    assert find_score(scores, "correctness").key == "correctness"
    assert find_score(scores, correct).key == "correctness"
    assert find_score(scores, "b") == 0
    with pytest.raises(UnscoredError, match=r"'several' made 2 scores; ask for one. Known: a, b."):
        find_score(scores, several)
    with pytest.raises(UnscoredError, match=r"No score is called 'correctnes'. Did you mean 'correctness'\?"):
        find_score(scores, "correctnes")


def test_versions_are_sixteen_hex_digits():
    assert all(len(bind(spec, {}).version) == 16 for spec in WRITTEN.values())


def test_the_decorator_takes_evaluators_of_suites_and_pairs_too():
    def count(outputs, scores):
        return len(outputs)

    plain = bind_summary(count).version
    assert bind_summary(evaluator(version="2")(count)).version != plain
    assert bind_summary(evaluator(key="spam_share")(lambda runs, examples: 1)).key == "spam_share"
    assert bind_pairwise(evaluator(key="longer")(lambda runs, example: 0)).key == "longer"
    with pytest.raises(EvaluatorError, match="'runs' that stands for nothing"):
        evaluator(key="x")(lambda runs, rubric, inputs: 1)
