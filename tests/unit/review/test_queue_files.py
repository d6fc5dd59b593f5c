"""A committed queue is its file: every key is read, and what makes no sense is refused with its place."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_llmobs.cli.commands.review.create import TEMPLATE
from pytest_llmobs.errors import ArgumentError, ConflictError, NotFoundError
from pytest_llmobs.review.queue_files import QueueFiles
from pytest_llmobs.review.queues import Queues
from pytest_llmobs.review.records import FAILURE_MODES, AnnotationQueue

FULL = """\
description: Refunds
instructions: |
  Be fair.
rubric:
  - feedback_key: correct
  - feedback_key: tone
    scale: [1, 5]
    score_descriptions: {1: rude, 5: warm}
    visible_if: {join: all, rules: [{key: correct, op: is, values: [0]}]}
failure_modes: [wrong fact, wrong price]
overlap: 20%
calibration: 20
least_agreement: 0.6
route:
  - metadata: {tier: gold}
"""
RUN = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def files(tmp_path: Path) -> QueueFiles:
    (tmp_path / "queues").mkdir()
    return QueueFiles(tmp_path / "queues", tmp_path)


@pytest.fixture
def queues(tmp_path: Path, files: QueueFiles) -> Queues:
    return Queues(tmp_path / "store" / "queues", files=files)


def write(tmp_path: Path, text: str, name: str = "refunds.yaml") -> Path:
    file = tmp_path / "queues" / name
    file.write_text(text, encoding="utf-8")
    return file


def read(files: QueueFiles, name: str = "refunds") -> AnnotationQueue:
    queue = files.read(name)
    assert queue is not None
    return queue


def test_every_key_is_read(tmp_path: Path, files: QueueFiles) -> None:
    file = write(tmp_path, FULL)
    os.utime(file, (1_800_000_000, 1_800_000_000))
    queue = read(files)
    assert (queue.name, queue.file, queue.description) == ("refunds", "queues/refunds.yaml", "Refunds")
    assert queue.rubric_instructions == "Be fair.\n"
    assert queue.rubric_items[1]["score_descriptions"] == {"1": "rude", "5": "warm"}
    assert (queue.failure_modes, queue.overlap) == (("wrong fact", "wrong price"), 0.2)
    assert (queue.calibration, queue.least_agreement) == (20, 0.6)
    assert queue.rules == ({"metadata": {"tier": "gold"}},)
    assert queue.updated_at == datetime.fromtimestamp(1_800_000_000, UTC)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "description:\nrubric:\n", "\ufeff{}"])
def test_a_file_that_says_nothing_is_a_queue_with_defaults(
    tmp_path: Path, files: QueueFiles, text: str
) -> None:
    write(tmp_path, text)
    queue = read(files)
    assert (queue.failure_modes, queue.overlap, queue.rubric_items) == (FAILURE_MODES, 0.0, ())


def test_the_file_that_create_writes_is_valid(tmp_path: Path, files: QueueFiles) -> None:
    write(tmp_path, TEMPLATE.format(command="refunds", overlap="20%", calibration=0))
    queue = read(files)
    assert [item["feedback_key"] for item in queue.rubric_items] == ["correct", "tone"]
    assert (queue.overlap, queue.least_agreement) == (0.2, 0.7)


def test_what_create_leaves_as_comments_is_valid_too(tmp_path: Path, files: QueueFiles) -> None:
    text = TEMPLATE.format(command="refunds", overlap="20%", calibration=0)
    write(tmp_path, re.sub(r"^#(?=route:|  - |    [a-z])", "", text, flags=re.MULTILINE))
    queue = read(files)
    assert len(queue.rules) == 2
    assert len(queue.rubric_items) == 3


def test_an_id_is_the_same_on_every_machine(tmp_path: Path, files: QueueFiles) -> None:
    write(tmp_path, FULL)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "refunds.yml").write_text("", encoding="utf-8")
    assert read(QueueFiles(elsewhere)).id == read(files).id


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[a]", "'queues/refunds.yaml' holds ['a']. Write keys and values"),
        ("just text", "holds 'just text'. Write keys and values"),
        ("a: [", "'queues/refunds.yaml' is no YAML, line "),
        ("overlap: 1%\noverlap: 2%", "is no YAML, line 2: the key 'overlap' stands there twice"),
        ("rubric:\n- {feedback_key: a, scale: [1, 2], scale: [1, 3]}", "the key 'scale' stands there twice"),
        ("name: x", "a queue is named by its file"),
        ("instruction: x", "unknown key 'instruction'. Did you mean 'instructions'? Known: calibration,"),
        ("1: x", "unknown key 1."),
        ("description: 1", "queues/refunds.yaml: description is 1; it must be a text."),
        ("instructions: [a]", "instructions is ['a']; it must be a text."),
        ("instructions: 2026-01-01", "instructions is datetime.date(2026, 1, 1); it must be a text."),
        ("rubric: correct", "queues/refunds.yaml: rubric is 'correct'. Give a list"),
        ("rubric: [correct]", "queues/refunds.yaml: rubric[0] is 'correct'. Give a dict"),
        ("rubric: [{feedback_key: yes}]", "rubric[0]: feedback_key is True; it must be a name"),
        ("failure_modes: harmful", "failure_modes is 'harmful'; it must be a list of at most 20"),
        ("failure_modes: [no]", "failure_modes[0] is False; it must be a text"),
        ("failure_modes: [rude, ' Rude']", "failure_modes[1] is ' Rude', which 'rude' says already."),
        (f"failure_modes: {list(map(str, range(21)))}", "a list of at most 20 texts"),
        ("failure_modes: [Accept]", "failure_modes[0] is 'Accept', a verdict and no failure mode"),
        (
            "rubric: [{feedback_key: review}]",
            "rubric[0] asks for 'review': the feedback of that key says whether",
        ),
        ("description: &a [*a]", "description is [[[[[[[...]]]]]]]; it must be a text."),
        (f"description: {'[' * 500}{']' * 500}", "is [[[[[[[...]]]]]]]; it must be a text."),
        (f"description: {'[' * 5000}{']' * 5000}", "'queues/refunds.yaml' is no YAML"),
        ("overlap: 120%", "overlap is '120%'; it must be a share from 0% to 100%, such as '20%' or 0.2."),
        ("overlap: 20", "overlap is 20; it must be a share from 0% to 100%"),
        ("overlap: -5%", "overlap is '-5%'; it must be a share"),
        ("overlap: yes", "overlap is True; it must be a share"),
        ("overlap: .nan", "overlap is nan; it must be a share"),
        ("overlap: [1]", "overlap is [1]; it must be a share"),
        ("calibration: 1.5", "calibration is 1.5; it must be a whole number from 0 to 1000"),
        ("calibration: -1", "calibration is -1; it must be"),
        ("calibration: true", "calibration is True; it must be"),
        ("least_agreement: 70%", "least_agreement is '70%'; it must be a number from 0 to 1"),
        ("least_agreement: .inf", "least_agreement is inf; it must be"),
        ("least_agreement: {a: 1}", "least_agreement is {'a': 1}; it must be"),
        ("route: production", "queues/refunds.yaml: route is 'production'. Give a list of rules"),
        ("route: [{projects: x}]", "Did you mean 'project'?"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(
    tmp_path: Path, files: QueueFiles, text: str, message: str
) -> None:
    write(tmp_path, text)
    with pytest.raises(ArgumentError, match=re.escape(message)):
        files.read("refunds")


def test_aliases_of_aliases_are_refused_in_a_line(tmp_path: Path, files: QueueFiles) -> None:
    lines = ["a0: &a0 [lol, lol]"]
    for number in range(1, 40):
        lines.append(f"a{number}: &a{number} [*a{number - 1}, *a{number - 1}]")
    write(tmp_path, f"description:\n  {{{', '.join(lines)}}}")
    with pytest.raises(ArgumentError, match="it must be a text") as caught:
        files.read("refunds")
    assert len(str(caught.value)) < 20_000


def test_two_files_of_one_name_are_refused(tmp_path: Path, files: QueueFiles) -> None:
    write(tmp_path, "")
    write(tmp_path, "", "refunds.yml")
    with pytest.raises(ConflictError, match="has two files, 'queues/refunds"):
        files.read("refunds")


def test_names_that_differ_in_capitals_alone_are_refused(
    tmp_path: Path, files: QueueFiles, queues: Queues
) -> None:
    write(tmp_path, "", "Refunds.yaml")
    assert files.read("refunds") is None
    with pytest.raises(ConflictError, match="'refunds' differs from 'Refunds' in capitals alone"):
        queues.create("refunds")
    with pytest.raises(ConflictError, match="in capitals alone"):
        files.path("refunds")
    queues.create("other")
    write(tmp_path, "", "OTHER.yaml")
    with pytest.raises(ConflictError, match="in capitals alone"):
        queues.find("OTHER")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a/b", "is a file of one folder"),
        ("a:b", "it holds ':'"),
        ("support:disagreements", "stands for its disagreements"),
        ("..", "leads to another folder"),
        ("nul", "is a device on Windows"),
        ("", "Give it a name"),
    ],
)
def test_a_name_that_no_file_can_have_is_refused(files: QueueFiles, name: str, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        files.path(name)


def test_a_committed_queue_is_found_and_its_items_lie_in_the_store(tmp_path: Path, queues: Queues) -> None:
    write(tmp_path, FULL)
    queue = queues.find("refunds")
    assert queues.find(queue.id) == queue
    assert [each.name for each in queues.all()] == ["refunds"]
    assert not (tmp_path / "store").exists()
    queues.change_items("refunds", lambda items, _: items.add([{"run_id": RUN}]))
    assert [item.run_id for item in queues.items(queue).all()] == [RUN]
    assert queues.folder(queue) == tmp_path / "store" / "queues" / "refunds"


def test_the_settings_of_the_file_count_and_the_items_of_a_stored_queue_stay(
    tmp_path: Path, queues: Queues
) -> None:
    stored = queues.create("refunds", description="stored", overlap=0.5)
    (item,) = queues.change_items("refunds", lambda items, _: items.add([{"run_id": RUN}]))
    file = write(tmp_path, FULL)
    queue = queues.find("refunds")
    assert (queue.id, queue.description, queue.overlap) == (stored.id, "Refunds", 0.2)
    assert queues.items(queue).all() == [item]
    file.unlink()
    assert queues.find("refunds") == stored


def test_a_committed_queue_is_changed_in_its_file(tmp_path: Path, queues: Queues) -> None:
    write(tmp_path, FULL)
    with pytest.raises(
        ArgumentError, match=r"'refunds' is the committed file 'queues/refunds.yaml': change that"
    ):
        queues.update("refunds", description="x")
    with pytest.raises(ArgumentError, match=r"the committed file 'queues/refunds.yaml': delete that"):
        queues.delete("refunds")
    with pytest.raises(ConflictError, match=r"is there already, as a committed file in 'queues'"):
        queues.create("refunds")


def test_what_reviewers_differ_about_is_a_queue_that_nobody_edits(tmp_path: Path, queues: Queues) -> None:
    write(tmp_path, FULL)
    queue = queues.find("refunds:disagreements")
    assert queues.find(queue.id) == queue
    assert (queue.name, queue.overlap, queue.calibration, queue.rules) == (
        "refunds:disagreements",
        0.0,
        0,
        (),
    )
    assert queues.folder(queue) == queues.folder(queues.find("refunds"))
    for change in (queues.delete, queues.update):
        with pytest.raises(ArgumentError, match="differ about"):
            change("refunds:disagreements")
    with pytest.raises(ArgumentError, match="differ about"):
        queues.change_items("refunds:disagreements", lambda items, _: items.add([{"run_id": RUN}]))
    with pytest.raises(ArgumentError, match="stands for its disagreements"):
        queues.create("x:disagreements")


def test_an_unknown_queue_is_told_with_near_ones(tmp_path: Path, queues: Queues) -> None:
    write(tmp_path, FULL)
    queues.create("complaints")
    with pytest.raises(
        NotFoundError, match=r"No queue 'refund'.*Did you mean 'refunds'\? Known: complaints, refunds"
    ):
        queues.find("refund")


def test_a_broken_file_hides_no_other_queue(tmp_path: Path, queues: Queues) -> None:
    stored = queues.create("complaints")
    write(tmp_path, "overlap: much", "broken.yaml")
    assert queues.find(stored.id) == stored
    assert queues.names() == ["broken", "complaints"]
    with pytest.raises(ArgumentError, match=r"queues/broken.yaml: overlap is 'much'"):
        queues.find("an id")
