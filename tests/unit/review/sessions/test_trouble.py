"""Runs are purged, queues renamed, disks refuse, processes die: answers stay, and the reviewer is told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_llmobs.errors import ConflictError, NotFoundError, StoreError
from pytest_llmobs.retention.places.lines import overwrite
from pytest_llmobs.review.rubric.versions import read_rubric, rubric_version
from tests.unit.review.sessions.conftest import Office, run_id
from tests.unit.review.sessions.test_reviewing import RUBRIC, current, finish


def purge(office: Office, id: str) -> None:
    """Overwrite the lines of a run as a purge does."""
    closed = json.dumps({"do": "purged", "at": office.time.isoformat()}).encode()
    for part in office.queues._stored.folder.glob("*/items/*.jsonl"):
        overwrite(part, lambda line: closed if id.encode() in line else None)


def test_a_run_that_is_purged_on_the_screen_is_closed_and_nothing_kept(office: Office) -> None:
    queue = office.queue(2)
    with office.review(queue) as session:
        gone = current(session)
        session.say("private")
        purge(office, gone)
        session.save("accept")
        assert session.take_notices() == [
            f"run {gone[:8]}…{gone[-4:]} was purged: its item is closed, and nothing is kept of it."
        ]
        assert current(session) != gone
        assert finish(session) != []
    assert [decision.run_id for decision in office.standing(queue)] != [gone]
    assert not list(office.queues.folder(queue).glob("drafts/*"))


def test_a_purge_is_seen_although_others_add_at_the_same_moment(office: Office) -> None:
    queue = office.queue(2)
    with office.review(queue) as session:
        gone = current(session)
        purge(office, gone)
        office.queues.items(queue).add([{"run_id": run_id(77)}])
        session.save("accept")
        assert "was purged" in session.take_notices()[0]
    assert gone not in {decision.run_id for decision in office.standing(queue)}


def test_a_run_that_isnt_in_the_store_is_passed_over(office: Office) -> None:
    queue = office.queue(1)
    office.queues.items(queue).add([{"run_id": run_id(50)}])
    with office.review(queue) as session:
        assert finish(session) == [run_id(1)]
        assert session.take_notices() == [
            "run 019a0000…0032 isn't in the store: it was purged, or comes from another one."
        ]


def test_an_item_that_is_taken_out_on_the_screen_keeps_its_answer(office: Office) -> None:
    queue = office.queue(2)
    with office.review(queue) as session:
        gone = current(session)
        office.queues.items(queue).remove([gone], queue.name)
        session.save("accept")
        assert "was taken out of the queue meanwhile; your answer is kept." in session.take_notices()[0]
        assert finish(session) != [gone]


def test_an_item_that_somebody_sets_to_completed_comes_no_more(office: Office) -> None:
    queue = office.queue(3)
    with office.review(queue) as session:
        items = office.queues.items(queue)
        others = [item.run_id for item in items.all() if item.run_id != current(session)]
        items.set_status(others[0], "completed", queue.name)
        assert others[0] not in finish(session)


def test_a_queue_may_be_renamed_while_it_is_open(office: Office) -> None:
    queue = office.queue(3)
    with office.review(queue) as session:
        session.say("before")
        office.queues.update(queue.id, name="money back")
        assert session.current is not None
        session.say("after")
        assert session.queue.name == "money back"
        session.save("accept")
        assert session.take_notices() == ["The queue 'refunds' is called 'money back' now."]
        finish(session)
    assert len(office.standing(office.queues.find("money back"))) == 3
    assert not (office.queues._stored.folder / "refunds").exists()


def test_answers_keep_the_rubric_that_was_shown_where_another_one_comes_with_a_new_name(
    office: Office,
) -> None:
    queue = office.queue(1, rubric_items=[{"feedback_key": "correct"}])
    with office.review(queue) as session:
        office.queues.update(queue.id, name="money back", rubric_items=[{"feedback_key": "polite"}])
        session.answer("correct", 1)
        session.save("accept")
    (decision,) = office.standing(office.queues.find("money back"))
    assert (decision.rubric, decision.answers) == (rubric_version(queue), {"correct": 1})


def test_an_empty_queue_takes_runs_where_a_copy_of_the_store_left_its_empty_folder_out(
    office: Office,
) -> None:
    queue = office.queues.create("refunds")
    (office.queues.folder(queue) / "items").rmdir()
    added = office.queues.change_items("refunds", lambda items, _: items.add([{"run_id": run_id(1)}]))
    assert [item.run_id for item in added] == [run_id(1)]


def test_a_queue_that_is_deleted_while_it_is_open_says_so(office: Office) -> None:
    queue = office.queue(3)
    with office.review(queue) as session:
        office.queues.delete(queue.id)
        with pytest.raises(NotFoundError, match="The queue 'refunds' was deleted while it was open"):
            session.save("accept")
    assert not (office.queues._stored.folder / "refunds").exists()


def test_a_disk_that_refuses_loses_nothing_that_is_on_the_screen(office: Office) -> None:
    queue = office.queue(2)
    with office.review(queue) as session:
        shown = current(session)
        session.say("important")
        folder = office.queues.folder(queue)
        (folder / "decisions").write_text("in the way")
        with pytest.raises(StoreError, match="Can't write"):
            session.save("accept")
        assert current(session) == shown
        assert session.current is not None
        assert session.current.comment == "important"
        (folder / "decisions").unlink()
        session.save("accept")
    assert office.standing(queue)[0].comment == "important"


def test_a_draft_that_cant_be_written_is_said_once(office: Office) -> None:
    queue = office.queue(1)
    with office.review(queue) as session:
        drafts = office.queues.folder(queue) / "drafts"
        next(drafts.iterdir()).unlink()
        drafts.rmdir()
        drafts.write_text("in the way")
        session.say("a")
        session.say("ab")
        (notice,) = session.take_notices()
        assert notice.startswith("What you say of this item can't be kept until you save it")
        session.save("accept")


def test_feedback_that_fails_is_said_and_the_decision_stays(office: Office) -> None:
    def fail(decision: object, withdrawn: bool) -> None:
        raise StoreError("No room.")

    queue = office.queue(1)
    with office.review(queue, publish=fail) as session:
        session.save("accept")
        assert session.take_notices() == ["It is kept in the queue, but isn't feedback on the run: No room."]
    assert len(office.standing(queue)) == 1


KILLED = """
import os, signal, sys
from pathlib import Path
from pytest_llmobs.review.queues import Queues
from pytest_llmobs.review.sessions import ReviewSession
from pytest_llmobs.storage.store import Store

root, when = Path(sys.argv[1]), sys.argv[2]
queues = Queues(root / "queues")

def publish(decision, withdrawn):
    os.kill(os.getpid(), signal.SIGKILL)

session = ReviewSession.open(queues, queues.find("refunds"), "ada", Store(root), publish=publish)
print(session.current.item.run_id, flush=True)
session.answer("tone", 3)
session.say("in the middle")
if when == "saving":
    session.save("reject", "incomplete")
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(office: Office, when: str) -> str:
    """Return the run that a reviewer had on the screen whose process was killed."""
    command = [sys.executable, "-c", KILLED, str(office.store.root), when]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == -9
    return done.stdout.strip()


def test_one_goes_on_in_the_middle_of_an_item_after_kill_9(office: Office) -> None:
    queue = office.queue(5, rubric_items=RUBRIC)
    office.time = office.time.now(office.time.tzinfo)
    shown = killed(office, "answering")
    with office.review(queue) as session:
        assert current(session) == shown
        assert session.current is not None
        assert (session.current.answers, session.current.comment) == ({"tone": 3}, "in the middle")
        assert session.undo()
        assert session.current.comment is None
        with office.review(queue, "bob") as bob:
            assert current(bob) != shown


def test_a_save_that_kill_9_cut_short_is_finished_by_the_next_session(office: Office) -> None:
    queue = office.queue(5, rubric_items=RUBRIC)
    office.time = office.time.now(office.time.tzinfo)
    shown = killed(office, "saving")
    with office.review(queue) as session:
        assert current(session) != shown
    ((decision, withdrawn),) = office.published
    assert (decision.run_id, decision.mode, withdrawn) == (shown, "incomplete", False)
    assert [kept.id for kept in office.standing(queue)] == [decision.id]
    claims = Path(office.queues.folder(queue) / "claims").iterdir()
    assert not [claim for claim in claims if claim.name.startswith(shown)]


def test_a_claim_that_left_no_draft_comes_back_to_its_reviewer(office: Office) -> None:
    queue = office.queue(1)
    session = office.review(queue)
    session._lock.release()  # as the kernel does when it kills the process
    next((office.queues.folder(queue) / "drafts").iterdir()).unlink()
    with office.review(queue, "bob") as bob:
        assert bob.current is None
    with office.review(queue) as again:
        assert current(again) == run_id(1)
        assert again.take_notices() == []


SCALE_10 = [{"feedback_key": "tone", "scale": [1, 10]}]
SCALE_5 = [{"feedback_key": "tone", "scale": [1, 5]}]


def test_answers_keep_the_version_of_the_rubric_that_was_open(office: Office) -> None:
    queue = office.queue(2, rubric_items=SCALE_10)
    with office.review(queue) as session:
        # the new name makes the session look for its queue again
        office.queues.update("refunds", name="returns", rubric_items=SCALE_5)
        session.answer("tone", 8)
        session.save("accept")
        session.answer("tone", 9)
        session.save("accept")
    first, second = office.standing(office.queues.find("returns"))
    folder = office.queues.folder(office.queues.find("returns"))
    assert first.rubric == second.rubric
    assert [dict(item) for item in read_rubric(folder, first.rubric).rubric_items] == SCALE_10


def test_a_draft_under_an_edited_rubric_keeps_only_what_still_answers_it(office: Office) -> None:
    more = [{"feedback_key": "note", "text": True}]
    queue = office.queue(1, rubric_items=[*SCALE_10, *more])
    with office.review(queue) as session:
        session.answer("tone", 8)
        session.answer("note", "kind")
    office.queues.update("refunds", rubric_items=[*SCALE_5, *more])
    with office.review(queue) as session:
        assert session.take_notices() == ["The rubric was edited: your answer to tone is dropped."]
        assert session.current is not None
        assert session.current.answers == {"note": "kind"}
        session.answer("tone", 5)
        session.save("accept")


def test_jumping_to_what_left_the_queue_says_so(office: Office) -> None:
    queue = office.queue(2)
    with office.review(queue) as session:
        assert session.current is not None
        gone = run_id(1) if current(session) == run_id(2) else run_id(2)
        session.jump("2")
        session.jump("1")
        office.queues.items(queue).remove([gone], queue.name)
        with pytest.raises(ConflictError, match="isn't in the queue any more"):
            session.jump("2")
