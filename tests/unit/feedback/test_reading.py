"""What is listed and summed, trials' scores included."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pytest_llmobs.errors import ArgumentError, NotFoundError
from pytest_llmobs.feedback.orphans import orphans
from pytest_llmobs.feedback.reading import history, list_feedback
from pytest_llmobs.feedback.sums import stats_of, stats_of_runs
from pytest_llmobs.feedback.trial_scores import score_id
from pytest_llmobs.feedback.writing import FeedbackWriter
from pytest_llmobs.records.feedback import FeedbackStats
from pytest_llmobs.storage.store import Store
from tests.unit.feedback.conftest import OTHER, RUN, START

Trace = Callable[..., str]


def keys(store: Store, **chosen: Any) -> list[str]:
    return [feedback.key for feedback in list_feedback(store, **chosen)]


class TestListing:
    def test_the_newest_comes_first(self, store: Store, writer: FeedbackWriter) -> None:
        for number in range(500):
            writer.create(f"k{number}", run_id=RUN)
            if number == 300:
                store.feedback.flush()
        assert keys(store) == [f"k{number}" for number in reversed(range(500))]
        assert keys(store, limit=2) == ["k499", "k498"]
        assert keys(store, limit=0) == []

    def test_by_run_key_and_source(self, store: Store, writer: FeedbackWriter) -> None:
        writer.create("a", run_id=RUN)
        writer.create("b", run_id=OTHER, source_type="model")
        writer.create("c", run_id=OTHER, source_type="app")
        assert keys(store, run_ids=[OTHER]) == ["c", "b"]
        assert keys(store, run_ids=uuid.UUID(RUN)) == ["a"]
        assert keys(store, feedback_key=["a", "c"]) == ["c", "a"]
        assert keys(store, feedback_key="b") == ["b"]
        assert keys(store, feedback_source_type=["model", "app"]) == ["c", "b"]
        assert keys(store, feedback_source_type="api") == ["a"]
        assert keys(store, run_ids=[]) == []

    def test_by_project_as_the_caller_or_the_run_says(
        self, store: Store, writer: FeedbackWriter, trace: Trace
    ) -> None:
        writer.create("of its run", run_id=trace("production"))
        writer.create("elsewhere", run_id=trace("staging"))
        writer.create("said", run_id=RUN, run_project="production")
        writer.create("about it", project="production")
        assert keys(store, project="production") == ["about it", "said", "of its run"]
        writer.create("early", run_id=RUN, run_project="not stored yet")
        assert keys(store, project="not stored yet") == ["early"]

    def test_by_time_naive_ones_being_local(self, store: Store, writer: FeedbackWriter) -> None:
        for number in range(4):
            writer.create(f"k{number}", run_id=RUN)
        aware = datetime.fromtimestamp(START + 1, UTC)
        assert keys(store, start_time=aware) == ["k3", "k2", "k1"]
        assert keys(store, end_time=aware) == ["k0"]
        naive = datetime.fromtimestamp(START + 2)  # as datetime.now() is
        assert keys(store, start_time=naive, end_time=naive + timedelta(seconds=1)) == ["k2"]

    @pytest.fixture
    def tokyo(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
        monkeypatch.undo()
        time.tzset()

    @pytest.mark.usefixtures("tokyo")
    def test_naive_times_are_local_far_from_greenwich(self, store: Store, writer: FeedbackWriter) -> None:
        assert os.environ["TZ"] == "Asia/Tokyo"
        writer.create("k", run_id=RUN)
        naive = datetime.fromtimestamp(START)
        assert naive != datetime.fromtimestamp(START, UTC).replace(tzinfo=None)
        assert keys(store, start_time=naive) == ["k"]

    def test_what_was_deleted_is_not_listed(self, store: Store, writer: FeedbackWriter) -> None:
        writer.delete(writer.create("a", run_id=RUN).id)
        assert keys(store) == []

    @pytest.mark.parametrize(
        "chosen, message",
        [
            ({"run_ids": ["x"]}, "run_ids='x' is no id"),
            ({"feedback_key": [3]}, "feedback_key=3 must be a text"),
            ({"feedback_key": 3}, "feedback_key=3 must be a text, or a list of texts"),
            ({"feedback_source_type": "human"}, "feedback_source_type='human' is unknown"),
            ({"limit": -1}, "limit=-1 must be a whole number, 0 or more"),
            ({"start_time": "today"}, "start_time='today' must be a datetime"),
        ],
    )
    def test_what_makes_no_sense_is_refused_at_the_call(
        self, store: Store, chosen: Any, message: str
    ) -> None:
        with pytest.raises(ArgumentError) as refused:
            list_feedback(store, **chosen)
        assert message in str(refused.value)

    def test_an_unknown_project_is_told_with_a_near_name(
        self, store: Store, writer: FeedbackWriter, trace: Trace
    ) -> None:
        trace("production")
        with pytest.raises(NotFoundError) as unknown:
            list_feedback(store, project="prodution")
        assert str(unknown.value).startswith("Unknown project 'prodution' in ")
        assert str(unknown.value).endswith("Did you mean 'production'? Known: production.")

    def test_the_history_of_an_unknown_id(self, store: Store) -> None:
        with pytest.raises(NotFoundError, match=f"There is no feedback '{RUN}'"):
            history(store.feedback, RUN)


class TestTrialScores:
    def test_they_are_feedback_of_a_model_with_ids_that_stay(self, store: Store, trace: Trace) -> None:
        run_id = trace("nightly", suite="s", scores={"tone": 0.5, "length": 1.0})
        listed = list(list_feedback(store))
        assert [(one.key, one.score, one.source.type, one.project) for one in listed] == [
            ("tone", 0.5, "model", "nightly"),
            ("length", 1.0, "model", "nightly"),
        ]
        assert [one.id for one in listed] == [score_id(run_id, "tone"), score_id(run_id, "length")]
        assert {(one.run_id, one.trace_id) for one in listed} == {(run_id, run_id)}
        assert len({one.id for one in listed}) == 2

    def test_they_are_chosen_as_other_feedback_is(
        self, store: Store, writer: FeedbackWriter, trace: Trace
    ) -> None:
        scored = trace("nightly", suite="s", scores={"tone": 0.5, "length": 1.0})
        writer.create("tone", run_id=trace("production"))
        assert keys(store, project="nightly") == ["tone", "length"]
        assert keys(store, feedback_key="length") == ["length"]
        assert keys(store, run_ids=[scored], feedback_key="tone") == ["tone"]
        assert keys(store, feedback_source_type="api") == ["tone"]
        assert sorted(keys(store, feedback_source_type="model")) == ["length", "tone"]

    def test_those_of_attempts_that_no_test_consumed_count_nothing(self, store: Store, trace: Trace) -> None:
        trace("nightly", suite="s", attempt="unused", scores={"tone": 0.5})
        trace("nightly", suite="s", attempt="control", scores={"tone": 0.5})
        trace("nightly", suite="s", attempt="consumed", scores={"tone": 1.0})
        assert stats_of(store) == {"tone": FeedbackStats(n=1, avg=1.0)}


class TestSums:
    def test_by_key(self, store: Store, writer: FeedbackWriter, trace: Trace) -> None:
        run_id = trace("nightly", suite="s", scores={"tone": 0.5})
        writer.create("tone", run_id=run_id, score=1, comment="fine")
        writer.create("rating", run_id=run_id, score=True, value="up")
        writer.create("rating", run_id=run_id, score=False, value="down", comment="rude")
        writer.create("rating", run_id=RUN, score=False, value="down", comment="")
        writer.create("rating", run_id=RUN, score="high", value={"a": 1})
        assert stats_of(store) == {
            "rating": FeedbackStats(n=4, avg=1 / 3, values={"down": 2, "up": 1}, comments=2),
            "tone": FeedbackStats(n=2, avg=0.75, comments=1),
        }
        assert list(stats_of(store, run_ids=[RUN])) == ["rating"]
        assert stats_of(store, project="nightly", feedback_key="rating")["rating"]["avg"] == 0.5

    def test_by_run(self, store: Store, writer: FeedbackWriter, trace: Trace) -> None:
        run_id = trace("nightly", suite="s", scores={"tone": 0.5})
        writer.create("rating", run_id=RUN, score=0.25)
        writer.create("rating", run_id=RUN, score=0.75)
        stats = stats_of_runs(store, [RUN, uuid.UUID(run_id), OTHER])
        assert stats == {
            RUN: {"rating": FeedbackStats(n=2, avg=0.5)},
            run_id: {"tone": FeedbackStats(n=1, avg=0.5)},
        }

    def test_an_update_changes_the_sum(self, store: Store, writer: FeedbackWriter) -> None:
        created = writer.create("rating", run_id=RUN, score=0)
        writer.update(created.id, score=1, value="up")
        assert stats_of(store) == {"rating": FeedbackStats(n=1, avg=1.0, values={"up": 1})}

    def test_an_empty_store_has_none(self, store: Store) -> None:
        assert stats_of(store) == {}
        assert stats_of_runs(store, [RUN]) == {}
        assert list(list_feedback(store)) == []


class TestOrphans:
    def test_feedback_on_a_run_that_is_not_there_yet_is_kept(
        self, store: Store, writer: FeedbackWriter, trace: Trace
    ) -> None:
        writer.create("a", run_id=trace())
        early = writer.create("b", run_id=RUN)
        writer.create("c", project="nightly")
        assert orphans(store) == [early]
        assert keys(store) == ["c", "b", "a"]

    def test_a_store_without_any_has_none(self, store: Store) -> None:
        assert orphans(store) == []
