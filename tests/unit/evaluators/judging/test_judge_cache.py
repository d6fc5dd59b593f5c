"""The cache of judgements answers the same question and loses none."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

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


DAMAGES = {
    "cut": b'{"reason": "half',
    "empty": b"",
    "bytes": bytes(range(200, 256)),
    "no-object": b"[]",
    "deep": b"[" * 100_000,
    "long": b'{"reason": "r", "score": ' + b"1" * 5000 + b"}",
    "lacking": b'{"reason": "no score"}',
    "type": b'{"reason": ["r"], "score": 1}',
    "large": b'{"reason": "r", "score": 1' + b"0" * 400 + b"}",
    "nan": b'{"reason": "r", "score": NaN}',
    "newer": b'{"version": 2, "verdict": {}}',
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_entry_is_named_set_aside_and_asked_afresh(score, subject, tmp_path, damage):
    cache.install(cache.FileCache(tmp_path))
    model = answering(GOOD)
    judge = Judge("tone", rubric=RUBRIC, model=model)
    score(judge, subject({"output": "x"}))
    (entry,) = tmp_path.rglob("*.json")
    entry.write_bytes(damage)
    with pytest.warns(cache.JudgeCacheWarning) as warned:
        assert score(judge, subject({"output": "x"})) == 0.9
    (warning,) = warned
    aside = entry.with_suffix(".damaged")
    assert str(warning.message).startswith(f"The judge cache's entry {aside} can't be read (")
    assert aside.read_bytes() == damage
    assert len(model.prompts) == 2
    assert json.loads(entry.read_text()) == GOOD
    assert score(judge, subject({"output": "x"})).metadata["cached"] == 1


def test_a_damaged_entry_ends_nothing_where_warnings_are_errors(score, subject, tmp_path, capfd):
    cache.install(cache.FileCache(tmp_path))
    judge = Judge("tone", rubric=RUBRIC, model=answering(GOOD))
    score(judge, subject({"output": "x"}))
    (entry,) = tmp_path.rglob("*.json")
    entry.write_text("[]")
    assert score(judge, subject({"output": "x"})) == 0.9
    assert "can't be read (it holds list, not an object)" in capfd.readouterr().err


def test_many_threads_share_a_cold_cache(score, subject, tmp_path):
    cache.install(cache.FileCache(tmp_path / "judgements"))
    judge = Judge("tone", rubric=RUBRIC, model=answering(GOOD))
    together = threading.Barrier(16)

    def work(number):
        together.wait()
        return score(judge, subject({"output": f"x{number % 4}"}))

    with ThreadPoolExecutor(16) as pool:
        scores = list(pool.map(work, range(16)))
    assert [each.score for each in scores] == [0.9] * 16
    assert len(list((tmp_path / "judgements").rglob("*.json"))) == 4


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
