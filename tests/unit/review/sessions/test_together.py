"""Several reviewers at once: nobody gets what somebody has, and nobody's answer is lost."""

from __future__ import annotations

from tests.unit.review.sessions.conftest import Office, run_id
from tests.unit.review.sessions.test_reviewing import current, finish


def test_two_reviewers_never_have_the_same_item(office: Office) -> None:
    queue = office.queue(6)
    with office.review(queue, "ada") as ada, office.review(queue, "bob") as bob:
        seen = []
        for session in (ada, bob) * 3:
            assert current(ada) != current(bob)
            seen.append(current(session))
            session.save("accept")
            if ada.current is None or bob.current is None:
                break
    finish(office.review(queue, "cem"))
    runs = [decision.run_id for decision in office.standing(queue)]
    assert sorted(runs) == [run_id(number) for number in range(1, 7)]


def test_the_last_item_is_somebody_elses_until_their_lease_ends(office: Office) -> None:
    queue = office.queue(1)
    with office.review(queue, "ada"), office.review(queue, "bob") as bob:
        assert bob.current is None
        ends = office.time.astimezone().replace(minute=10)
        assert bob.why_empty == (
            f"Others have the last 1 item of 'refunds' just now; the first lease ends at {ends:%H:%M}."
        )


def test_a_stolen_lease_is_announced_to_both_and_both_answers_stay(office: Office) -> None:
    queue = office.queue(1)
    with office.review(queue, "ada") as ada:
        ada.say("wait")
        office.wait(minutes=11)
        with office.review(queue, "bob") as bob:
            since = office.time.astimezone().replace(minute=0)
            (notice,) = bob.take_notices()
            assert notice == f"ada has had this item since {since:%H:%M}; the lease ran out, it is yours now."
            ada.save("reject")
            (notice,) = ada.take_notices()
            assert notice.startswith("Your lease on run 019a0000…0001 ran out, and bob has had it since")
            assert notice.endswith("Your answer is kept beside theirs.")
            bob.save("accept")
    verdicts = {decision.reviewer: decision.verdict for decision in office.standing(queue)}
    assert verdicts == {"ada": "reject", "bob": "accept"}


def test_who_comes_back_from_lunch_hears_that_it_was_answered(office: Office) -> None:
    queue = office.queue(2)
    with office.review(queue, "ada") as ada:
        office.wait(minutes=30)
        with office.review(queue, "bob") as bob:
            finish(bob)
        ada.save("accept")
        (notice,) = ada.take_notices()
        assert "ran out, and bob answered it meanwhile. Your answer is kept beside theirs." in notice
        assert ada.current is None
    assert len(office.standing(queue)) == 3


def test_activity_renews_the_lease(office: Office) -> None:
    queue = office.queue(1)
    with office.review(queue, "ada") as ada:
        for _ in range(5):
            office.wait(minutes=9)
            ada.renew()
        with office.review(queue, "bob") as bob:
            assert bob.current is None


def test_a_clock_that_was_ahead_holds_nothing_for_long(office: Office) -> None:
    queue = office.queue(1)
    office.wait(days=3)
    with office.review(queue, "ada"):
        office.wait(days=-3)
        with office.review(queue, "bob") as bob:
            assert bob.current is not None


def test_who_quits_gives_the_item_back_but_not_what_they_began(office: Office) -> None:
    queue = office.queue(1)
    office.review(queue, "ada").close()
    with office.review(queue, "bob") as bob:
        assert bob.current is not None
        assert bob.take_notices() == []
        bob.say("I was here")
    with office.review(queue, "ada") as ada:
        assert ada.current is None
    with office.review(queue, "bob") as bob:
        assert bob.current is not None
        assert bob.current.comment == "I was here"


def test_a_draft_of_an_item_that_others_answered_is_dropped_and_said(office: Office) -> None:
    queue = office.queue(1)
    with office.review(queue, "ada") as ada:
        ada.say("half")
    office.wait(minutes=11)
    with office.review(queue, "bob") as bob:
        bob.save("accept")
    with office.review(queue, "ada") as ada:
        assert ada.current is None
        (notice,) = ada.take_notices()
        assert notice.startswith("Others have run 019a0000…0001 now, or have answered it")


def test_overlap_is_seen_by_two_and_never_twice_by_one(office: Office) -> None:
    queue = office.queue(40, overlap=0.5)
    with office.review(queue, "ada") as ada:
        assert len(finish(ada)) == 40
        assert "of 'refunds' wait for others." in ada.why_empty
    with office.review(queue, "bob") as bob:
        second = finish(bob)
    with office.review(queue, "cem") as cem:
        assert cem.current is None
    assert 10 < len(second) < 30
    assert len(office.standing(queue)) == 40 + len(second)


def test_two_may_have_an_overlap_at_once_and_a_third_not(office: Office) -> None:
    queue = office.queue(1, overlap=1.0)
    with office.review(queue, "ada") as ada, office.review(queue, "bob") as bob:
        assert current(ada) == current(bob)
        with office.review(queue, "cem") as cem:
            assert cem.current is None
        ada.save("accept")
        # ada's place stays taken: the other one is bob's
        with office.review(queue, "cem") as cem:
            assert cem.current is None
        assert ada.undo()
        ada.save("reject")
        bob.save("accept")
    assert len(office.standing(queue)) == 2


def test_what_is_undone_after_somebody_took_it_is_shown_with_a_word(office: Office) -> None:
    queue = office.queue(1)
    with office.review(queue, "ada") as ada:
        office.wait(minutes=11)
        with office.review(queue, "bob") as bob:
            ada.save("accept")
            ada.take_notices()
            assert ada.undo()
            assert current(ada) == current(bob)
            (notice,) = ada.take_notices()
            assert notice.startswith("bob has had this item since")
            ada.save("reject")
            bob.save("accept")
    assert len(office.standing(queue)) == 2


def test_what_was_skipped_is_theirs_who_took_it(office: Office) -> None:
    queue = office.queue(2)
    with office.review(queue, "ada") as ada:
        skipped = current(ada)
        ada.skip()
        with office.review(queue, "bob") as bob:
            assert current(bob) == skipped
            ada.take_notices()
            assert ada.undo() == skipped
            assert current(ada) != skipped
            (notice,) = ada.take_notices()
            assert notice.startswith("bob has run 019a0000…")
            bob.save("accept")
            ada.save("accept")
    assert len(office.standing(queue)) == 2


def test_the_calibration_set_of_a_week_is_chosen_once_and_seen_by_all(office: Office) -> None:
    queue = office.queue(30, calibration=5)
    sets = []
    for reviewer in ("ada", "bob"):
        with office.review(queue, reviewer) as session:
            runs = []
            for _ in range(5):
                runs.append(current(session))
                assert session.current is not None
                assert session.current.peers == ()
                session.save("accept")
            sets.append(set(runs))
    assert sets[0] == sets[1]
    office.wait(days=7)
    with office.review(queue, "cem") as session:
        assert current(session) not in sets[0]
    assert len(list((office.queues.folder(queue) / "calibration").glob("*.json"))) == 2


def test_a_calibration_set_that_began_short_is_filled_up_as_runs_come(office: Office) -> None:
    queue = office.queue(1, calibration=3)
    with office.review(queue, "ada") as session:
        session.save("accept")
        assert session.current is None
    office.queues.items(queue).add([{"run_id": id} for id in office.write(range(2, 12))])
    sets = []
    for reviewer, items in (("bob", 3), ("cem", 3), ("ada", 2)):
        with office.review(queue, reviewer) as session:
            runs = []
            for _ in range(items):
                runs.append(current(session))
                session.save("accept")
            sets.append(set(runs))
    assert sets[0] == sets[1] == sets[2] | {run_id(1)}


def test_a_disagreement_goes_to_an_adjudicator_who_sees_both(office: Office) -> None:
    queue = office.queue(2, overlap=1.0)
    for reviewer, verdict in (("ada", "accept"), ("bob", "reject")):
        with office.review(queue, reviewer) as session:
            session.jump(run_id(1))
            session.say(f"{reviewer}'s reason")
            session.save(verdict)  # type: ignore[arg-type]
            session.save("accept")
    with (
        office.review("refunds:disagreements", "eve") as eve,
        office.review("refunds:disagreements", "dan") as dan,
    ):
        assert eve.current is not None
        assert [peer.comment for peer in eve.current.peers] == ["ada's reason", "bob's reason"]
        assert dan.current is None
        assert dan.why_empty.startswith("Others have the last 1 item of 'refunds:disagreements' just now")
        eve.save("reject")
        assert eve.why_empty == "All done: 1 item of 'refunds:disagreements'."
        assert eve.undo()
        eve.save("accept")
    roles = [decision.role for decision in office.standing(queue)]
    assert sorted(roles) == ["adjudication", "review", "review", "review", "review"]
    with office.review("refunds:disagreements", "dan") as dan:
        assert (dan.current, dan.progress.done) == (None, 1)
