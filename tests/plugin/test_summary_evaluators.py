"""Summary evaluators on the marker: one number for the suite, however many processes and machines ran it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.plugin.conftest import Project

APP = """
def classify(text):
    if "crash" in text:
        raise RuntimeError("down")
    return "spam" if "win" in text else "ham"
"""
SUITE = """
import pytest
from app import classify
from pytest_llmobs.evaluators import confusion_matrix, f1

def share_of_spam(outputs):
    return sum((each or {}).get("output") == "spam" for each in outputs) / len(outputs)

def broken(runs, examples):
    return runs[0].nothing

@pytest.mark.llm_gate(f1, min_mean=0.9)
@pytest.mark.llm_gate("share_of_spam", rule="mean")
@pytest.mark.llm_dataset("golden.jsonl", target=classify,
                         summary_evaluators=[f1, confusion_matrix, share_of_spam, broken])
class TestSpam:
    def test_label(self, example, llm_run):
        pass
"""
TEXTS = [("win a car", "spam"), ("win", "ham"), *[("hello", "ham")] * 18]


@pytest.fixture
def spam(empty: Project) -> Project:
    empty.path.joinpath("pytest.ini").write_text("[pytest]\n")
    empty.write(app=APP, test_spam=SUITE)
    empty.dataset(
        {"id": f"e{n}", "inputs": {"text": f"{text} ({n})"}, "outputs": {"label": label}}
        for n, (text, label) in enumerate(TEXTS)
    )
    return empty


def means(project: Project) -> dict[str, float | None]:
    return {score["metric"]: score.get("score") for score in project.summary["suite_scores"]}


EXPECTED = {
    "f1": pytest.approx((2 / 3 + 36 / 37) / 2),
    "confusion_matrix": 0.95,
    "share_of_spam": 0.1,
    "broken": None,
}


def test_they_are_computed_once_gated_and_shown(spam: Project) -> None:
    result = spam.experiment("--junitxml=junit.xml")
    assert result.ret == 1
    assert means(spam) == EXPECTED
    output = result.stdout.str()
    assert "✗ f1: 0.8198 is below min_mean=0.9" in output
    assert "! broken: unscored: AttributeError: 'Run' object has no attribute 'nothing'" in output
    assert "    ham                          18     1" in output
    assert "FAILED test_spam.py::TestSpam::test_label - f1: 0.8198 is below min_mean" in output
    assert "f1: 0.8198 is below min_mean=0.9" in spam.path.joinpath("junit.xml").read_text()
    shown = spam.llmobs("show").stdout
    assert "    ham                          18     1" in shown
    assert "share_of_spam" in shown


def test_workers_shards_and_one_process_agree(spam: Project) -> None:
    # a relative import: the controller must import the file as the workers do
    package = spam.path / "checks"
    package.mkdir()
    package.joinpath("__init__.py").touch()
    for name in ("app.py", "golden.jsonl"):
        spam.path.joinpath(name).rename(package / name)
    package.joinpath("test_spam.py").write_text(SUITE.replace("from app", "from .app"))
    spam.path.joinpath("test_spam.py").unlink()
    spam.experiment("-n", "2", "--llm-name", "workers")
    assert means(spam) == EXPECTED
    for number in (1, 2):
        spam.experiment("--llm-name", "nightly", "--llm-shard", f"{number}/2")
        assert means(spam) == {}
    merged = spam.llmobs("merge", ".llmobs")
    assert merged.returncode == 1, merged.stderr
    assert "f1: 0.8198 is below min_mean=0.9" in merged.stdout
    assert means(spam) == EXPECTED
    compared = spam.llmobs("compare", "workers", "nightly")
    assert "share_of_spam" in compared.stdout


def test_the_reference_is_stored_with_its_run(spam: Project, parquet: Callable[..., list[Any]]) -> None:
    spam.write(
        test_plain="""
        def test_own(llm_run):
            llm_run.log_outputs({"answer": "4"})
            llm_run.log_reference_outputs({"answer": "5", "api_key": "sk-ant-api03-abcdefghijklmnopqrstuvwxyz"})
        """
    )
    spam.experiment()
    sql = "select example_id, reference_outputs from RUNS where parent_id is null order by 1"
    stored = {example: json.loads(text) for example, text in parquet(spam, sql)}
    assert stored["e0"] == {"label": "spam"}
    assert stored["test_own"]["answer"] == "5"
    assert "abcdefghijklmnop" not in str(stored)


def test_rule_mean_compares_with_the_baselines_number(spam: Project) -> None:
    spam.write(test_spam=SUITE.replace("@pytest.mark.llm_gate(f1, min_mean=0.9)\n", ""))
    assert spam.record().ret == 0
    assert '"share_of_spam": {"value": 0.1, ' in spam.baselines[0].read_text()
    spam.write(app=APP.replace('"win" in text', '"a car" in text'))
    result = spam.experiment()
    assert result.ret == 1
    assert "share_of_spam: rule='mean': any drop beyond max_drop" in result.stdout.str()
    assert "▼ REGRESSED" in result.stdout.str()


@pytest.mark.parametrize(
    ("summary", "message"),
    [
        ('"recal"', "Unknown summary evaluator 'recal'. Did you mean 'recall'?"),
        ("min_length", "'min_length' scores single runs: it belongs in evaluators=[…]."),
        ("f1, f1(label='ham')", "llm_dataset has two metrics called 'f1'."),
        (
            "], evaluators=[min_length, 'min_length'",
            "Two evaluators of llm_dataset have the key 'min_length'.",
        ),
    ],
)
def test_a_mistake_is_a_collection_error(empty: Project, summary: str, message: str) -> None:
    empty.write(
        test_it=f"""
        import pytest
        from pytest_llmobs.evaluators import f1, min_length

        @pytest.mark.llm_dataset([{{"inputs": {{"text": "a"}}}}], summary_evaluators=[{summary}])
        def test_it(example): pass
        """
    )
    assert message in empty.run("--collect-only").stdout.str()
