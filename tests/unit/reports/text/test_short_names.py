"""Names of suites where there is little room."""

from __future__ import annotations

from pytest_llmobs.reports.text.short_names import short_suites


def test_a_suite_is_called_by_its_test() -> None:
    suites = [
        "tests/test_bot.py::TestBot::test_reply",
        "tests/test_bot.py::test_refund",
        "tests/test_other.py",
    ]
    assert list(short_suites(suites).values()) == ["test_reply", "test_refund", "tests/test_other.py"]


def test_tests_of_one_name_keep_their_files() -> None:
    suites = ["tests/a/test_bot.py::test_reply", "tests/a/test_mail.py::test_reply"]
    assert list(short_suites(suites).values()) == ["test_bot.py::test_reply", "test_mail.py::test_reply"]


def test_files_of_one_name_keep_their_folders() -> None:
    suites = ["tests/a/test_bot.py::test_reply", "tests/b/test_bot.py::test_reply"]
    assert list(short_suites(suites).values()) == suites
