"""What is checked when feedback is written, and what of it is kept."""

from __future__ import annotations

import decimal
import enum
import json
import subprocess
import sys
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from pytest_llmobs.errors import ArgumentError, ConflictError, NotFoundError
from pytest_llmobs.feedback.reading import history, read_feedback
from pytest_llmobs.feedback.writing import FeedbackWriter
from pytest_llmobs.records.feedback import Feedback, FeedbackSource
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from tests.unit.feedback.conftest import OTHER, RUN, START

KEY = "sk-ant-api03-" + "a1B2" * 23 + "-AA"


@pytest.fixture
def kept(store: Store, writer: FeedbackWriter) -> Callable[..., Feedback]:
    """Create feedback, and return it as it is read back, before and after it is sealed."""

    def kept(**fields: Any) -> Feedback:
        created = writer.create(**{"run_id": RUN} | fields)
        unsealed = read_feedback(store, created.id)
        store.feedback.flush()
        assert read_feedback(store, created.id) == unsealed == created
        return unsealed

    return kept


class TestWhatIsKept:
    def test_every_field(self, kept: Callable[..., Feedback]) -> None:
        group, comparison, source_run = str(uuid.uuid4()), str(uuid.uuid4()), str(uuid.uuid4())
        feedback = kept(
            key="user_rating",
            trace_id=OTHER,
            run_project="production",
            score=0.1234567890123456,
            value="good",
            comment="Helpful — danke 😀",
            correction={"output": "14 days", "sources": [1, 2.5, None]},
            source_type="model",
            source_info={"judge": "tone"},
            source_run_id=source_run,
            group_id=group,
            comparison_id=uuid.UUID(comparison),
            extra={"page": 3},
            error=False,
        )
        at = datetime.fromtimestamp(START, UTC)
        assert feedback == Feedback(
            id=feedback.id,
            key="user_rating",
            run_id=RUN,
            trace_id=OTHER,
            project="production",
            score=0.1234567890123456,
            value="good",
            comment="Helpful — danke 😀",
            correction={"output": "14 days", "sources": [1, 2.5, None]},
            source=FeedbackSource(type="model", metadata={"judge": "tone"}, run_id=source_run),
            created_at=at,
            modified_at=at,
            error=False,
            extra={"page": 3},
            group_id=group,
            comparison_id=comparison,
        )
        assert (feedback.session_id, feedback.feedback_group_id) == ("production", group)

    @pytest.mark.parametrize(
        "score", [0, 1, 3, -2, 0.1, 1 / 3, 5e-324, 1e300, 2**53 + 1, 10**40, True, False, None]
    )
    def test_a_score_with_all_its_digits_and_its_type(
        self, kept: Callable[..., Feedback], score: float | None
    ) -> None:
        feedback = kept(score=score)
        assert feedback.score == score
        assert type(feedback.score) is type(score)
        assert feedback.unscored is None

    @pytest.mark.parametrize(
        "score, reason",
        [
            ("high", "the score was 'high', which is no number; a label is given as value="),
            (float("nan"), "the score was nan, which is no number"),
            (float("-inf"), "the score was -inf, which is no number"),
            (1e301, "the score was a number beyond 1e300, which no mean can hold"),
            ([1], "the score was [1], which is no number; a label is given as value="),
        ],
    )
    def test_what_is_no_score_is_kept_unscored_with_the_reason(
        self, kept: Callable[..., Feedback], score: Any, reason: str
    ) -> None:
        feedback = kept(score=score, comment="as it was")
        assert (feedback.score, feedback.unscored, feedback.comment) == (None, reason, "as it was")

    def test_numbers_of_other_libraries_become_plain_ones(self, kept: Callable[..., Feedback]) -> None:
        class Float32:
            """As numpy's: no float, but with one inside."""

            shape = ()

            def item(self) -> float:
                return 0.5

        assert kept(score=Float32()).score == 0.5
        assert kept(score=decimal.Decimal("0.75")).score == 0.75

    @pytest.mark.parametrize(
        "value", ["good", "", "1", '{"a": 1}', 1, 0.25, True, False, ["a", 1], {"a": {"b": [None]}}, []]
    )
    def test_a_value_is_anything_json_has(self, kept: Callable[..., Feedback], value: Any) -> None:
        feedback = kept(value=value)
        assert feedback.value == value
        assert type(feedback.value) is type(value)

    @pytest.mark.parametrize("correction", ["14 days", '{"a": 1}', {"output": "14 days"}])
    def test_a_correction_is_a_text_or_a_dict(self, kept: Callable[..., Feedback], correction: Any) -> None:
        assert kept(correction=correction).correction == correction

    def test_a_trace_alone_means_its_root_run(self, kept: Callable[..., Feedback]) -> None:
        feedback = kept(run_id=None, trace_id=uuid.UUID(RUN))
        assert (feedback.run_id, feedback.trace_id) == (RUN, RUN)

    def test_a_project_can_have_feedback_too(self, kept: Callable[..., Feedback]) -> None:
        feedback = kept(run_id=None, project="nightly", score=0.5)
        assert (feedback.run_id, feedback.project) == (None, "nightly")

    def test_later_changes_of_what_was_given_change_nothing(
        self, store: Store, writer: FeedbackWriter
    ) -> None:
        correction = {"output": ["14 days"]}
        created = writer.create(run_id=RUN, correction=correction)
        correction["output"].append("no: 30")
        assert created.correction == {"output": ["14 days"]}
        assert read_feedback(store, created.id).correction == {"output": ["14 days"]}

    def test_halves_of_characters_do_not_break_it(self, writer: FeedbackWriter, store: Store) -> None:
        created = writer.create(run_id=RUN, comment="cut \ud83d", key="user_rating")
        assert read_feedback(store, created.id).comment == created.comment


class TestRedaction:
    def test_what_users_wrote_is_cleaned_before_anything_is_kept(
        self, store: Store, writer: FeedbackWriter
    ) -> None:
        created = writer.create(
            run_id=RUN,
            comment=f"I pasted {KEY}",
            correction={"output": f"never show {KEY}"},
            value=f"label {KEY}",
            source_info={"from": KEY},
            extra={"note": KEY},
            score=f"{KEY}",
        )
        writer.update(created.id, comment=f"again {KEY}")
        written = b"".join(path.read_bytes() for path in store.layout.feedback_spool.glob("*.jsonl"))
        assert written.count(b"[redacted: anthropic key]") == 7
        assert b"a1B2a1B2" not in written
        assert created.comment == "I pasted [redacted: anthropic key]"

    def test_a_redactor_that_fails_costs_the_text_and_nothing_else(self, store: Store) -> None:
        def fails(text: str) -> str:
            raise ValueError("no")

        writer = FeedbackWriter(store.feedback, Redaction([fails]))
        created = writer.create(run_id=RUN, score=0.5, comment="private", extra={"a": "private"})
        assert created.score == 0.5
        assert created.comment == "dropped: redactor 'fails' raised ValueError"
        assert "private" not in json.dumps([created.comment, dict(created.extra)])
        assert read_feedback(store, created.id) == created


class TestRefusals:
    @pytest.mark.parametrize(
        "fields, message",
        [
            ({"run_id": None}, "One of run_id, trace_id or project_id is needed"),
            ({"project": "p"}, f"project_id='p' can't be given together with run_id or trace_id ({RUN!r})"),
            ({"run_id": "abc"}, "run_id='abc' is no id: a UUID is needed"),
            ({"run_id": 7}, "run_id=7 is no id"),
            ({"trace_id": "x"}, "trace_id='x' is no id"),
            ({"feedback_id": "x"}, "feedback_id='x' is no id"),
            ({"source_run_id": ""}, "source_run_id='' is no id"),
            ({"group_id": "g"}, "feedback_group_id='g' is no id"),
            ({"key": ""}, "key='' must be a text that says something"),
            ({"key": None}, "key=None must be a text that says something"),
            ({"comment": 3}, "comment=3 must be a text"),
            ({"correction": 3}, "correction=3 must be a text, or a dict"),
            ({"source_info": "me"}, "source_info='me' must be a dict"),
            ({"extra": []}, "extra=[] must be a dict"),
            (
                {"source_type": "modle"},
                "feedback_source_type='modle' is unknown. Did you mean 'model'? Known: api, app, model.",
            ),
            ({"scor": 1}, "Unknown field 'scor' of feedback. Did you mean 'score'?"),
        ],
    )
    def test_what_makes_no_sense_is_refused_with_the_value(
        self, store: Store, writer: FeedbackWriter, fields: dict[str, Any], message: str
    ) -> None:
        with pytest.raises(ValueError) as refused:
            writer.create(**{"run_id": RUN} | fields)
        assert isinstance(refused.value, ArgumentError)
        assert message in str(refused.value)
        assert len(store.feedback.current()) == 0

    def test_ids_are_written_in_one_way(self, writer: FeedbackWriter) -> None:
        created = writer.create(run_id=RUN.upper().replace("-", ""), feedback_id=uuid.UUID(OTHER))
        assert (created.run_id, created.id) == (RUN, OTHER)

    def test_a_kind_of_source_may_be_an_enumerations_member(self, writer: FeedbackWriter) -> None:
        class Kind(enum.Enum):
            MODEL = "model"

        assert writer.create(run_id=RUN, source_type=Kind.MODEL).source.type == "model"


class TestChosenIds:
    def test_an_id_is_taken_once(self, store: Store, writer: FeedbackWriter) -> None:
        writer.create(run_id=RUN, feedback_id=OTHER, score=1)
        with pytest.raises(ConflictError, match=f"There is feedback with the id '{OTHER}' already"):
            writer.create(run_id=RUN, feedback_id=OTHER, score=0)
        store.feedback.flush()
        with pytest.raises(ConflictError):
            writer.create(run_id=RUN, feedback_id=OTHER, score=0)
        writer.delete(OTHER)
        with pytest.raises(ConflictError, match="or was before it was deleted"):
            writer.create(run_id=RUN, feedback_id=OTHER, score=0)
        assert [event.kind for event in history(store.feedback, OTHER)] == ["create", "delete"]

    def test_of_processes_that_choose_the_same_id_one_gets_it(self, store: Store, tmp_path: Any) -> None:
        script = f"""
import uuid
from pytest_llmobs.errors import ConflictError
from pytest_llmobs.feedback.writing import FeedbackWriter
from pytest_llmobs.storage.store import Store
from pytest_llmobs.tracing.redaction.pipeline import Redaction

writer = FeedbackWriter(Store({str(store.root)!r}).feedback, Redaction())
for number in range(20):
    try:
        writer.create(run_id={RUN!r}, feedback_id=uuid.UUID(int=number))
        print(number)
    except ConflictError:
        pass
"""
        command = [sys.executable, "-c", script]
        processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
        taken: list[str] = []
        for process in processes:
            taken += process.communicate()[0].split()
        assert sorted(map(int, taken)) == list(range(20))
        assert len(store.feedback.events()) == 20


class TestUpdates:
    def test_what_is_not_given_stays_and_none_takes_away(self, store: Store, writer: FeedbackWriter) -> None:
        created = writer.create(run_id=RUN, score=0.25, comment="first", value="down", correction="x")
        updated = writer.update(created.id, score=True, comment=None)
        assert (updated.score, updated.comment, updated.value, updated.correction) == (
            True,
            None,
            "down",
            "x",
        )
        assert updated.created_at == created.created_at < updated.modified_at
        assert read_feedback(store, created.id) == updated
        store.feedback.flush()
        assert read_feedback(store, created.id) == updated

    def test_a_score_that_is_none_replaces_one_and_back(self, store: Store, writer: FeedbackWriter) -> None:
        created = writer.create(run_id=RUN, score=0.25)
        updated = writer.update(created.id, score="high")
        assert updated.score is None
        assert updated.unscored == "the score was 'high', which is no number; a label is given as value="
        scored = writer.update(created.id, score=0)
        assert (scored.score, scored.unscored) == (0, None)
        assert read_feedback(store, created.id) == scored

    def test_an_update_of_nothing_writes_nothing(self, store: Store, writer: FeedbackWriter) -> None:
        created = writer.create(run_id=RUN)
        assert writer.update(created.id) == created
        assert len(store.feedback.events()) == 1

    def test_history_keeps_all(self, store: Store, writer: FeedbackWriter) -> None:
        created = writer.create(run_id=RUN, score=1)
        writer.update(created.id, score=0, comment="on second thoughts")
        writer.delete(created.id)
        events = history(store.feedback, created.id)
        assert [(event.kind, event.changes) for event in events] == [
            ("create", ()),
            ("update", ("score", "comment")),
            ("delete", ()),
        ]
        before, after, gone = (event.feedback for event in events)
        assert before == created
        assert after is not None
        assert (after.score, after.comment) == (0, "on second thoughts")
        assert gone is None
        assert len(store.feedback.current()) == 0

    @pytest.mark.parametrize("call", ["update", "delete"])
    def test_an_unknown_id_is_told_with_a_near_one(self, writer: FeedbackWriter, call: str) -> None:
        created = writer.create(run_id=RUN)
        wrong = created.id[:-1] + ("0" if created.id[-1] != "0" else "1")
        with pytest.raises(NotFoundError) as unknown:
            getattr(writer, call)(wrong)
        assert str(unknown.value).startswith(f"There is no feedback {wrong!r} in ")
        assert str(unknown.value).endswith(f"Did you mean {created.id!r}?")

    def test_what_was_deleted_says_so(self, writer: FeedbackWriter) -> None:
        created = writer.create(run_id=RUN)
        writer.delete(created.id)
        with pytest.raises(NotFoundError, match=f"The feedback '{created.id}' was deleted"):
            writer.update(created.id, score=1)

    def test_a_malformed_id_is_refused(self, writer: FeedbackWriter) -> None:
        with pytest.raises(ArgumentError, match="feedback_id='nope' is no id"):
            writer.update("nope", score=1)
        with pytest.raises(ArgumentError, match="feedback_id is missing"):
            writer.delete(None)

    def test_a_clock_that_was_set_back_changes_no_order(self, store: Store) -> None:
        times = iter([100, 50, 40])
        writer = FeedbackWriter(store.feedback, Redaction(), time_ns=lambda: next(times) * 10**9)
        created = writer.create(run_id=RUN, score=1)
        writer.update(created.id, score=2)
        writer.update(created.id, score=3)
        assert read_feedback(store, created.id).score == 3
