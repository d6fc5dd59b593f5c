"""Each place finds what is a person's, takes it out, and leaves everybody else's as it was."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pytest_llmobs.baselines.file import load_baseline, save_baseline
from pytest_llmobs.baselines.records import Baseline, BaselineRow, BaselineSession
from pytest_llmobs.baselines.texts import ExampleTexts, TextStore
from pytest_llmobs.datasets.base import Row
from pytest_llmobs.experiments.documents import experiment_from_dict, experiment_to_dict
from pytest_llmobs.experiments.evaluation.journal import Journal, read_journal
from pytest_llmobs.records.decisions import Decision, ExampleRow
from pytest_llmobs.records.examples import Example
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan
from pytest_llmobs.records.trials import Trial, TrialScore
from pytest_llmobs.retention.places import PLACES
from pytest_llmobs.retention.places.base import Finding, Place
from pytest_llmobs.retention.subjects import Age, Sought
from pytest_llmobs.retention.territory import Territory
from pytest_llmobs.review.queues import Queues
from pytest_llmobs.storage import experiment_files
from pytest_llmobs.workspace import Workspace
from tests.unit.retention.conftest import ANN, OTHER_RUN, QUESTION, RUN, noon, write_lines

SUITE = "tests/test_shop.py::test_agent"
BICYCLE = Example("bicycle", {"question": QUESTION})
LAMP = Example("lamp", {"question": "Does the lamp come with a bulb, or is it sold apart?"})


def named(name: str) -> Place:
    (place,) = (place for place in PLACES if place.name == name)
    return place


def found(name: str, sought: Sought, territory: Territory) -> list[Finding]:
    return list(named(name).find(sought, territory))


def erased(name: str, sought: Sought, territory: Territory) -> Finding:
    """Erase what a place holds; it is found before, and not afterwards."""
    (finding,) = found(name, sought, territory)
    named(name).erase(sought, territory)
    assert found(name, sought, territory) == []
    return finding


def trial(example: Example, run_id: str) -> Trial:
    score = TrialScore(score=1.0, comment=f"Answers {example.id} politely.")
    return Trial(
        suite=SUITE,
        example_id=example.id,
        example_hash=example.hash,
        repeat=1,
        nodeid=f"{SUITE}[{example.id}]",
        status="passed",
        run_id=run_id,
        scores={"tone": score},
    )


def experiment() -> Experiment:
    expected = []
    for example in (BICYCLE, LAMP):
        expected.append(
            ExpectedTrial(
                example_id=example.id,
                example_hash=example.hash,
                repeat=1,
                nodeid="x",
                metadata={"user_id": ANN} if example is BICYCLE else {"user_id": "bob"},
            )
        )
    plan = SuitePlan(name=SUITE, path="tests/test_shop.py", expected=tuple(expected), total=2)
    row = ExampleRow(
        suite=SUITE, example_id="bicycle", metric="pass", state="broken", comment="cold", run_id=RUN
    )
    return Experiment(
        name="calm-heron",
        started="2026-11-22T10:00:00+00:00",
        duration=1.0,
        suites=(plan,),
        trials=(trial(BICYCLE, RUN), trial(LAMP, OTHER_RUN)),
        decision=Decision(examples=(row,), notes=("the lamp is new",)),
    )


def test_items_of_queues_are_closed_as_purged_and_others_stay(sought: Sought, territory: Territory) -> None:
    queues = Queues(territory.store.root / "queues")
    queue = queues.create("refunds")
    queues.items(queue).add([{"run_id": RUN}, {"run_id": OTHER_RUN}])
    queues.items(queue).set_status(RUN, "viewed", "refunds")
    (part,) = territory.store.root.glob("queues/*/items/*.jsonl")
    size = part.stat().st_size

    finding = erased("queues", sought, territory)

    assert (finding.number, finding.unit) == (1, "item")
    assert [item.run_id for item in queues.items(queue).all()] == [OTHER_RUN]
    assert RUN not in part.read_text()
    assert '"do": "purged"' in part.read_text()
    assert part.stat().st_size == size, "what somebody appends meanwhile must find its place"
    queues.items(queue).add([{"run_id": "0193f2a0-0000-7000-8000-000000000003"}])
    assert len(queues.items(queue).all()) == 2


def test_a_document_loses_trials_and_keeps_figures_and_checksum(sought: Sought, territory: Territory) -> None:
    store = territory.store
    store.write_experiment("calm-heron", experiment_to_dict(experiment()))
    territory.catalog.now = noon

    assert erased("experiments", sought, territory).number == 1

    path = store.layout.experiment("calm-heron")
    kept = experiment_from_dict(experiment_files.read(path))
    assert [one.example_id for one in kept.trials] == ["lamp"]
    assert [one.example_id for one in kept.suites[0].expected] == ["lamp"]
    assert kept.suites[0].total == 1
    assert not kept.suites[0].partial
    assert kept.decision.examples == ()
    assert kept.decision.notes == ("the lamp is new",)
    assert kept.notes == ("1 trial was erased on 2026-11-30; means are as they were measured",)
    text = path.read_text()
    assert '"checksum"' in text
    for secret in (ANN, RUN, "bicycle"):
        assert secret not in text


def test_the_metadata_of_an_expected_example_may_name_the_person(
    territory: Territory, sought: Sought
) -> None:
    territory.store.write_experiment("calm-heron", experiment_to_dict(experiment()))
    only_named = replace(sought, run_ids=frozenset(), examples=frozenset())

    named("experiments").erase(only_named, territory)

    assert ANN not in territory.store.layout.experiment("calm-heron").read_text()


def test_a_journal_goes_on_without_the_trials(sought: Sought, territory: Territory) -> None:
    journal = Journal(territory.store.layout.journal("calm-heron"), experiment())
    journal.keep(trial(BICYCLE, RUN))
    journal.keep(trial(LAMP, OTHER_RUN))

    assert erased("evaluations", sought, territory).number == 2  # the head, and a trial
    journal.keep(replace(trial(LAMP, OTHER_RUN), repeat=2))  # its process still has it open
    journal.close()

    read = read_journal(territory.store, "calm-heron")
    assert read is not None
    assert [(one.example_id, one.repeat) for one in read.trials] == [("lamp", 1), ("lamp", 2)]
    assert [one.example_id for one in read.suites[0].expected] == ["lamp"]
    assert ANN not in journal.path.read_text()


def baseline() -> Baseline:
    rows = {}
    for example in (BICYCLE, LAMP):
        rows[example.id] = BaselineRow(hash=example.hash, passes=(1.0,), sessions={"5e5510aa": 1})
    texts = TextStore(
        examples={"bicycle": ExampleTexts(output=QUESTION), "lamp": ExampleTexts(output="It does.")}
    )
    return Baseline(
        suite=SUITE, rows=rows, sessions={"5e5510aa": BaselineSession(recorded="2026-11-01")}, texts=texts
    )


def test_a_baseline_loses_rows_and_texts_and_says_so(sought: Sought, territory: Territory) -> None:
    territory.catalog.now = noon
    path = territory.baselines / "tests.test_shop--test_agent.json"
    save_baseline(path, baseline())

    assert erased("baselines", sought, territory).number == 1

    kept = load_baseline(path)
    assert kept is not None
    assert list(kept.rows) == ["lamp"]
    assert kept.texts is not None
    assert list(kept.texts.examples) == ["lamp"]
    assert kept.metadata == {"erased": "1 on 2026-11-30"}
    for file in territory.baselines.iterdir():
        assert "bicycle" not in file.read_text()


def test_a_row_of_that_id_and_other_content_is_somebody_elses(sought: Sought, territory: Territory) -> None:
    other = replace(baseline(), texts=None, rows={"bicycle": BaselineRow(hash="0" * 16, passes=())})
    save_baseline(territory.baselines / "tests.test_shop--test_agent.json", other)

    assert found("baselines", sought, territory) == []


def test_only_the_lines_of_their_examples_go(sought: Sought, territory: Territory) -> None:
    file = territory.catalog.folder / "golden.jsonl"
    write_lines(
        file,
        {"id": "bicycle", "inputs": {"question": QUESTION}},
        {"id": "made", "inputs": {"question": "Is it mine?"}, "source_run_id": RUN},
        {"id": "named", "inputs": {"question": "And this?"}, "metadata": {"customer": ANN}},
    )
    with file.open("a", encoding="utf-8") as lines:
        lines.write('{"inputs" : {"question": "Who is ann-4711-b?"},   "id": "kept"}\n')

    assert erased("datasets", sought, territory).number == 3
    assert file.read_text() == '{"inputs" : {"question": "Who is ann-4711-b?"},   "id": "kept"}\n'


def test_examples_in_a_format_of_somebody_elses_are_named_and_left(
    sought: Sought, territory: Territory
) -> None:
    class Notes:
        suffixes = (".notes",)

        def rows(self, path: Path) -> Iterator[Row]:
            yield Row({"id": "bicycle", "inputs": {"question": QUESTION}}, f"{path}:1")

    catalog = Workspace.find(territory.rootdir, {}).open_catalog(lambda: [Notes()])
    territory = replace(territory, catalog=catalog)
    territory.catalog.folder.mkdir()
    (territory.catalog.folder / "golden.notes").write_text("anything")

    (finding,) = found("datasets", sought, territory)
    named("datasets").erase(sought, territory)

    assert "golden.notes" in finding.problem
    assert found("datasets", sought, territory) == [finding]


def test_cases_of_a_calibration_are_named_and_left(sought: Sought, territory: Territory) -> None:
    path = territory.baselines / "judges" / "tone.json"
    path.parent.mkdir(parents=True)
    path.write_text(
        json.dumps(
            {
                "schema": 1,
                "cases": [{"id": "bicycle"}, {"id": "x", "comment": f"Cold to {ANN}"}, {"id": "lamp"}],
            }
        )
    )

    (finding,) = found("calibrations", sought, territory)
    named("calibrations").erase(sought, territory)

    assert finding.number == 2
    assert "llmobs judge calibrate" in finding.problem
    assert found("calibrations", sought, territory) == [finding]


def test_an_example_of_a_held_run_stays(sought: Sought, territory: Territory) -> None:
    write_lines(
        territory.catalog.folder / "golden.jsonl",
        {
            "id": "made",
            "inputs": {"question": "Mine?"},
            "metadata": {"customer": ANN},
            "source_run_id": OTHER_RUN,
        },
    )

    assert found("datasets", replace(sought, held=frozenset([OTHER_RUN])), territory) == []


@pytest.mark.parametrize(
    "name, file",
    [
        ("judgements", ".llmobs/judgements/ab/abcd.json"),
        ("reports", ".llmobs/reports/calm-heron.html"),
        ("cassettes", "llm-cassettes/openai/abcd.json"),
        ("sessions", ".llmobs/sessions/0123/plan.json"),
        ("pytest's cache", ".pytest_cache/v/cache/lastfailed"),
        ("indexes", ".llmobs/datasets/index/golden.json"),
    ],
)
@pytest.mark.parametrize(
    "content",
    [
        f'{{"reason": "Says that {ANN} is angry."}}',
        f'{{"run": "{RUN}"}}',
        json.dumps({"request": [{"content": QUESTION}]}),
        f"<p>{RUN}</p>",
    ],
)
def test_files_that_can_be_made_again_go_whole(
    name: str, file: str, content: str, sought: Sought, territory: Territory
) -> None:
    theirs = territory.rootdir / file
    others = theirs.with_name("other.json")
    theirs.parent.mkdir(parents=True)
    theirs.write_text(content)
    others.write_text('{"reason": "Says that ann-47110 is angry."}')

    assert erased(name, sought, territory).files == (file,)
    assert not theirs.exists()
    assert others.exists()


def test_verdicts_grow_old_and_cassettes_dont(territory: Territory) -> None:
    for file in (".llmobs/judgements/ab/abcd.json", "llm-cassettes/abcd.json"):
        path = territory.rootdir / file
        path.parent.mkdir(parents=True)
        path.write_text("{}")
    tomorrow = datetime.now(UTC) + timedelta(days=1)

    old = [finding.place for place in PLACES for finding in place.find(Sought(Age(tomorrow)), territory)]
    of_a_project = Sought(Age(tomorrow, ("production",)))

    assert old == ["judgements"]
    assert [finding for place in PLACES for finding in place.find(of_a_project, territory)] == []


def test_what_killed_processes_left_half_written_goes_once_it_is_old(
    sought: Sought, territory: Territory
) -> None:
    old = territory.catalog.folder / ".golden.jsonl.abcd.tmp"
    young = territory.store.root / "reports" / ".calm-heron.html.abcd.tmp"
    for path in (old, young):
        path.parent.mkdir(parents=True)
        path.write_text(f"<p>{ANN}</p>")
    os.utime(old, (1_700_000_000, 1_700_000_000))

    assert erased("leftovers", sought, territory).files == ("datasets/.golden.jsonl.abcd.tmp",)
    assert young.exists()


def test_the_list_of_uploads_forgets_images(sought: Sought, territory: Territory) -> None:
    path = write_lines(
        territory.store.root / "uploads" / "0123.jsonl",
        {"place": "s3://bucket"},
        {"file": "media/abcd.png", "size": 3, "changed": 1},
        {"file": "media/ef01.png", "size": 3, "changed": 1},
    )

    assert erased("uploads", replace(sought, media=frozenset(["abcd.png"])), territory).number == 1
    assert "abcd" not in path.read_text()
    assert "ef01" in path.read_text()
