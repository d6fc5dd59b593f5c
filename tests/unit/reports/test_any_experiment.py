"""No report breaks, whatever texts and numbers an experiment's file holds: each keeps to its own format."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import fields, is_dataclass, replace
from random import Random
from typing import Any, get_args

import jsonschema
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pytest_llmobs.records import decisions, plans, trials
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.annotations import GitHubAnnotations
from pytest_llmobs.reports.base import ReportFormat
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.experiment import digest
from pytest_llmobs.reports.json import JsonReport
from pytest_llmobs.reports.junit.report import JunitReport
from pytest_llmobs.reports.markdown.report import LIMIT, MarkdownReport
from pytest_llmobs.reports.terminal.section import TerminalReport
from pytest_llmobs.reports.text.page import Page
from tests import xunit2
from tests.unit.reports.conftest import GALLERY, REGRESSED, broken, experiment, plan, row
from tests.unit.reports.conftest import trials as trials_of
from tests.unit.reports.test_json import CLOSED, refuse

TEXTS = (
    *("\0", "\ud800", "\x1b[31mred", "\x85", "\u2028", "\u202e", "\ufffe", "a\nb", "a\r\nb", "\t", "  "),
    *(
        "</script>",
        "<!--",
        "-->",
        "]]>",
        "&#0;",
        "|",
        "`",
        "```",
        "[",
        "a[b]c::d",
        "::",
        "/close",
        "@team #1",
    ),
    *("::error::x", "##[error]x", "%0A", "日本語", "👩‍👩‍👧", "🇩🇪", "http://x.example", "long " * 20_000),
)
NUMBERS = (float("nan"), float("inf"), float("-inf"), -0.0, 1e308, -1e308, 5e-324, 1e15, -1.0)
WHOLE_NUMBERS = (0, -1, 3, 2**63, 10**400)
_WORDS: set[str] = set()
for _words in (
    decisions.VerdictName,
    decisions.ExampleState,
    trials.TrialStatus,
    trials.NotRun,
    plans.GateMethod,
):
    _WORDS.update(get_args(_words))
KEPT = ("started", "duration", "scale", "purpose")
"""Fields whose form is checked where they are read."""


def damaged(value: Any, random: Random, share: float) -> Any:
    """Return a record with other texts and numbers in some of its places."""
    if is_dataclass(value):
        return _damaged_record(value, random, share)
    if isinstance(value, plans.ExpectedRows):
        return value
    if isinstance(value, tuple | list):
        return tuple(damaged(item, random, share) for item in value)
    if isinstance(value, dict):
        return {key: damaged(item, random, share) for key, item in value.items()}
    if random.random() > share or value in _WORDS:
        return value
    return _other(value, random)


def _damaged_record(record: Any, random: Random, share: float) -> Any:
    changed = {}
    for field in fields(record):
        if field.name not in KEPT:
            changed[field.name] = damaged(getattr(record, field.name), random, share)
    return replace(record, **changed)


def _other(value: Any, random: Random) -> Any:
    for kind, others in ((bool, (True, False)), (str, TEXTS), (float, NUMBERS), (int, WHOLE_NUMBERS)):
        if isinstance(value, kind):
            return random.choice(others)
    return value


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    kind = draw(st.sampled_from(sorted(GALLERY)))
    share = draw(st.sampled_from([0.01, 0.1, 0.4]))
    # drawn once as a seed: a draw for each of a thousand places takes ten times what is tested
    return damaged(GALLERY[kind](), Random(draw(st.integers(0, 2**64))), share)


def check_json(text: str, found: Experiment) -> None:
    document = json.loads(text, parse_constant=refuse)
    jsonschema.Draft202012Validator(CLOSED).validate(document)
    assert document["verdict"]["red"] == found.red


def check_junit(text: str, found: Experiment) -> None:
    root = ET.fromstring(text.encode())
    xunit2.check(root)
    (suite,) = root
    failed = int(suite.attrib["failures"]) + int(suite.attrib["errors"])
    # a reader of this file alone must not see green
    assert failed or not found.red


def check_markdown(text: str, found: Experiment) -> None:
    assert len(text) <= LIMIT
    assert re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", text) is None
    bars: set[int] = set()
    for line in text.split("\n"):
        # a table that lacks a cell is torn
        bars = bars | {line.count("|")} if line.startswith("| ") else set()
        assert len(bars) < 2, line


def check_annotations(text: str, found: Experiment) -> None:
    lines = text.splitlines()
    assert 1 <= len(lines) <= 10
    levels = {line[2:].partition(" ")[0] for line in lines}
    assert levels == {"error"} if found.red else levels <= {"notice", "warning"}
    assert re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", text) is None


def check_terminal(text: str, found: Experiment) -> None:
    assert re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]", text) is None


CHECKS = {
    JsonReport: check_json,
    JunitReport: check_junit,
    MarkdownReport: check_markdown,
    GitHubAnnotations: check_annotations,
    TerminalReport: check_terminal,
}


@pytest.mark.parametrize("report", CHECKS)
@given(found=experiments())
@settings(max_examples=25, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
def test_a_report_keeps_to_its_format(report: type[ReportFormat], found: Experiment):
    context = Context()
    CHECKS[report](report().render(digest(found, context), Page(), context), found)


TRACEBACK = "\n".join(f"  frame {number} of {'a long path/' * 20}" for number in range(20_000))
HUGE = {
    "one_line": {"comment": "word " * 200_000},
    "traceback": {"comment": TRACEBACK},
    "unseen": {"comment": "\x1b" * 1_000_000},
    "change": {"changes": (f"output:\n@@ -1 +1 @@\n-{'one ' * 100_000}\n+{'two ' * 100_000}",)},
    "id": {"example_id": "x" * 1_000_000},
}


@pytest.mark.parametrize("what", HUGE)
def test_what_several_examples_share_fits_however_long_it_is(what: str):
    rows = []
    for number in range(5):
        rows.append(broken(**{"example_id": f"e{number}", **HUGE[what]}))
    decision = decisions.Decision(metrics=(row("pass", "REGRESSED", **REGRESSED),), examples=tuple(rows))
    found = experiment(decision=decision, trials=trials_of(plan(), failed=5))
    context = Context()
    told = digest(found, context)
    assert len(MarkdownReport().render(told, Page(), context)) <= LIMIT
    screen = TerminalReport().render(told, Page(width=80), context)
    assert screen.count("\n") < 40
    assert len(GitHubAnnotations({}).render(told, Page(), context)) < 20_000
