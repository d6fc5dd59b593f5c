"""What a run keeps of an exception."""

from __future__ import annotations

import ast

import pytest

from pytest_llmobs.tracing import failure


def _inner(values: dict[str, int]) -> int:
    return values["known"] + values["missing"]


def _raised() -> Exception:
    try:
        try:
            _inner({"known": 1})
        except KeyError as error:
            raise ValueError("no such value") from error
    except ValueError as error:
        return ExceptionGroup("several", [error])
    raise AssertionError


def test_the_code_of_each_frame_is_kept_of_causes_and_of_groups() -> None:
    text = failure.describe(_raised())
    assert 'values["known"] + values["missing"]' in text
    assert 'raise ValueError("no such value") from error' in text
    assert "KeyError: 'missing'" in text
    assert "ExceptionGroup: several" in text


def test_no_code_is_parsed_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before Python 3.12 a parser in another thread, such as pytest's, ends in a ``SystemError`` meanwhile."""
    parsed: list[str] = []
    error = _raised()
    with monkeypatch.context() as patched:  # pytest parses, too
        patched.setattr(ast, "parse", lambda *arguments, **options: parsed.append(arguments[0]))
        text = failure.describe(error)

    assert parsed == []
    assert "^^^" not in text
