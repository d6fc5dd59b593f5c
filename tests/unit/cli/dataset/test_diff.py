"""What ``llmobs dataset diff`` tells whoever reviews a change."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.cli.dataset.conftest import FIRST, SECOND, Write

Run = Callable[..., Any]


@pytest.fixture
def tagged(llmobs: Run, write: Write) -> None:
    """Tag the first version, and write the second."""
    write(FIRST)
    assert llmobs("dataset", "tag", "support", "v1").returncode == 0
    write(SECOND)


@pytest.mark.usefixtures("tagged")
def test_totals_come_first_then_every_value_that_differs(llmobs: Run) -> None:
    done = llmobs("dataset", "diff", "support", "v1")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[:2] == [
        "support",
        "+1 added · −1 removed · ~1 edited (inputs 1, outputs 1, split 1) · 1 unchanged",
    ]
    assert lines[2].startswith("- v1  ")
    assert lines[3].startswith("+ the file  ")
    assert lines[-11:] == [
        "+ late-parcel",
        "    inputs.query: My parcel is late.",
        "    outputs.answer: We are sorry.",
        "- add-seats (hard)",
        "    inputs.query: How do I add seats?",
        "~ double-charge: inputs, outputs, split",
        "    inputs.query:",
        "      I was [-charged-]{+billed+} twice for one order, please help me.",
        "    outputs.required_keywords[1]: {+sorry+}",
        "    outputs.min_length: [-40-]{+30+}",
        "    split: {+hard+}",
    ]


@pytest.mark.usefixtures("tagged")
def test_the_exit_status_tells_of_a_difference_where_it_is_asked_for(llmobs: Run) -> None:
    assert llmobs("dataset", "diff", "support", "v1").returncode == 0
    assert llmobs("dataset", "diff", "support", "v1", "--exit-code").returncode == 1
    same = llmobs("dataset", "diff", "support", "latest", "--exit-code")
    assert same.returncode == 0
    assert same.stdout.splitlines()[1] == "the same examples"


@pytest.mark.usefixtures("tagged")
def test_stat_leaves_the_examples_out(llmobs: Run) -> None:
    done = llmobs("dataset", "diff", "support", "v1", "--stat")
    assert "late-parcel" not in done.stdout
    assert [line.split() for line in done.stdout.splitlines()[-3:]] == [
        ["(none)", "0", "1", "+1"],
        ["base", "2", "2"],
        ["hard", "1", "1"],
    ]


@pytest.mark.usefixtures("tagged")
def test_two_versions_may_be_named(llmobs: Run) -> None:
    assert llmobs("dataset", "tag", "support", "v2").returncode == 0
    there = json.loads(llmobs("dataset", "diff", "support", "v1", "v2", "--json").stdout)
    back = json.loads(llmobs("dataset", "diff", "support", "v2", "v1", "--json").stdout)
    assert [row["id"] for row in there["added"]] == ["late-parcel"]
    assert [row["id"] for row in back["removed"]] == ["late-parcel"]
    assert there["counts"] == {
        "added": 1,
        "removed": 1,
        "edited": 1,
        "unchanged": 1,
        "parts": {"inputs": 1, "outputs": 1, "split": 1},
    }
    (edited,) = there["edited"]
    assert edited["values"][0] == {
        "path": "inputs.query",
        "state": "changed",
        "before": "I was charged twice for one order, please help me.",
        "after": "I was billed twice for one order, please help me.",
    }


@pytest.mark.usefixtures("tagged")
def test_json_takes_no_other_form(llmobs: Run) -> None:
    done = llmobs("dataset", "diff", "support", "v1", "--json", "--stat")
    assert (done.returncode, done.stdout) == (2, "")
    assert llmobs("dataset", "diff", "support", "v1", "--markdown", "--stat").returncode == 2


def test_long_texts_are_abridged_around_what_changed(llmobs: Run, write: Write) -> None:
    words = " ".join(f"word{number}" for number in range(400))
    row = '{{"id": "a", "inputs": {{"query": "{}"}}, "outputs": {{"answer": "{}"}}}}\n'
    write(row.format(words, "x" * 2000))
    llmobs("dataset", "tag", "support", "v1")
    write(row.format(words.replace("word200 ", "other "), "y" * 2000))
    done = llmobs("dataset", "diff", "support", "v1")
    assert "[-word200-]{+other+}" in done.stdout
    assert "word20 " not in done.stdout.replace("\n", " ")
    assert "… 1,700 characters …" in done.stdout
    assert len(done.stdout.splitlines()) < 30
    whole = llmobs("dataset", "diff", "support", "v1", "--all").stdout
    assert "word20 " in whole.replace("\n", " ")
    assert "characters" not in whole


def test_of_many_examples_some_are_shown(llmobs: Run, write: Write) -> None:
    write(FIRST)
    llmobs("dataset", "tag", "support", "v1")
    rows = [f'{{"id": "n{number}", "inputs": {{"n": {number}}}}}\n' for number in range(60)]
    write(FIRST + "".join(rows))
    done = llmobs("dataset", "diff", "support", "v1")
    assert "+60 added" in done.stdout
    assert "… 10 more added (--all shows them)" in done.stdout
    assert "n59" in llmobs("dataset", "diff", "support", "v1", "--all").stdout


def test_the_comment_holds_foreign_text_in_code_alone(llmobs: Run, write: Write) -> None:
    write(FIRST)
    llmobs("dataset", "tag", "support", "v1")
    query = "@team ``` </details> ![x](https://x) \\n````\\nend"
    write(FIRST + f'{{"id": "a|`b`", "inputs": {{"query": "{query}"}}, "split": "`s|`"}}\n')
    done = llmobs("dataset", "diff", "support", "v1", "--markdown", "--all")
    lines = done.stdout.splitlines()
    assert lines[0] == "### `support`: +1 added, −0 removed, ~0 edited, 3 unchanged"
    assert "| `` `s\\|` `` | 0 | 1 |" in lines
    begin, end = lines.index("`````diff"), len(lines) - 1
    assert lines[end] == "`````"
    assert any("@team" in line for line in lines[begin:end])
    assert not any("@team" in line for line in lines[:begin])


def test_a_long_comment_is_folded_and_cut(llmobs: Run, write: Write) -> None:
    write(FIRST)
    llmobs("dataset", "tag", "support", "v1")
    rows = [f'{{"id": "n{number}", "inputs": {{"n": "{number} {"x" * 80}"}}}}\n' for number in range(900)]
    write(FIRST + "".join(rows))
    done = llmobs("dataset", "diff", "support", "v1", "--markdown", "--all")
    assert len(done.stdout) < 65_536
    assert "<details><summary>Examples</summary>\n\n```diff\n" in done.stdout
    assert done.stdout.endswith("</details>\n")
    assert " more lines: `llmobs dataset diff` prints them." in done.stdout


@pytest.mark.usefixtures("tagged")
@pytest.mark.parametrize("columns", ["60", "80", "120"])
def test_the_diff_fits_the_page(llmobs: Run, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    for line in llmobs("dataset", "diff", "support", "v1").stdout.splitlines():
        assert len(line) <= int(columns)


@pytest.mark.usefixtures("tagged")
def test_colours_are_asked_for(llmobs: Run) -> None:
    assert "\x1b[" not in llmobs("dataset", "diff", "support", "v1").stdout
    assert "\x1b[31m[-charged-]" in llmobs("dataset", "diff", "support", "v1", "--color", "always").stdout


@pytest.mark.usefixtures("support")
def test_a_schema_that_changed_is_told_beside_the_examples(llmobs: Run, write: Write) -> None:
    write(FIRST)
    write('{"inputs_schema": {"required": ["query"]}}', "datasets/.about/support.json")
    done = llmobs("dataset", "diff", "support", "--exit-code")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[1] == "the same examples · ~ inputs_schema"
    assert lines[-2:] == ["~ the dataset itself", '    inputs_schema: {+{"required": ["query"]}+}']
    document = json.loads(llmobs("dataset", "diff", "support", "HEAD", "--json").stdout)
    (change,) = document["about"]
    assert (change["path"], change["after"]) == ("inputs_schema", {"required": ["query"]})
    assert "~ the dataset itself" in llmobs("dataset", "diff", "support", "main", "--markdown").stdout


@pytest.mark.usefixtures("tagged")
def test_two_kept_versions_are_told_with_all_their_examples_counted(llmobs: Run) -> None:
    assert llmobs("dataset", "tag", "support", "v2").returncode == 0
    done = llmobs("dataset", "diff", "support", "v1", "v2")
    lines = done.stdout.splitlines()
    assert lines[1].endswith("1 unchanged")
    assert [line.rpartition("  ")[2] for line in lines[2:4]] == ["3 examples", "3 examples"]
    of_file = llmobs("dataset", "diff", "support", "v1").stdout.splitlines()
    assert lines[4:] == of_file[4:]
