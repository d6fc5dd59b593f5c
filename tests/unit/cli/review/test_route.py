"""``llmobs review route``: rules of committed queues, applied to the runs of the store."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_llmobs.client.client import Client
from pytest_llmobs.storage.store import Store
from tests.unit.cli.conftest import Outcome, write_trace

LLMOBS = Callable[..., Outcome]

REFUNDS = """\
route:
  - words: [charged, invoice]
  - filter: eq(status, "error")
"""
SAMPLE = "route:\n  - project: brave-otter\n    sample: 100%\n"


@pytest.fixture
def queues(tmp_path: Path, store: Store) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    folder = tmp_path / "queues"
    folder.mkdir()
    (folder / "charges to look at.yaml").write_text(REFUNDS)
    (folder / "sample.yaml").write_text(SAMPLE)
    return folder


def test_the_table_says_what_each_rule_came_to(llmobs: LLMOBS, queues: Path, store: Store):
    write_trace(store, "production")
    done = llmobs("review", "route")
    assert done.returncode == 0
    assert done.stdout == (
        "queue               rule                              matched  new\n"
        "──────────────────────────────────────────────────────────────────\n"
        "charges to look at  words charged, invoice                  2    2\n"
        'charges to look at  eq(status, "error")                     0    0\n'
        "sample              project brave-otter; sample 100%        1    1\n"
        "\n"
        "3 new items.\n"
    )
    assert [row.split()[-2:] for row in llmobs("review", "route").stdout.splitlines()[2:5]] == [
        ["2", "0"],
        ["0", "0"],
        ["1", "0"],
    ]


def test_a_dry_run_adds_nothing_and_a_limit_a_part(llmobs: LLMOBS, queues: Path, store: Store, monkeypatch):
    write_trace(store, "production")
    done = llmobs("review", "route", "charges to look at", "--dry-run")
    assert done.stdout.endswith("Dry run: 2 items would be new; nothing was added.\n")
    done = llmobs("review", "route", "charges to look at", "--limit", "1", "--json")
    rows = json.loads(done.stdout)
    assert [(row["rule"], row["new"]) for row in rows] == [
        ("words charged, invoice", 1),
        ('eq(status, "error")', 0),
    ]
    (item,) = Client(store=store.root).list_runs_from_annotation_queue("charges to look at")
    assert [item.id] == rows[0]["run_ids"]
    assert (item.project, item.item.reason) == ("production", "words charged, invoice")


def test_runs_of_a_project_and_of_the_last_days(llmobs: LLMOBS, queues: Path, store: Store):
    write_trace(store, "production")
    rows = json.loads(llmobs("review", "route", "--project", "production", "--dry-run", "--json").stdout)
    assert [row["new"] for row in rows] == [1, 0, 0]
    rows = json.loads(llmobs("review", "route", "--since", "2h", "--dry-run", "--json").stdout)
    assert [row["new"] for row in rows] == [2, 0, 1]
    rows = json.loads(llmobs("review", "route", "--since", "2036-01-01", "--dry-run", "--json").stdout)
    assert [row["new"] for row in rows] == [0, 0, 0]
    done = llmobs("review", "route", "--project", "producton")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Unknown project 'producton'" in done.stderr
    assert "Did you mean 'production'?" in done.stderr
    done = llmobs("review", "route", "--since", "yesterday")
    assert done.returncode == 2
    assert "--since 'yesterday' is no time." in done.stderr


def test_the_client_does_the_same(queues: Path, store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(queues.parent)
    client = Client()
    routed = client.route_queues("brave-otter", queue_id="sample", since="2020-01-01", dry_run=True)
    assert [(rule.queue, rule.matched, rule.new) for rule in routed] == [("sample", 1, 1)]
    assert sum(rule.new for rule in client.route_queues()) == 2
    assert sum(rule.new for rule in client.route_queues(["brave-otter"])) == 0


def test_without_rules_it_says_how_to_write_one(llmobs: LLMOBS, store: Store, tmp_path: Path):
    (tmp_path / "pytest.ini").write_text("[pytest]\nllm_queue_dir = review\n")
    done = llmobs("review", "route")
    assert (done.returncode, done.stdout) == (1, "")
    assert "No queue has rules. Write some into a file such as review/support.yaml" in done.stderr
    assert (
        "    - feedback: {user_rating: below 0.4}\n    - project: production\n      sample: 2%\n"
        in done.stderr
    )
    assert "Known: confidence_below, feedback, filter, judges_differ," in done.stderr
    # what it says to write is understood
    (tmp_path / "review").mkdir()
    stated = done.stderr[done.stderr.index("  route:") : done.stderr.index("A run that fulfils")]
    (tmp_path / "review" / "support.yaml").write_text(
        "\n".join(line[2:] for line in stated.splitlines()) + "\n"
    )
    done = llmobs("review", "route")
    assert done.returncode == 0
    assert "feedback user_rating below 0.4" in done.stdout


def test_what_is_wrong_with_a_rule_or_a_name_is_said(llmobs: LLMOBS, queues: Path):
    (queues / "empty.yaml").write_text("description: By hand.\n")
    done = llmobs("review", "route", "empty")
    assert (done.returncode, done.stdout) == (2, "")
    assert "The queue 'empty' has no rules." in done.stderr
    done = llmobs("review", "route", "smaple")
    assert done.returncode == 1
    assert "No queue 'smaple'" in done.stderr
    assert "Did you mean 'sample'?" in done.stderr
    (queues / "sample.yaml").write_text("route:\n  - sampel: 2%\n")
    done = llmobs("review", "route")
    assert done.returncode == 1
    assert "queues/sample.yaml: route[0]: unknown condition 'sampel'." in done.stderr
    # the others have got their runs
    assert "charges to look at  words charged, invoice" in done.stdout
    assert llmobs("review", "route", "sample").returncode == 2


def test_a_long_rule_gives_way_on_a_narrow_terminal(llmobs: LLMOBS, queues: Path, monkeypatch):
    (queues / "sample.yaml").write_text(f"route:\n  - words: [{', '.join(['invoice'] * 30)}]\n")
    for width in (60, 80, 120):
        monkeypatch.setenv("COLUMNS", str(width))
        shown = llmobs("review", "route", "--dry-run").stdout
        assert max(map(len, shown.splitlines())) <= width
        assert "charges to look at  words charged, invoice" in shown


def test_a_rule_that_names_no_project_says_so(llmobs: LLMOBS, queues: Path, store: Store):
    write_trace(store, "production")
    (queues / "sample.yaml").write_text("route:\n  - project: [brave-otter, prodution]\n    sample: 100%\n")
    done = llmobs("review", "route", "sample", "--json")
    assert "names the project 'prodution', which has no runs. Did you mean 'production'?" in done.stderr
    assert "'brave-otter'" not in done.stderr
    assert json.loads(done.stdout)[0]["unknown"] == ["prodution"]
