"""Failed reports are told apart: trials have a status of their own, all other tests haven't."""

from __future__ import annotations

import pytest

from pytest_llmobs.plugin.failed_tests.failed_reports import FailedReports
from pytest_llmobs.records.experiments import SessionEnd
from tests.unit.suites import SUITE, World

E0 = f"{SUITE}[e000]"


@pytest.mark.parametrize(
    ("status", "reports", "expected"),
    [
        ("passed", [], {}),
        ("passed", [("test_plain.py::test_it", "call")], {"failed": 1}),
        # one test, whatever fails of it
        (
            "passed",
            [("test_plain.py::test_it", "call"), ("test_plain.py::test_it", "teardown")],
            {"failed": 1},
        ),
        ("passed", [("test_plain.py::test_it", "setup")], {"errors": 1}),
        ("passed", [("test_plain.py::test_it", "???")], {"failed": 1}),
        ("error", [(E0, "setup")], {}),
        ("failed", [(E0, "call")], {}),
        ("unscored", [(f"{E0}@group", "call")], {}),
        ("failed", [(E0, "teardown")], {"teardowns": 1}),
        ("passed", [(E0, "teardown")], {"teardowns": 1}),
        ("passed", [(E0, "call")], {"unexpected": 1}),
    ],
)
def test_what_failed_is_counted_by_its_kind(status, reports, expected, world: type[World]) -> None:
    suite = world(2)
    failed = FailedReports()
    for report in reports:
        failed.note_test(*report)
    trials = suite.trials(lambda example, _: status if example == "e000" else True)
    assert failed.session_end(1, [suite.plan], trials) == SessionEnd(exit_status=1, **expected)


def test_errors_of_collection_are_counted() -> None:
    failed = FailedReports()
    failed.note_uncollected("test_broken.py")
    assert failed.session_end(2, (), ()) == SessionEnd(exit_status=2, uncollected=1)


def test_what_failed_beside_the_trials_is_named(world: type[World]) -> None:
    suite = world(2)
    failed = FailedReports()
    failed.note_test(E0, "call")
    assert failed.names([suite.plan]) == ""
    failed.note_uncollected("test_broken.py")
    for number in range(6):
        failed.note_test(f"test_plain.py::test_{number}", "call")
    assert failed.names([suite.plan]) == (
        "failed beside the trials: test_broken.py, test_plain.py::test_0, test_plain.py::test_1, "
        "test_plain.py::test_2, test_plain.py::test_3 and 2 more"
    )
