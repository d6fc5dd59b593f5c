"""What reviewers said of a person's runs goes, and so does the name of a reviewer who is the person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.client.client import Client
from pytest_llmobs.retention.places import PLACES
from pytest_llmobs.retention.places.base import Finding, Place
from pytest_llmobs.retention.subjects import Sought, example_of
from pytest_llmobs.retention.territory import Territory
from pytest_llmobs.review.assigning.claims import Claims
from pytest_llmobs.review.log.decisions import Decisions
from pytest_llmobs.review.log.parts import LogPart
from pytest_llmobs.review.queues import Queues
from pytest_llmobs.review.records import Decision
from tests.unit.retention.conftest import ANN, OTHER_RUN, RUN, noon

QUEUE = "refunds"


@pytest.fixture
def queue(territory: Territory) -> Path:
    """A queue with both runs in it."""
    queues = Queues(territory.store.root / "queues")
    queues.items(queues.create(QUEUE)).add([{"run_id": RUN}, {"run_id": OTHER_RUN}])
    return territory.store.root / "queues" / QUEUE


def log(queue: Path) -> Decisions:
    return Decisions(queue, LogPart(), noon)


def decision(run_id: str, reviewer: str, **given: Any) -> Decision:
    id = f"{run_id[-1]}-{len(reviewer)}"
    return Decision(id=id, run_id=run_id, reviewer=reviewer, at=noon(), rubric="0" * 12, **given)


def place(name: str) -> Place:
    (named,) = (place for place in PLACES if place.name == name)
    return named


def erased(name: str, sought: Sought, territory: Territory) -> Finding:
    """Erase what a place holds; it is found before, and not afterwards."""
    (finding,) = place(name).find(sought, territory)
    place(name).erase(sought, territory)
    assert list(place(name).find(sought, territory)) == []
    return finding


def texts(folder: Path) -> Iterator[str]:
    return (path.read_text() for path in folder.rglob("*") if path.is_file())


def test_what_was_said_of_an_erased_run_goes_and_the_rest_stays(
    queue: Path, sought: Sought, territory: Territory
) -> None:
    decisions = log(queue)
    said = decision(RUN, "ben", verdict="reject", mode="wrong fact", comment="She was charged twice.")
    decisions.decide(said)
    decisions.withdraw(said)
    decisions.skip(RUN, "cleo")
    kept = decision(OTHER_RUN, "ben", verdict="accept")
    decisions.decide(kept)

    finding = erased("decisions", sought, territory)

    assert (finding.number, finding.unit) == (3, "line")
    assert list(log(queue).standing()) == [kept]
    assert not any(RUN in text or "charged" in text for text in texts(queue / "decisions"))


def test_a_purged_reviewer_loses_the_name_and_no_word(
    queue: Path, sought: Sought, territory: Territory
) -> None:
    decisions = log(queue)
    decisions.decide(decision(OTHER_RUN, ANN, verdict="reject", comment="No."))
    decisions.decide(decision(OTHER_RUN, "ben", verdict="accept"))
    decisions.skip(OTHER_RUN, ANN)
    another = log(queue)  # a second process, so a second part
    another.decide(replace(decision(OTHER_RUN, ANN), id="later", verdict="accept"))

    erased("decisions", sought, territory)

    standing = log(queue).standing()
    assert {one.reviewer for one in standing} == {"ben", "gone-1"}
    assert {one.id for one in standing if one.reviewer == "gone-1"} == {f"2-{len(ANN)}", "later"}
    assert not any(ANN in text for text in texts(queue / "decisions"))


def test_feedback_stays_without_the_name_of_who_gave_it(sought: Sought, territory: Territory) -> None:
    store = territory.store
    client = Client(store=store.root)
    for run_id, who in ((OTHER_RUN, ANN), (OTHER_RUN, f"{ANN}2"), (RUN, ANN)):
        client.create_feedback(
            run_id=run_id, key="review", score=1, source_info={"reviewer": who, "queue": 'of "Jülich"'}
        )
    client.store.feedback.close()
    store.seal()

    finding = erased("sources", sought, territory)

    assert (finding.number, finding.unit, len(finding.files)) == (1, "event", 1)
    rows = store.feedback.current(columns=["run_id", "score", "source_info"]).to_pylist()
    named = [(row["run_id"], json.loads(row["source_info"]).get("reviewer"), row["score"]) for row in rows]
    # what is said of an erased run goes as a whole, with the run
    assert sorted(named, key=str) == [(RUN, ANN, 1), (OTHER_RUN, f"{ANN}2", 1), (OTHER_RUN, None, 1)]
    assert all(json.loads(row["source_info"])["queue"] == 'of "Jülich"' for row in rows)


def test_two_purged_reviewers_stay_two_and_a_short_name_has_room(
    queue: Path, sought: Sought, territory: Territory
) -> None:
    decisions = log(queue)
    for name in (ANN, "b"):
        decisions.decide(decision(OTHER_RUN, name, verdict="accept"))
        decisions.skip(OTHER_RUN, name)
    person = sought.person
    assert person is not None

    erased("decisions", sought, territory)
    erased("decisions", replace(sought, subject=replace(person, user="b")), territory)

    assert {one.reviewer for one in log(queue).standing()} == {"gone-1", "gone-2"}


def test_who_is_merely_written_about_stays(queue: Path, sought: Sought, territory: Territory) -> None:
    kept = decision(OTHER_RUN, "ben", verdict="reject", comment=f"As {ANN} said.")
    log(queue).decide(kept)

    assert list(place("decisions").find(sought, territory)) == []
    place("decisions").erase(sought, territory)
    assert list(log(queue).standing()) == [kept]


def test_reviews_under_way_go_with_the_run_or_the_reviewer(
    queue: Path, sought: Sought, territory: Territory
) -> None:
    keep(queue / "drafts" / "ben.json", {"run_id": RUN, "comment": "She was"})
    keep(queue / "drafts" / f"{ANN}.json", {"run_id": OTHER_RUN})
    keep(queue / "drafts" / "cleo.json", {"run_id": OTHER_RUN})
    keep(queue / "reviewers" / f"{ANN}.lock", "")

    assert erased("reviews under way", sought, territory).number == 3
    left = {path.name for path in queue.rglob("*") if path.parent.name in ("drafts", "reviewers")}
    assert left == {"cleo.json"}


def test_claims_of_the_run_go_and_those_of_the_reviewer_keep_their_lease(
    queue: Path, sought: Sought, territory: Territory
) -> None:
    ben, ann = Claims(queue, "ben", "s1", noon), Claims(queue, ANN, "s2", noon)
    assert ben.take(RUN, ["0"]) is not None
    assert ann.take(OTHER_RUN, ["0"]) is not None
    (own,) = (queue / "claims").glob(f"{OTHER_RUN}-*")
    lease = own.stat().st_mtime_ns

    assert erased("claims", sought, territory).number == 2

    assert [path.name for path in (queue / "claims").iterdir()] == [own.name]
    assert own.stat().st_mtime_ns == lease
    assert ANN not in own.read_text()
    assert ben.take(OTHER_RUN, ["0"]) is None, "she still has it"


def test_a_weekly_set_loses_the_run(queue: Path, sought: Sought, territory: Territory) -> None:
    week = queue / "calibration" / "2026-W49.json"
    keep(week, {"runs": [OTHER_RUN, RUN]})

    assert erased("calibration sets", sought, territory).number == 1
    assert json.loads(week.read_text()) == {"runs": [OTHER_RUN]}
    assert week.stat().st_mode & 0o777 == 0o600


def test_an_example_is_not_its_reviewers(sought: Sought) -> None:
    row = {"id": "lamp", "inputs": {"question": "Does it come with a bulb?"}}

    assert not sought.takes(example_of({**row, "metadata": {"reviewer": ANN}}))
    assert sought.takes(example_of({**row, "metadata": {"customer": ANN}}))


def keep(path: Path, value: object) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value))
