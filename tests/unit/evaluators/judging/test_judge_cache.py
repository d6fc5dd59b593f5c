"""The cache of judgements answers the same question and loses none."""

from __future__ import annotations

import json

from pytest_llmobs.evaluators.judging import cache
from pytest_llmobs.evaluators.judging.judge import Judge
from tests.unit.evaluators.scripted import GOOD, RUBRIC, answering


def test_the_cache_answers_the_same_question_and_shows_it(score, subject, tmp_path):
    cache.install(cache.FileCache(tmp_path / "judgements"))
    model = answering(GOOD)
    judge = Judge("tone", rubric=RUBRIC, model=model, votes=2)
    first = score(judge, subject({"output": "x"}))
    assert len(model.prompts) == 2  # each vote has an entry of its own
    again = score(judge, subject({"output": "x"}))
    assert len(model.prompts) == 2
    assert (again.score, again.metadata["cached"]) == (0.9, 2)
    assert "cached" not in first.metadata
    score(judge, subject({"output": "y"}))
    score(judge(rubric="Another."), subject({"output": "x"}))
    assert len(model.prompts) == 6
    cache.install(None)
    score(judge, subject({"output": "x"}))
    assert len(model.prompts) == 8


def test_the_cache_keeps_models_of_one_name_apart(subject, score, tmp_path):
    cache.install(cache.FileCache(tmp_path))
    panel = [answering({"reason": "r", "score": number}) for number in (0.2, 0.4, 0.9)]
    judge = Judge("tone", rubric=RUBRIC, panel=panel)
    for cached in (None, 3):
        result = score(judge, subject({"output": "x"}))
        assert result.metadata["votes"] == ["0.2", "0.4", "0.9"]
        assert result.metadata.get("cached") == cached


def test_a_damaged_cache_entry_is_asked_again(score, subject, tmp_path):
    cache.install(cache.FileCache(tmp_path))
    model = answering(GOOD)
    judge = Judge("tone", rubric=RUBRIC, model=model)
    score(judge, subject({"output": "x"}))
    (entry,) = tmp_path.rglob("*.json")
    for damage in ('{"reason": "half', '{"reason": "no score"}', "[]"):
        entry.write_text(damage)
        assert score(judge, subject({"output": "x"})) == 0.9
    assert len(model.prompts) == 4
    assert json.loads(entry.read_text()) == GOOD


def test_reasons_are_cached_without_secrets(score, subject, tmp_path):
    cache.install(cache.FileCache(tmp_path))
    leaking = {**GOOD, "reason": "It gave away sk-ant-api03-AbCdEfGhIjKlMnOp."}
    judge = Judge("tone", rubric=RUBRIC, model=answering(leaking))
    assert "AbCdEfGh" in score(judge, subject({"output": "x"})).comment
    (entry,) = tmp_path.rglob("*.json")
    assert json.loads(entry.read_text()) == {**GOOD, "reason": "It gave away [redacted: anthropic key]."}


def test_an_unusable_reply_is_never_cached(score, subject, tmp_path):
    cache.install(cache.FileCache(tmp_path))
    score(Judge("tone", rubric=RUBRIC, model=answering("?")), subject({"output": "x"}))
    assert list(tmp_path.rglob("*.json")) == []


def test_an_unwritable_cache_loses_no_verdict(score, subject, tmp_path):
    (tmp_path / "file").write_text("")
    cache.install(cache.FileCache(tmp_path / "file" / "below"))
    assert score(Judge("tone", rubric=RUBRIC, model=answering(GOOD)), subject({"output": "x"})) == 0.9
