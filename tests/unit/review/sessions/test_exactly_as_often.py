"""Reviewers come, go, change their minds and are killed, by chance: each item is answered as often as it needs."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from pytest_llmobs.errors import ConflictError
from pytest_llmobs.feedback.writing import FeedbackWriter
from pytest_llmobs.review.calibration import chosen_already, week_of
from pytest_llmobs.review.overlap import reviewers_needed
from pytest_llmobs.review.sessions import ReviewSession
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from tests.unit.review.sessions.conftest import Office, run_id
from tests.unit.review.sessions.test_reviewing import current, finish

ITEMS, STEPS = 12, 90
REVIEWERS = ("ada", "bob", "cem", "dan", "eve")


def killed(session: ReviewSession) -> None:
    """End a session as kill -9 does: the kernel lets go of its lock, and nothing else happens."""
    session._desk.reader.close()
    session._lock.release()


class Crowd:
    """Reviewers at one queue, and beside it what each of them should have said."""

    def __init__(self, office: Office, seed: int) -> None:
        self.office = office
        self.chance = random.Random(seed)
        self.queue = office.queue(ITEMS, overlap=0.5, calibration=3)
        self.sessions: dict[str, ReviewSession] = {}
        self.said: dict[str, list[str]] = {reviewer: [] for reviewer in REVIEWERS}

    def step(self) -> None:
        self.office.wait(seconds=5)
        reviewer = self.chance.choice(REVIEWERS)
        if reviewer not in self.sessions:
            self.sessions[reviewer] = self.office.review(self.queue, reviewer)
        do = self.chance.choices(["save", "skip", "undo", "jump", "quit", "kill"], [9, 2, 3, 2, 1, 1])[0]
        getattr(self, do)(reviewer, self.sessions[reviewer])
        self.check()

    def save(self, reviewer: str, session: ReviewSession) -> None:
        if session.current is not None:
            self.said[reviewer].append(current(session))
            session.save("accept")

    def skip(self, _: str, session: ReviewSession) -> None:
        if session.current is not None:
            session.skip()

    def undo(self, reviewer: str, session: ReviewSession) -> None:
        before = list(self.office.standing(self.queue))
        session.undo()
        if len(self.office.standing(self.queue)) < len(before):
            assert current(session) == self.said[reviewer].pop()

    def jump(self, _: str, session: ReviewSession) -> None:
        with suppress(ConflictError):
            session.jump(str(self.chance.randint(1, ITEMS)))

    def quit(self, reviewer: str, session: ReviewSession) -> None:
        session.close()
        del self.sessions[reviewer]

    def kill(self, reviewer: str, session: ReviewSession) -> None:
        killed(session)
        del self.sessions[reviewer]

    def check(self) -> None:
        standing = self.office.standing(self.queue)
        expected = sorted((reviewer, run) for reviewer, runs in self.said.items() for run in runs)
        assert sorted((decision.reviewer, decision.run_id) for decision in standing) == expected
        assert len(set(expected)) == len(expected)


@pytest.mark.parametrize("seed", range(6))
def test_each_item_is_answered_exactly_as_often_as_it_needs(office: Office, seed: int) -> None:
    crowd = Crowd(office, seed)
    for _ in range(STEPS):
        crowd.step()
    for session in crowd.sessions.values():
        session.close()
    office.wait(minutes=11)
    for reviewer in REVIEWERS:
        with office.review(crowd.queue, reviewer) as session:
            crowd.said[reviewer] += finish(session)
    crowd.check()
    of_all = set(chosen_already(office.queues.folder(crowd.queue), week_of(office.time)))
    assert len(of_all) == 3
    for number in range(1, ITEMS + 1):
        times = sum(runs.count(run_id(number)) for runs in crowd.said.values())
        needed = len(REVIEWERS) if run_id(number) in of_all else reviewers_needed(crowd.queue, run_id(number))
        assert times == needed


def test_a_decision_that_is_taken_back_leaves_one_place_not_two(office: Office) -> None:
    queue = office.queue(1, overlap=1.0)
    with office.review(queue, "ada") as ada, office.review(queue, "bob") as bob:
        ada.save("accept")
        bob.save("reject")
        assert ada.undo()
        with office.review(queue, "cem") as cem:
            assert cem.current is None
        ada.skip()
        ada.close()
        with office.review(queue, "cem") as cem, office.review(queue, "dan") as dan:
            assert (cem.current is None, dan.current) == (False, None)


def test_who_is_killed_as_they_take_a_decision_back_finds_it_taken_back(office: Office) -> None:
    queue = office.queue(1)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    session = office.review(queue, publish=lambda _, withdrawn: die() if withdrawn else None)
    session.say("too long")
    session.save("reject")
    with pytest.raises(KeyboardInterrupt):
        session.undo()
    killed(session)
    with office.review(queue) as again:
        assert [withdrawn for _, withdrawn in office.published] == [True]
        assert again.current is not None
        assert again.current.comment == "too long"
    assert office.standing(queue) == []
    with office.review(queue):
        assert len(office.published) == 1


def test_a_slot_of_somebody_who_never_comes_back_is_free_after_the_lease(office: Office) -> None:
    queue = office.queue(1)
    session = office.review(queue)
    session.save("accept")
    session.undo()
    killed(session)
    office.wait(minutes=11)
    with office.review(queue, "bob") as bob:
        assert bob.current is not None


def test_two_sessions_of_one_reviewer_save_one_answer(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a disk without locks, which two machines share
    monkeypatch.setattr("pytest_llmobs.review.working.reviewer_lock.locks.claim", lambda _: True)
    queue = office.queue(1)
    with office.review(queue) as here:
        here.say("mine")
        with office.review(queue) as there:
            assert current(here) == current(there)
            assert there.save("accept")
        assert not here.save("reject")
        assert "answered run 019a0000…0001 elsewhere" in here.take_notices()[0]
    assert [decision.verdict for decision in office.standing(queue)] == ["accept"]


def test_a_lost_lease_is_told_as_soon_as_something_is_done(office: Office) -> None:
    queue = office.queue(1)
    with office.review(queue) as ada:
        office.time += timedelta(minutes=11)
        with office.review(queue, "bob"):
            ada.renew()
            (notice,) = ada.take_notices()
            assert notice.startswith("Your lease on run 019a0000…0001 ran out, and bob has had it since")
            ada.save("accept")
            assert ada.take_notices() == []


def test_an_adjudicator_sees_disagreements_that_come_up_meanwhile(office: Office) -> None:
    queue = office.queue(2, overlap=1.0)

    def both_say(target: str) -> None:
        for reviewer, verdict in (("ada", "accept"), ("bob", "reject")):
            with office.review(queue, reviewer) as session:
                session.jump(target)
                session.save(verdict)  # type: ignore[arg-type]

    both_say(run_id(1))
    with office.review("refunds:disagreements", "eve") as eve:
        both_say(run_id(2))
        # whatever looks at the log first
        eve._desk.open.decisions.of(run_id(1))
        eve.save("accept")
        assert current(eve) == run_id(2)


def test_secrets_are_kept_nowhere(office: Office, tmp_path: Path) -> None:
    queue = office.queue(1, rubric_items=[{"feedback_key": "why", "text": True}])

    def clean(value: object) -> object:
        return str(value).replace("k-123", "<key>") if isinstance(value, str) else {"answer": "<key>"}

    with office.review(queue, clean=clean) as session:
        session.say("it says k-123")
        session.answer("why", "k-123")
        session.correct({"answer": "k-123"})
        session.save("reject")
    (decision,) = office.standing(queue)
    assert (decision.comment, decision.correction) == ("it says <key>", {"answer": "<key>"})
    assert decision.answers == {"why": "<key>"}
    for file in tmp_path.rglob("*.json*"):
        assert b"k-123" not in file.read_bytes()


def test_only_who_isnt_blind_sees_what_others_said(office: Office) -> None:
    queue = office.queue(1, overlap=1.0)
    writer = FeedbackWriter(office.store.feedback, Redaction())
    writer.create("judge", run_id=run_id(1), score=0.25, comment="too long", source_type="model")
    with office.review(queue) as ada:
        assert ada.current is not None
        assert ada.current.material.others == {}
    with office.review(queue, "bob", blind=False) as bob:
        assert bob.current is not None
        assert bob.current.material.others["feedback"] == ["judge: 0.25, too long (model)"]
