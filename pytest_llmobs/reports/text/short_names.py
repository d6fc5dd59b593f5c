"""Names short enough for a table: a suite by its test, an example by its id as long as that tells it apart."""

from __future__ import annotations

from collections.abc import Iterable


def test_of(suite: str) -> str:
    """Return the name of a suite's test: ``test_reply`` of ``tests/test_bot.py::TestBot::test_reply``."""
    return suite.rpartition("::")[2]


def test_in_file(suite: str) -> str:
    """Return a suite's name without its folders, for where several may have a test of one name."""
    return suite.rpartition("/")[2]


def short_suites(suites: Iterable[str]) -> dict[str, str]:
    """Return suite -> its name where there is little room: its test if that tells it apart, else with its file."""
    names = list(dict.fromkeys(suites))
    for shorten in (test_of, test_in_file):
        shortened = list(map(shorten, names))
        if len(set(shortened)) == len(names):
            return dict(zip(names, shortened, strict=True))
    return dict(zip(names, names, strict=True))


def short_example(suite: str, example_id: str, *, several: bool) -> str:
    """Return an example's id, as its test's parameter where examples of several suites stand together."""
    if several:
        return f"{test_of(suite)}[{example_id}]"
    return example_id
