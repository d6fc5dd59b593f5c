"""What other plugins show of a failed test is cleaned as well, however they keep it."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_llmobs.plugin.failed_tests.report_redaction import clean_report
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from pytest_llmobs.tracing.redaction.secrets import Secrets

KEY = "sk-ant-api03-" + "Zx9" * 30 + "-AbCdEfAA"


class Slotted:
    """Keeps its text where no attribute dictionary shows it."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


class SetOnce:
    """Takes the first cleaned text and refuses the next."""

    __slots__ = ("__dict__", "is_set")

    def __init__(self, text: str) -> None:
        self.__dict__["text"] = text

    def __setattr__(self, name: str, value: Any) -> None:
        if hasattr(self, "is_set"):
            raise AttributeError(name)
        object.__setattr__(self, "is_set", True)
        self.__dict__[name] = value

    def __str__(self) -> str:
        return str(self.text)


@pytest.mark.parametrize("kind", [str, Slotted, SetOnce])
def test_a_failure_shown_in_another_way_holds_no_secret(kind: type) -> None:
    shown = kind(f"no answer with {KEY}\n\x1b[2J::error::{KEY}")
    report = pytest.TestReport("t.py::t", ("t.py", 1, "t"), {}, "failed", shown, "call")
    clean_report(report, Redaction([Secrets()]))
    assert "no answer with [redacted: " in str(report.longrepr)
    assert KEY not in str(report.longrepr)
    assert "\x1b" not in str(report.longrepr)
