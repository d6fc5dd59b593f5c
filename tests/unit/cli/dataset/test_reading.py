"""What ``llmobs dataset`` tells of datasets: list, show, validate, schema; and tags."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.cli.commands.dataset import ACTIONS
from tests.unit.cli.dataset.conftest import FIRST, SECOND, Write

Run = Callable[..., Any]


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_has_a_help_with_an_example(llmobs: Run, action: str) -> None:
    done = llmobs("dataset", action, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\nexample: llmobs dataset" in done.stdout
    assert action in llmobs("dataset", "--help").stdout


def test_an_unknown_action_names_the_nearest(llmobs: Run) -> None:
    done = llmobs("dataset", "dif")
    assert done.returncode == 2
    assert "no action 'dif'. Did you mean 'diff'? Known: diff, " in done.stderr


def test_the_list_shows_what_each_dataset_is_now(llmobs: Run, write: Write) -> None:
    write(FIRST)
    write("id,inputs.query\na,Hello\n", "datasets/billing/faq.csv")
    assert llmobs("dataset", "tag", "support", "v1").returncode == 0
    write(SECOND)
    done = llmobs("dataset")
    assert (done.returncode, done.stderr) == (0, "")
    faq, support = done.stdout.splitlines()[2:]
    assert faq.split()[:2] == ["billing/faq", "1"]
    assert support.split()[:6] == ["support", "3", "base", "2,", "hard", "1"]
    assert support.split()[7:] == ["v1", "(old)"]
    rows = json.loads(llmobs("dataset", "list", "--json").stdout)
    assert rows[1]["splits"] == {"base": 2, "hard": 1}


def test_the_list_goes_on_behind_what_it_cannot_read(llmobs: Run, write: Write) -> None:
    write(FIRST)
    write("{", "datasets/broken.jsonl")
    done = llmobs("dataset")
    assert done.returncode == 0
    assert [line.split()[:2] for line in done.stdout.splitlines()[2:]] == [
        ["broken", "broken"],
        ["support", "3"],
    ]
    assert "datasets/broken.jsonl:1" in done.stderr


def test_a_folder_without_datasets_says_what_is_one(llmobs: Run, write: Write) -> None:
    write("", "datasets/README.md")
    done = llmobs("dataset")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("No dataset in 'datasets' yet")


@pytest.mark.parametrize("columns", ["40", "80", "120"])
def test_the_list_fits_the_page(
    llmobs: Run, write: Write, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    write(FIRST, "datasets/a/rather/long/name/for/a/dataset/of/support/questions.jsonl")
    for line in llmobs("dataset").stdout.splitlines():
        assert len(line) <= int(columns)


def test_show_prints_examples_abridged_and_named_ones_whole(llmobs: Run, write: Write) -> None:
    text = "\\n".join(f"line {number}" for number in range(9))
    write(FIRST + f'{{"id": "long", "inputs": {{"query": "{text}"}}}}\n')
    done = llmobs("dataset", "show", "support")
    assert done.stdout.startswith("double-charge (base)\ninputs     query: I was charged twice")
    assert "… 8 more lines" in done.stdout
    assert "4 examples" in done.stderr
    whole = llmobs("dataset", "show", "support", "long").stdout
    assert "line 8" in whole
    assert "double-charge" not in whole


def test_show_says_how_many_it_left_out(llmobs: Run, write: Write) -> None:
    write(FIRST)
    done = llmobs("dataset", "show", "support", "--limit", "1")
    assert "add-seats" not in done.stdout
    assert "2 more examples: --limit 0 shows all" in done.stderr


def test_show_of_a_split_and_of_an_unknown_one(llmobs: Run, write: Write) -> None:
    write(FIRST)
    rows = json.loads(llmobs("dataset", "show", "support", "--split", "hard", "--json").stdout)["examples"]
    assert [row["id"] for row in rows] == ["add-seats"]
    done = llmobs("dataset", "show", "support", "--split", "hrad")
    assert (done.returncode, done.stdout) == (1, "")
    assert "support has no split 'hrad'. Did you mean 'hard'? Known: base, hard." in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["show", "suport"], "No dataset 'suport'"),
        (["show", "support", "cancle"], "support has no example 'cancle'. Did you mean 'cancel'?"),
        (["show", "support", "--as-of", "v9"], "'v9'"),
        (["tag", "support", "v9", "--delete"], "The dataset 'support' has no tag 'v9'. None is known."),
        (["diff", "support", "v9"], "'v9'"),
        (["validate", "suport"], "Did you mean 'support'?"),
    ],
)
def test_what_is_unknown_is_named(llmobs: Run, write: Write, words: list[str], message: str) -> None:
    write(FIRST)
    done = llmobs("dataset", *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert message in done.stderr


def test_foreign_text_is_inert(llmobs: Run, write: Write) -> None:
    write(
        '{"id": "a\\u001b[2J", "inputs": {"query": "\\u001b]0;x\\u0007\\n::error::no"}, "split": "\\u202eb"}\n'
    )
    for words in (["show", "support"], ["list"], ["validate"], ["show", "support", "--json"]):
        done = llmobs("dataset", *words)
        assert "\x1b" not in done.stdout + done.stderr
        assert "\u202e" not in done.stdout + done.stderr
        assert "\n::error::" not in done.stdout


def test_tags_are_set_listed_moved_and_deleted(llmobs: Run, write: Write) -> None:
    write(FIRST)
    first = llmobs("dataset", "tag", "support", "v1")
    assert first.stdout.startswith("support@v1 is ")
    assert llmobs("dataset", "tag", "support", "v1").stdout.endswith(", as before\n")
    write(SECOND)
    assert llmobs("dataset", "tag", "support", "golden", "v1").returncode == 0
    listed = llmobs("dataset", "tag", "support").stdout.splitlines()
    assert [line.split()[0] for line in listed] == ["golden", "v1"]
    assert "(was " in llmobs("dataset", "tag", "support", "v1").stdout
    assert llmobs("dataset", "tag", "support").stdout.splitlines()[1].endswith("(as the file)")
    assert llmobs("dataset", "tag", "support", "v1", "--delete").returncode == 0
    assert list(json.loads(llmobs("dataset", "tag", "support", "--json").stdout)["tags"]) == ["golden"]


def test_a_tagged_version_is_shown_as_it_was(llmobs: Run, write: Write) -> None:
    write(FIRST)
    llmobs("dataset", "tag", "support", "v1")
    write(SECOND)
    rows = json.loads(llmobs("dataset", "show", "support", "--as-of", "v1", "--json").stdout)["examples"]
    assert [row["id"] for row in rows] == ["double-charge", "add-seats", "cancel"]


def test_validate_names_every_problem_of_every_file(llmobs: Run, write: Write) -> None:
    write(FIRST)
    assert llmobs("dataset", "validate").stdout == "1 dataset: nothing is wrong\n"
    twins = '{"id": "x", "inputs": {"query": "Where is my order?"}}\n'
    write(twins + twins + "{\n", "datasets/broken.jsonl")
    done = llmobs("dataset", "validate")
    assert done.returncode == 1
    assert "unreadable: 1 finding" in done.stdout
    assert "duplicate-id: 1 finding" in done.stdout
    assert done.stderr == "3 findings in 2 datasets\n"
    assert llmobs("dataset", "validate", "support").returncode == 0
    kinds = [row["kind"] for row in json.loads(llmobs("dataset", "validate", "--json").stdout)]
    assert kinds == ["unreadable", "duplicate-id", "equal-inputs"]
    allowed = llmobs("dataset", "validate", "--allow", "equal-inputs", "--json")
    assert len(json.loads(allowed.stdout)) == 2


def test_validate_shows_some_of_many(llmobs: Run, write: Write) -> None:
    write("{\n" * 12)
    done = llmobs("dataset", "validate")
    assert "… 2 more (--limit 0 shows them)" in done.stdout
    assert "support.jsonl:12:" in llmobs("dataset", "validate", "--limit", "0").stdout


def test_the_folder_may_be_named(llmobs: Run, write: Write, tmp_path: Path) -> None:
    write(FIRST, "elsewhere/golden.jsonl")
    assert "golden" in llmobs("dataset", "--dir", "elsewhere").stdout
    assert llmobs("dataset", "show", "golden", "--dir", str(tmp_path / "elsewhere")).returncode == 0


def test_a_schema_is_set_and_what_breaks_it_is_found(llmobs: Run, write: Write) -> None:
    write(FIRST)
    assert "has no schema" in llmobs("dataset", "schema", "support").stderr
    write('{"properties": {"query": {"type": "string", "maxLength": 30}}}', "inputs.json")
    done = llmobs("dataset", "schema", "support", "--inputs", "inputs.json")
    assert done.returncode == 1
    assert "1 value breaks it: llmobs dataset validate support names them." in done.stderr
    assert json.loads(done.stdout)["inputs_schema"]["properties"]["query"]["maxLength"] == 30
    (finding,) = json.loads(llmobs("dataset", "validate", "support", "--json").stdout)
    assert (finding["kind"], finding["examples"]) == ("schema", ["double-charge"])
    assert finding["pointer"].endswith("/query")
    assert finding["places"] == ["datasets/support.jsonl:1"]
    assert llmobs("dataset", "validate", "support", "--allow", "schema").returncode == 0
    assert llmobs("dataset", "schema", "support", "--clear").returncode == 0
    assert llmobs("dataset", "validate", "support").returncode == 0


def test_a_schema_that_is_no_file_or_no_json_is_named(llmobs: Run, write: Write) -> None:
    write(FIRST)
    write("{", "broken.json")
    for name in ("missing.json", "broken.json"):
        done = llmobs("dataset", "schema", "support", "--inputs", name)
        assert (done.returncode, done.stdout) == (2, "")
        assert name in done.stderr
