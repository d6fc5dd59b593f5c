"""``--llm-max-cost`` and ``llm_max_calls``: no further trial starts once they are reached."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Project


@pytest.fixture
def many(project: Project) -> Project:
    project.dataset({"id": f"e{n:02}", "inputs": {"name": f"N{n}", "query": "?"}} for n in range(40))
    return project


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["alone", "two workers"])
def test_the_rest_is_not_run_and_that_is_no_green_build(many: Project, workers: tuple[str, ...]) -> None:
    many.record()
    result = many.experiment("-o", "llm_max_calls=10", "--llm-concurrency", "2", "-rs", *workers)
    assert result.ret == 1
    outcomes = result.parseoutcomes()
    assert 10 <= outcomes["passed"] <= 14
    assert outcomes["passed"] + outcomes["skipped"] == 40
    text = " ".join(result.stdout.str().split())
    assert f"{outcomes['skipped']} trials not run: " in text
    assert "model calls made (llm_max_calls)" in text
    assert "INSUFFICIENT_DATA" in text


def test_a_test_that_calls_the_app_itself_is_counted_too(many: Project) -> None:
    many.write(
        test_app="""
        import pytest
        from app import answer

        @pytest.mark.llm_dataset("golden.jsonl")
        def test_answer(example, llm_run):
            answer(**example.inputs)
        """
    )
    result = many.experiment("-o", "llm_max_calls=3")
    assert result.parseoutcomes()["passed"] == 3


def test_after_a_call_without_a_price_no_further_trial_starts_under_a_limit_in_usd(many: Project) -> None:
    many.write(
        app="""
        from pytest_llmobs import get_current_run_tree, traceable

        @traceable(run_type="llm")
        def answer(name, query):
            get_current_run_tree().columns.update(model="home-made-1", input_tokens=10, output_tokens=5)
            return f"Dear {name}"
        """
    )
    result = many.experiment("--llm-max-cost", "1.5", "--llm-concurrency", "1", "-rs")
    outcomes = result.parseoutcomes()
    assert outcomes["skipped"] > outcomes["passed"]
    text = " ".join(result.stdout.str().split())
    assert "the price of 'home-made-1' is unknown: with it no further trial starts" in text
    assert (
        f"{outcomes['skipped']} trials not run: what was spent of $1.5 isn't known (--llm-max-cost)" in text
    )


def test_a_negative_limit_is_refused(project: Project) -> None:
    result = project.experiment("--llm-max-cost", "-1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--llm-max-cost is -1.0; it must be at least 0." in result.stderr.str()


@pytest.mark.parametrize("key, takes", [("llm_max_calls", "a whole number"), ("llm_strict", "true or false")])
def test_nonsense_in_the_ini_file_is_told_with_its_key(project: Project, key: str, takes: str) -> None:
    result = project.experiment("-o", f"{key}=maybe")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"{key} in " in result.stderr.str()
    assert f"'maybe'. It takes {takes}." in result.stderr.str()


def test_a_value_set_on_the_command_line_is_said_to_come_from_there(project: Project) -> None:
    result = project.process("--llm-experiment", "-o", "llm_strict=maybe")
    assert result.ret == 4
    assert "llm_strict in -o (--override-ini): invalid truth value 'maybe'." in result.stderr.str()
