"""The tables of docs/langsmith-client.md come from the client and its tables; ``make readme`` writes them anew."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs import Client
from pytest_llmobs.client.differences import DIFFERENCES, OURS, THIN
from pytest_llmobs.client.parameters import UNBOUND
from pytest_llmobs.client.queue_items import QueueItems
from pytest_llmobs.client.refused import REFUSED
from pytest_llmobs.client.refused_imports import REFUSED_IMPORTS
from pytest_llmobs.client.v2 import Runs
from tests.e2e.test_readme import ROOT, blocks
from tests.e2e.test_tables import check_page

PAGE = "langsmith-client.md"
GROUPS = {"runs": Runs, "annotation_queues.items": QueueItems}


def calls() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield every call with its method."""
    yield "Client", Client.__init__
    for name, method in inspect.getmembers(Client, inspect.isfunction):
        if not name.startswith("_"):
            yield name, method
    for group, kind in GROUPS.items():
        for name, method in inspect.getmembers(kind, inspect.isfunction):
            if not name.startswith("_"):
                yield f"{group}.{name}", method


def first_line(method: Callable[..., Any]) -> str:
    """Return the first paragraph of a docstring, as one line of Markdown."""
    paragraph = (inspect.getdoc(method) or "").partition("\n\n")[0]
    return " ".join(paragraph.split()).replace("``", "`").replace("|", "\\|")


def without_effect(call: str) -> str:
    """Return the parameters of a call that mean nothing, those that are refused in bold."""
    shown = []
    for name, unbound in sorted(UNBOUND.get(call, {}).items()):
        shown.append(f"**`{name}`**" if unbound.is_refused else f"`{name}`")
    return " ".join(shown)


def call_rows() -> list[str]:
    rows = ["| call | what it does | what differs | no effect |", "|---|---|---|---|"]
    for call, method in calls():
        if call not in THIN:
            cells = [f"`{call}`", first_line(method), DIFFERENCES.get(call, ""), without_effect(call)]
            rows.append(f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |"))
    return rows


def thin_rows() -> list[str]:
    return [
        "| call | what it does |",
        "|---|---|",
        *(f"| `{call}` | {does} |" for call, does in sorted(THIN.items())),
    ]


def by_reason(reasons: dict[str, str]) -> list[tuple[str, str]]:
    """Return what shares a reason together, with the reason."""
    names = defaultdict(list)
    for name, reason in reasons.items():
        names[reason].append(f"`{name}`")
    return [(" ".join(shown), reason) for reason, shown in names.items()]


def refused_rows() -> list[str]:
    rows = ["| call | instead |", "|---|---|"]
    for names, reason in by_reason(dict(REFUSED)):
        rows.append(f"| {names} | {reason} |")
    return rows


def import_rows() -> list[str]:
    rows = ["| module | name | instead |", "|---|---|---|"]
    for module, refused in REFUSED_IMPORTS.items():
        for names, reason in by_reason(dict(refused)):
            rows.append(f"| `{f'pytest_llmobs.{module}'.removesuffix('.')}` | {names} | {reason} |")
    return rows


def parameter_rows() -> list[str]:
    reasons = {}
    for call, parameters in UNBOUND.items():
        for name, unbound in parameters.items():
            reasons[f"{call}({name})"] = unbound.reason
    rows = ["| parameter | why |", "|---|---|"]
    for names, reason in by_reason(reasons):
        rows.append(f"| {names} | {reason} |")
    return rows


def test_the_calls_are_those_there_are() -> None:
    check_page(PAGE, "calls", call_rows())


def test_the_thin_calls_are_those_there_are() -> None:
    check_page(PAGE, "thin", thin_rows())


def test_the_refused_calls_are_those_there_are() -> None:
    check_page(PAGE, "refused", refused_rows())


def test_the_refused_imports_are_those_there_are() -> None:
    check_page(PAGE, "imports", import_rows())


def test_the_parameters_are_those_there_are() -> None:
    check_page(PAGE, "parameters", parameter_rows())


def test_every_difference_is_one_of_a_call() -> None:
    known = {call for call, _ in calls()}
    assert {*DIFFERENCES, *THIN, *UNBOUND} <= known
    assert all(hasattr(Client, name) or name == "workspace" for name in OURS)


def test_the_python_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (block,) = [
        block for block in blocks((ROOT / "docs" / PAGE).read_text(encoding="utf-8")) if block.note == "run"
    ]
    exec(compile(block.text, PAGE, "exec"), {})
