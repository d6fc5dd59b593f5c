"""What the hooks share: notes that are said once, and a manifest that workers write and the controller reads."""

from __future__ import annotations

from pathlib import Path

from pytest_llmobs.plugin.state import Manifest, Notes
from pytest_llmobs.records.plans import ExpectedTrial, SuitePlan


def plan(name: str, *, trials: int = 1, repeat: int = 1) -> SuitePlan:
    expected = tuple(
        ExpectedTrial(example_id=f"e{n}", example_hash="h", repeat=1, nodeid=f"{name}[e{n}]")
        for n in range(trials)
    )
    return SuitePlan(name=name, path="test_a.py", expected=expected, repeat=repeat)


def test_a_note_is_kept_once_and_in_its_place() -> None:
    notes = Notes()
    notes.add("first", "second")
    notes.add("first", "third")
    assert list(notes) == ["first", "second", "third"]


def test_a_process_of_its_own_keeps_its_plans_to_itself(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path / "session", None)
    manifest.promise([plan("a", trials=2), plan("b", trials=3, repeat=4)])
    assert (manifest.expected, manifest.repeats, manifest.withdrawn) == (5, 4, False)
    assert not (tmp_path / "session").exists()


def test_the_controller_reads_what_one_of_the_workers_promised(tmp_path: Path) -> None:
    controller, worker, other = (Manifest(tmp_path, name) for name in (None, "gw0", "gw1"))
    controller.read()
    assert controller.plans == ()
    for each in (worker, other):
        each.promise([plan("a", trials=2)])
    controller.read()
    assert list(controller.plans) == [plan("a", trials=2)]
    assert controller.expected == 2


def test_workers_stop_once_the_controller_withdraws_it(tmp_path: Path) -> None:
    controller, worker = Manifest(tmp_path, None), Manifest(tmp_path, "gw0")
    worker.promise([plan("a")])
    assert not worker.withdrawn
    controller.withdraw()
    assert worker.withdrawn
    assert not controller.withdrawn
