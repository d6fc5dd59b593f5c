from __future__ import annotations

from typing import Any

import pytest

from pytest_llmobs.curation.candidates import Candidate
from pytest_llmobs.curation.modes import Choice, Group, choose, describe, grouped
from tests.unit.curation.runs import failed, make_run, say

ASKED = "Where is it?"


def group(*members: Candidate, terms: tuple[str, ...] = ("refund", "card"), odd: int | None = None) -> Group:
    return Group(terms, members, members, None if odd is None else members[odd])


def happened(*runs: Any) -> Any:
    members = [Candidate(run) for run in runs]
    return describe(group(*members), Choice(members, 0, 0, 0, 0), ("user_id", "user")).recurrence


def ids(choice: Choice) -> list[str]:
    return [candidate.run.id for candidate in choice.taken]


def test_within_a_day_it_is_one_incident_and_over_days_it_recurs() -> None:
    assert happened(make_run(0, ASKED)).kind == "once"
    assert happened(make_run(0, ASKED), make_run(1, ASKED, hours=23)).kind == "one incident"
    recurring = happened(make_run(0, ASKED), make_run(1, ASKED, hours=30), make_run(2, ASKED, hours=31))
    assert (recurring.kind, recurring.days, recurring.runs) == ("recurring", 2, 3)


def test_whom_it_happened_to_is_counted_where_the_metadata_say_so() -> None:
    runs = [
        make_run(0, ASKED, metadata={"user_id": 7, "session_id": "a"}),
        make_run(1, ASKED, metadata={"user": "7", "thread_id": "b"}, hours=50),
        make_run(2, ASKED, metadata={"session_id": "a"}),
    ]
    assert (happened(*runs).users, happened(*runs).sessions, happened(*runs).kind) == (1, 2, "one user")
    assert happened(make_run(0, ASKED)).users is None
    assert happened(make_run(0, ASKED), make_run(1, ASKED, hours=50)).kind == "recurring"


def test_the_means_of_feedback_and_the_errors_are_told() -> None:
    members = [
        Candidate(failed(0, ASKED), [say(score=0.2), say("tone", value="rude", minute=1)]),
        Candidate(failed(1, ASKED), [say(score=False), say("tone", value="rude", comment="!")]),
        Candidate(failed(2, ASKED, "Timeout: 7 s"), [say("tone", value="fine")]),
    ]
    mode = describe(group(*members), Choice((), 0, 0, 0, 3), ())
    assert mode.feedback["user_rating"].avg == pytest.approx(0.1)
    assert (mode.feedback["tone"].avg, mode.feedback["tone"].values) == (None, {"rude": 2, "fine": 1})
    assert mode.feedback["tone"].comments == 1
    assert list(mode.errors.items()) == [("ValueError: no order", 2), ("Timeout: 7 s", 1)]


def test_a_cluster_is_called_by_its_terms_and_the_rest_by_what_it_is() -> None:
    member = Candidate(make_run(0, ASKED))
    assert group(member, terms=("a", "b", "c", "d")).name == "a, b, c"
    assert group(member, terms=()).name == "unclustered"


def test_three_are_typical_and_the_odd_one_is_told_unless_it_is_among_them() -> None:
    members = [Candidate(make_run(number, f"{ASKED} {number}")) for number in range(5)]
    mode = describe(group(*members, odd=4), Choice((), 0, 0, 0, 5), ())
    assert [text.id for text in mode.typical] == ["run-0", "run-1", "run-2"]
    assert mode.odd is not None
    assert mode.odd.id == "run-4"
    assert describe(group(*members[:3], odd=2), Choice((), 0, 0, 0, 3), ()).odd is None


def test_what_is_there_takes_room_under_the_cap() -> None:
    members = [Candidate(make_run(number, f"{ASKED} {number}")) for number in range(6)]
    choice = choose(group(*members), {"run-1", "run-5"}, (), {"run-0"}, 4)
    assert (ids(choice), choice.there, choice.leaking, choice.over_cap) == (["run-2", "run-3"], 2, 1, 1)
    assert ids(choose(group(*members), {"run-1", "run-5"}, (), (), 2)) == []
    assert len(ids(choose(group(*members), (), (), (), 0))) == 6


def test_what_a_user_corrected_comes_first() -> None:
    members = [Candidate(make_run(number, ASKED)) for number in range(3)]
    members.append(Candidate(make_run(3, ASKED), [say("correction", correction="At noon.")]))
    assert ids(choose(group(*members), (), (), (), 2)) == ["run-3", "run-0"]


def test_one_text_that_comes_again_and_again_is_a_cluster() -> None:
    loud = Candidate(failed(0, "The mail to reset my password does not arrive", "KeyError: 'mail'"))
    others = [Candidate(make_run(number, question)) for number, question in enumerate(("Thanks!", ASKED), 1)]
    again = [Candidate(failed(number, loud.text, "KeyError: 'mail'")) for number in range(10, 15)]
    first, *rest = grouped([loud, *others], {loud.id: again}, None)
    assert (first.members, len(first.everybody)) == ([loud], 6)
    assert first.terms
    assert [group.name for group in rest] == ["unclustered"]
