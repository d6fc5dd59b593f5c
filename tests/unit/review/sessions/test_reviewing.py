"""One reviewer answers the items of a queue, changes their mind, skips, jumps, and comes back."""

from __future__ import annotations

import pytest

from pytest_llmobs.errors import ArgumentError, ConflictError, NotFoundError
from pytest_llmobs.review.sessions import ReviewSession
from tests.unit.review.sessions.conftest import MONDAY, Office, run_id

RUBRIC = [
    {"feedback_key": "tone", "scale": [1, 5], "is_required": True},
    {"feedback_key": "note", "text": True},
]


def finish(session: ReviewSession) -> list[str]:
    """Accept all that is left, and return the runs in the order in which they came."""
    seen = []
    while session.current is not None:
        seen.append(session.current.item.run_id)
        session.save("accept")
    return seen


def current(session: ReviewSession) -> str:
    assert session.current is not None
    return session.current.item.run_id


def test_every_item_comes_once_and_then_none(office: Office) -> None:
    queue = office.queue(5)
    with office.review(queue) as session:
        assert sorted(finish(session)) == [run_id(number) for number in range(1, 6)]
        assert session.why_empty == "All done: 5 items of 'refunds'."
        with pytest.raises(ArgumentError, match=r"There is no item to answer\. All done"):
            session.save("accept")
    assert {decision.verdict for decision in office.standing(queue)} == {"accept"}
    assert len(office.published) == 5


def test_reviewers_have_orders_of_their_own_that_stay(office: Office) -> None:
    queue = office.queue(30)
    orders = []
    for reviewer in ("ada", "ada", "bob"):
        with office.review(queue, reviewer) as session:
            orders.append([_jumped(session, number) for number in range(1, 31)])
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(orders[2])


def _jumped(session: ReviewSession, number: int) -> str:
    session.jump(str(number))
    return current(session)


def test_an_empty_queue_says_so(office: Office) -> None:
    queue = office.queues.create("empty")
    with office.review(queue) as session:
        assert (session.current, session.why_empty) == (None, "'empty' is empty.")


def test_a_decision_holds_all_that_was_said(office: Office) -> None:
    queue = office.queue(1, rubric_items=RUBRIC)
    with office.review(queue) as session:
        session.answer("tone", 4)
        session.answer("note", "kind")
        session.clear("note")
        session.correct({"answer": "Yes."})
        session.say("Too long.")
        office.wait(seconds=12)
        session.save(mode="wrong tone")
    (decision,) = office.standing(queue)
    assert (decision.reviewer, decision.run_id, decision.role) == ("ada", run_id(1), "review")
    assert (decision.verdict, decision.mode, decision.answers) == ("reject", "wrong tone", {"tone": 4})
    assert (decision.correction, decision.comment) == ({"answer": "Yes."}, "Too long.")
    assert (decision.seconds, len(decision.rubric)) == (12, 12)
    kept = office.queues.folder(queue) / "rubrics" / f"{decision.rubric}.json"
    assert "tone" in kept.read_text()


def test_the_answer_as_it_was_is_no_correction(office: Office) -> None:
    queue = office.queue(1)
    with office.review(queue) as session:
        assert session.current is not None
        session.correct(dict(session.current.material.outputs))
        session.save("reject")
    assert office.standing(queue)[0].correction is None


def test_what_makes_no_sense_is_refused_and_nothing_is_lost(office: Office) -> None:
    queue = office.queue(1, rubric_items=RUBRIC)
    with office.review(queue) as session:
        with pytest.raises(ArgumentError, match=r"Not answered yet: tone\."):
            session.save("accept")
        with pytest.raises(ArgumentError, match=r"no item 'tune'\. Did you mean 'tone'"):
            session.answer("tune", 1)
        with pytest.raises(ArgumentError, match="'tone' takes"):
            session.answer("tone", 7)
        session.answer("tone", 1)
        with pytest.raises(ArgumentError, match=r"no failure mode 'rong tone'\. Did you mean 'wrong tone'"):
            session.save(mode="rong tone")
        with pytest.raises(ArgumentError, match="accepted has no failure mode"):
            session.save("accept", mode="wrong tone")
        assert session.current is not None
        assert session.current.answers == {"tone": 1}
    plain = office.queues.create("plain")
    office.queues.items(plain).add([{"run_id": run_id(1)}])
    with office.review(plain) as session:
        with pytest.raises(ArgumentError, match="Nothing is said of this item yet"):
            session.save()
        session.say("See ticket 12.")
        session.save()
    assert office.standing(plain)[0].verdict is None


def test_undo_goes_back_through_answers_skips_and_sessions(office: Office) -> None:
    queue = office.queue(4, rubric_items=[{"feedback_key": "tone", "scale": [1, 5]}])
    with office.review(queue) as session:
        first = current(session)
        session.answer("tone", 2)
        session.save("accept")
        second = current(session)
        session.skip()
        third = current(session)
        session.answer("tone", 5)
        session.answer("tone", 4)
    with office.review(queue) as session:
        assert current(session) == third
        assert session.undo()
        assert session.current is not None
        assert session.current.answers == {"tone": 5}
        assert session.undo()
        assert session.current.answers == {}
        assert session.undo()  # the decision of the session before
        assert current(session) == first
        assert session.current.answers == {"tone": 2}
        assert office.standing(queue) == []
        assert [withdrawn for _, withdrawn in office.published] == [False, True]
        session.save("reject")
        assert current(session) != second  # it comes last
        session.skip()
        before = current(session)
        assert session.undo()
        assert current(session) != before
    assert [decision.verdict for decision in office.standing(queue)] == ["reject"]


def test_what_was_said_of_a_skipped_item_comes_back_with_it(office: Office) -> None:
    queue = office.queue(3, rubric_items=[{"feedback_key": "tone", "scale": [1, 5]}])
    with office.review(queue) as session:
        first = current(session)
        session.answer("tone", 2)
        session.say("Too short.")
        session.skip()
        (told,) = session.take_notices()
        assert told.endswith("is dropped. Undo brings it back.")
        session.skip()
        assert session.take_notices() == []
        assert session.undo()
        assert session.undo()
        assert session.current is not None
        assert current(session) == first
        assert (session.current.answers, session.current.comment) == ({"tone": 2}, "Too short.")
        assert session.undo()
        assert (session.current.answers, session.current.comment) == ({"tone": 2}, None)


def test_whoever_jumps_is_told_what_is_dropped(office: Office) -> None:
    queue = office.queue(3, rubric_items=[{"feedback_key": "tone", "scale": [1, 5]}])
    with office.review(queue) as session:
        session.jump("2")
        assert session.take_notices() == []
        session.answer("tone", 2)
        session.jump("3")
        (told,) = session.take_notices()
        assert told.endswith("is dropped. It wasn't saved.")


def test_progress_is_the_reviewers_own(office: Office) -> None:
    queue = office.queue(2, overlap=1)
    with office.review(queue) as session:
        session.save("accept")
        assert (session.progress.done, session.progress.done_for_me) == (0, 1)


def test_there_is_an_end_to_undoing(office: Office) -> None:
    queue = office.queue(1)
    with office.review(queue) as session:
        assert not session.undo()
        session.save("accept")
        assert session.undo()
        assert not session.undo()
        assert session.current is not None


def test_skipped_items_come_last_also_in_the_next_session(office: Office) -> None:
    queue = office.queue(3)
    with office.review(queue) as session:
        skipped = current(session)
        session.skip()
        session.save("accept")
    with office.review(queue) as session:
        assert finish(session)[-1] == skipped


def test_one_jumps_by_number_id_and_words(office: Office) -> None:
    queue = office.queue(12)
    with office.review(queue) as session:
        assert session.current is not None
        home = session.current.number
        session.jump("question 11")
        assert current(session) == run_id(11)
        session.jump(str(home))
        assert session.current.number == home
        session.jump(run_id(7)[:-1] + "7")
        assert current(session) == run_id(7)
        with pytest.raises(NotFoundError, match="12 items of the queue begin with '019a0000'"):
            session.jump("019a0000")
        with pytest.raises(NotFoundError, match=r"There is no item 99: the queue has the numbers 1 to 12\."):
            session.jump("99")
        with pytest.raises(
            NotFoundError, match=r"has 'qestion 3\?' in its question.* Did you mean 'Question 3\?'"
        ):
            session.jump("qestion 3?")
        assert current(session) == run_id(7)
        session.save("accept")
        with pytest.raises(ConflictError, match="You have answered run 019a0000…0007 already"):
            session.jump("question 7")


def test_words_are_looked_for_in_the_first_items_alone(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_llmobs.review.working.jumping.MOST_READ", 2)
    queue = office.queue(4)
    with office.review(queue) as session:
        with pytest.raises(
            NotFoundError, match=r"^None of the first 2 items of 4 has 'parcel' in its question"
        ):
            session.jump("parcel")
        session.jump(run_id(3))  # by its id each can be found
        assert current(session) == run_id(3)


def test_progress_counts_the_queue_and_the_day(office: Office) -> None:
    queue = office.queue(4)
    with office.review(queue) as session:
        session.save("accept")
        office.wait(days=1)
        session.save("accept")
        progress = session.progress
        assert (progress.done, progress.left, progress.total, progress.mine_today) == (2, 2, 4, 1)


def test_a_clock_that_goes_back_changes_no_order(office: Office) -> None:
    queue = office.queue(3)
    with office.review(queue) as session:
        session.save("accept")
        last = current(session)
        office.time = MONDAY.replace(year=2020)
        session.save("accept")
        session.undo()
        assert current(session) == last


def test_items_that_come_while_one_reviews_are_reviewed_too(office: Office) -> None:
    queue = office.queue(1)
    office.write(range(2, 4))
    with office.review(queue) as session:
        office.queues.items(queue).add([{"run_id": run_id(2)}, {"run_id": run_id(3)}])
        assert len(finish(session)) == 3


def test_a_second_terminal_is_told_so(office: Office) -> None:
    queue = office.queue()
    with (
        office.review(queue),
        pytest.raises(ConflictError, match="'ada' reviews 'refunds' in another terminal"),
    ):
        office.review(queue)
    office.review(queue).close()


@pytest.mark.parametrize("name", ["a/../b", "🦊 Füchsin", "x" * 300, ".."])
def test_names_of_reviewers_may_be_any_text(office: Office, name: str) -> None:
    queue = office.queue(2)
    with office.review(queue, name) as session:
        session.say("hm")
    with office.review(queue, name) as session:
        assert session.current is not None
        assert session.current.comment == "hm"
        session.save("accept")
    assert office.standing(queue)[0].reviewer == name
