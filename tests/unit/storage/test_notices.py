from __future__ import annotations

from pathlib import Path

import pytest

from pytest_llmobs.storage import notices


def test_a_message_is_a_warning_of_its_own_class() -> None:
    with pytest.warns(notices.StoreWarning, match="the disk is full") as caught:
        notices.warn("the disk is full")
    assert caught[0].filename == "pytest-llmobs"


def test_where_warnings_are_errors_it_is_printed_and_nothing_is_raised(python) -> None:
    script = "from pytest_llmobs.storage import notices; notices.warn('the disk is full'); print('went on')"
    done = python(script, "-W", "error")
    assert done.stdout == "went on\n"
    assert done.stderr == "pytest-llmobs: the disk is full\n"


def test_a_users_own_way_of_showing_warnings_may_raise(python) -> None:
    script = (
        "import warnings\n"
        "from pytest_llmobs.storage import notices\n"
        "def show(*args, **options): raise RuntimeError('broken')\n"
        "warnings.showwarning = show\n"
        "notices.warn('the disk is full')\n"
        "print('went on')\n"
    )
    done = python(script)
    assert (done.stdout, done.returncode) == ("went on\n", 0)


def test_each_path_is_told_of_once() -> None:
    told: list[str] = []
    once = notices.OnceForEachPath(told.append)
    for attempt in ("first", "second"):
        once.tell(Path("a.jsonl"), f"{attempt} of a")
        once.tell(Path("b.jsonl"), f"{attempt} of b")
        once.warn("always")
    assert told == ["first of a", "first of b", "always", "always"]
