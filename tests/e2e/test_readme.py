"""What the documentation shows is what happens: its files run, its queries too, its tables and output are real.

The generated parts of the README are written anew with ``LLMOBS_UPDATE_README=1 pytest tests/e2e/test_readme.py``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest

from pytest_llmobs import cli
from pytest_llmobs.errors import PromptVariableError
from tests.e2e.conftest import ROOT, Red, copy_example, plain_environment
from tests.e2e.here import llmobs_here, pytest_here, python_here

README = (ROOT / "README.md").read_text(encoding="utf-8")
DATASETS = (ROOT / "docs" / "datasets.md").read_text(encoding="utf-8")
UPDATE = "LLMOBS_UPDATE_README"


class Block(NamedTuple):
    """One fenced block; ``note`` is the comment in the line before it (``file: test_x.py``), if any."""

    note: str
    language: str
    text: str

    @property
    def file(self) -> str | None:
        return self.note.removeprefix("file: ") if self.note.startswith("file: ") else None


def blocks(document: str) -> list[Block]:
    found = re.findall(r"^(?:<!-- ([^\n]*) -->\n)?```(\w+)\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)
    return [Block(*parts) for parts in found]


def write_files(document: str, folder: Path) -> list[str]:
    """Write every block that is a file, and return their names."""
    files = {block.file: block.text for block in blocks(document) if block.file}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return list(files)


def copy_first_screen(folder: Path) -> None:
    """Write the files that the README begins with."""
    for block in blocks(README):
        name = block.note.removeprefix("first screen: ")
        if name != block.note:
            folder.joinpath(name).write_text(block.text, encoding="utf-8")


def check_generated(part: str, text: str, compared_by=str.strip) -> None:
    """Compare a generated part of the README with what it should be, or write it anew."""
    (found,) = re.findall(rf"<!-- generated: {part} -->\n(.*?)<!-- end -->", README, re.DOTALL)
    if os.environ.get(UPDATE) and compared_by(found) != compared_by(text):
        path = ROOT / "README.md"
        mark = f"<!-- generated: {part} -->\n"
        page = path.read_text(encoding="utf-8").replace(f"{mark}{found}", f"{mark}{text}")
        path.write_text(page, encoding="utf-8")
    else:
        assert compared_by(found) == compared_by(text), f"README is behind; {UPDATE}=1 writes it anew"


def without_chance(text: str) -> str:
    """Replace what differs from session to session: names, moments, run ids, durations."""
    text = re.sub(r"\b[a-z]+-[a-z]+-\d{8}-\d{6}\b", "NAME", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "MOMENT", text)
    text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "ID", text)
    return re.sub(r"=* ?(\d+ failed.*) in [\d.]+s =*|(?<= in )[\d.]+ s\b", r"\1", text).strip()


def test_the_options_are_those_there_are():
    from pytest_llmobs.settings import OPTIONS

    rows = ["| option | ini key | default | meaning |", "|---|---|---|---|"]
    for option in OPTIONS:
        flag = "" if option.ini_only else f"`{option.flag}{f' {option.metavar}' if option.metavar else ''}`"
        default = str(option.default).lower() if option.kind == "bool" else option.default
        default = " ".join(default) if isinstance(default, tuple | list) else default
        shown = f"`{default}`" if default not in ("", None) else ""
        rows.append(f"| {flag} | `{option.ini}` | {shown} | {option.help} |")
    check_generated("options", "\n".join(rows) + "\n")


def test_the_commands_are_those_there_are():
    from pytest_llmobs.cli import COMMANDS

    rows = [f"| `llmobs {name}` | {command.summary} |" for name, command in COMMANDS.items()]
    check_generated("commands", "\n".join(["| command | what it does |", "|---|---|", *rows]) + "\n")


def test_the_evaluators_are_those_there_are():
    from pytest_llmobs.evaluators import builtin

    families = defaultdict(list)
    for name, evaluator in builtin().items():
        families[type(evaluator).__module__.rpartition(".")[2]].append(f"`{name}`")
    rows = [f"| {family} | {' '.join(names)} |" for family, names in families.items()]
    check_generated("evaluators", "\n".join(["| family | ready-made |", "|---|---|", *rows]) + "\n")


def test_the_columns_are_those_of_the_files():
    from pytest_llmobs.storage.parquet.schema import markdown

    check_generated("columns", markdown())


def test_what_changed_in_the_prompt_is_the_one_printed(red: Red):
    block = red.output.split("examples broke\n", 1)[1].partition("  ✗ ")[0]
    check_generated("changed prompt", f"```text\n{block.rstrip()}\n```\n")


def test_the_pull_request_s_table_is_the_one_printed(red: Red, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(red.folder)
    assert cli.main(["report", "markdown:pull-request.md"]) == 0
    headline, _, table, *_ = Path("pull-request.md").read_text(encoding="utf-8").split("\n\n")
    quoted = [f"> {line}" for line in (headline.replace("###", "####"), "", *table.splitlines())]
    check_generated("pull request", "\n".join(map(str.rstrip, quoted)) + "\n")


def test_the_refused_prompt_is_the_one_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "support.md").write_text(noted("prompts/support.md"), encoding="utf-8")
    with pytest.raises(PromptVariableError) as raised:
        exec(compile(noted("unfilled"), "README.md", "exec"), {})
    check_generated("unfilled", f"```text\nPromptVariableError: {raised.value}\n```\n")


def test_the_log_of_the_prompt_is_the_one_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(copy_example("support_bot", tmp_path))
    assert cli.main(["prompts", "log", "support"]) == 0
    check_generated("prompt log", f"```text\n{capsys.readouterr().out}```\n")


def test_the_queries_answer_what_they_say(red: Red, monkeypatch: pytest.MonkeyPatch):
    import duckdb

    monkeypatch.chdir(red.folder)
    queries = [block.text for block in blocks(README) if block.language == "sql" and "SELECT" in block.text]
    by_model, trace = (duckdb.sql(query).fetchall() for query in queries if not query.startswith("COPY"))
    assert [(model, calls) for model, calls, *_ in by_model] == [("claude-haiku-5-5", 35 + 34)]
    assert all(value > 0 for value in by_model[0][2:])
    assert [run_type for _, run_type, *_ in trace] == ["chain", "llm"]
    assert "Your Northwind support" in trace[0][-1]


SHOP = """
from pytest_llmobs import trace, traceable

@traceable
def support_agent(customer_name, question):
    if not question:
        raise ValueError("no question")
    return f"Hi {customer_name}!"

support_agent("Ana", "Where is my invoice?")
for _ in range(3):
    try:
        support_agent("Bo", "")
    except ValueError:
        pass
with trace("support_agent", inputs={"customer_name": "Cy", "question": "Why?"}, metadata={"thumbs": "down"}):
    pass
"""


def test_runs_found_by_the_query_are_a_dataset(red: Red, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import duckdb

    from pytest_llmobs import load_dataset

    # the store of an app whose tests were experiments, too: their trials are in a dataset already
    folder = shutil.copytree(red.folder, tmp_path / "shop")
    environment = plain_environment() | {"LLMOBS_TRACING": "true", "LLMOBS_PROJECT": "production"}
    subprocess.run([sys.executable, "-c", SHOP], cwd=folder, env=environment, check=True)
    monkeypatch.chdir(folder)
    (copy,) = [block.text for block in blocks(README) if block.text.startswith("COPY")]
    duckdb.sql(copy)
    examples = load_dataset("to_review.jsonl").examples
    assert sorted(example.inputs["customer_name"] for example in examples) == ["Bo", "Cy"]
    assert {example.metadata["found_in"] for example in examples} == {"production"}


def test_the_tests_of_the_readme_pass(tmp_path: Path):
    copy_first_screen(tmp_path)
    names = write_files(README, tmp_path)
    assert names == ["test_direct.py", "test_own.py"]
    done = pytest_here(tmp_path, *names)
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout  # 1 direct call, 2 examples


def test_the_python_of_the_readme_runs():
    plain = [block.text for block in blocks(README) if block.note == "run"]
    assert plain
    for text in plain:
        exec(compile(text, "README.md", "exec"), {})


def test_what_was_rated_down_becomes_examples(tmp_path: Path):
    copy_first_screen(tmp_path)
    setup = """
from pytest_llmobs import Client, traceable
from support_bot import support_agent

traced = traceable(support_agent)
traced("Maria", "I was charged twice in March.")
(run,) = Client().list_runs(project_name="production", is_root=True)
run_id = run.id
"""
    run_app(tmp_path, setup + noted("rated down"), LLMOBS_TRACING="true", LLMOBS_PROJECT="production")
    llmobs = noted("curated").removeprefix("$ llmobs ").split()
    assert llmobs_here(tmp_path, *llmobs, "--yes").returncode == 0
    (line,) = (tmp_path / "datasets" / "rated_down.jsonl").read_text(encoding="utf-8").splitlines()
    example = json.loads(line)
    assert example["inputs"]["customer_name"] == "Maria"
    assert "outputs" not in example
    assert example["metadata"]["rejected_output"]["output"].startswith("Hi Maria")


def test_the_script_of_the_readme_gates(tmp_path: Path):
    copy_first_screen(tmp_path)
    setup = """
import sys
from pytest_llmobs import evaluate
from pytest_llmobs.evaluators import forbidden_phrases, required_keywords
from support_bot import support_agent
"""
    printed = printed_by(tmp_path, setup + noted("script"))
    assert "required_keywords  1.000" in printed
    assert "NO BASELINE" in printed


def test_the_client_edits_the_dataset_as_the_page_shows(tmp_path: Path):
    printed = printed_by(tmp_path, noted("client", DATASETS))
    assert printed == noted("printed by the client", DATASETS)
    written = tmp_path / "datasets" / "support" / "golden.jsonl"
    assert written.read_text(encoding="utf-8") == noted("written by the client", DATASETS)


def test_yaml_is_edited_as_the_page_shows(tmp_path: Path):
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "tickets.yaml").write_text(noted("a file of YAML", DATASETS))
    printed = printed_by(tmp_path, noted("an edit of YAML", DATASETS))
    times = re.compile(r"'20\d\d-[^']+'")
    assert times.sub("T", printed.rstrip("\n")) == times.sub(
        "T", noted("printed by the edit of YAML", DATASETS).rstrip("\n")
    )


def test_a_version_is_loaded_as_the_page_shows(tmp_path: Path):
    printed_by(tmp_path, noted("client", DATASETS))
    printed = printed_by(tmp_path, noted("versions", DATASETS))
    assert printed == noted("printed by the versions", DATASETS)


def noted(note: str, document: str = README) -> str:
    (text,) = [block.text for block in blocks(document) if block.note == note]
    return text


def printed_by(folder: Path, text: str) -> str:
    """Return what a script prints."""
    done = python_here(folder, text, plain_environment())
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def run_app(folder: Path, text: str, **variables: str) -> None:
    """Run a script that traces from its start to its end."""
    done = subprocess.run(
        [sys.executable, "-c", text],
        cwd=folder,
        env=plain_environment() | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_python_and_sql_block_is_tried():
    unchecked = [
        block.text
        for block in blocks(README + DATASETS)
        if block.language in ("python", "sql", "json") and not block.note
    ]
    assert unchecked == []


def test_the_first_commands_make_what_they_need():
    lines = re.findall(r"^\$ (python3 -m venv .*)$", README, re.MULTILINE)
    example, tests = (re.split(r" && ", line) for line in lines)
    assert example[0] == tests[0] == "python3 -m venv .venv"
    assert example[1].startswith(".venv/bin/pip install ")
    assert tests[1].startswith(".venv/bin/pip install ")
    assert (ROOT / example[2].split()[3]).is_dir()
    assert tests[2] == ".venv/bin/python -m pytest -n 2 --dist worksteal"


def test_the_files_of_the_datasets_page_work(tmp_path: Path):
    names = write_files(DATASETS, tmp_path)
    datasets = [name for name in names if name.startswith("golden.")]
    assert len(datasets) == 4
    tests = "".join(
        f"""
@pytest.mark.llm_dataset({name!r})
def test_golden_{number}(example):
    assert example.id in ("double-charge", "add-seats")
    assert example.inputs["query"]
"""
        for number, name in enumerate([*datasets, "golden.toml"])
    )
    (tmp_path / "test_golden.py").write_text(f"import pytest\n{tests}", encoding="utf-8")
    (tmp_path / "golden.toml").write_text('[[example]]\nid = "add-seats"\ninputs = {query = "How?"}\n')
    done = pytest_here(tmp_path)
    assert done.returncode == 0, done.stdout
    assert f" {2 + 3 + 2 + 2 + 2 + 1 + 1} passed in " in done.stdout


def test_the_message_on_the_datasets_page_is_the_one_printed(tmp_path: Path):
    write_files(DATASETS, tmp_path)
    golden = tmp_path / "golden.jsonl"
    golden.write_text(golden.read_text() + golden.read_text().splitlines()[1])
    (tmp_path / "test_it.py").write_text(
        "import pytest\n\n@pytest.mark.llm_dataset('golden.jsonl')\ndef test_it(example): pass\n"
    )
    done = pytest_here(tmp_path, "test_it.py")
    texts = [block for block in blocks(DATASETS) if block.language == "text" and not block.note]
    (shown,) = [block.text.strip() for block in texts]
    assert shown in done.stdout.replace("\nE   ", " ")
    assert "Traceback" not in done.stdout


def test_every_extra_is_told_of():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    (table,) = re.findall(r"^\| extra \| for \|\n(.*?)\n\n", README, re.MULTILINE | re.DOTALL)
    named = [name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert sorted(named) == sorted(extras.keys() - {"dev"})
