"""What docs/tracing.md shows is what happens."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import duckdb
import pytest

from pytest_llmobs.providers.anthropic import Anthropic
from pytest_llmobs.providers.openai import OpenAI
from pytest_llmobs.providers.replies import Endpoint
from pytest_llmobs.tracing import Redactor, environment
from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from pytest_llmobs.tracing.tracer import Tracer
from tests.e2e.here import pytest_here
from tests.e2e.test_readme import ROOT, UPDATE, Block, blocks, write_files
from tests.unit.tracing.memory import MemorySink

PATH = ROOT / "docs" / "tracing.md"
PAGE = PATH.read_text(encoding="utf-8")


def noted(note: str) -> Block:
    (found,) = [block for block in blocks(PAGE) if block.note == note]
    return found


def test_the_variables_are_those_there_are() -> None:
    rows = [f"| `{name}` | {meaning} |" for name, meaning in environment.VARIABLES.items()]
    table = "\n".join(["| variable | meaning |", "|---|---|", *rows]) + "\n"
    (found,) = re.findall(r"<!-- generated: variables -->\n(.*?)<!-- end -->", PAGE, re.DOTALL)
    if os.environ.get(UPDATE):
        PATH.write_text(PAGE.replace(found, table), encoding="utf-8")
    else:
        assert found == table, f"docs/tracing.md is behind; {UPDATE}=1 writes it anew"


def test_no_variable_is_read_that_is_not_listed() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "pytest_llmobs").rglob("*.py")]
    read = {name for source in sources for name in re.findall(r"\bLLMOBS_[A-Z_]+", source)}
    between_our_processes = {"LLMOBS_CONFIRMING", "LLMOBS_CONTROL", "LLMOBS_SESSION_PROMPTS"}
    of_people = {"LLMOBS_REVIEWER"}
    assert read - between_our_processes - of_people == set(environment.VARIABLES)


def test_every_block_is_tried() -> None:
    tried = {"run", "console", "recipe: presidio"}
    assert [block.text for block in blocks(PAGE) if not block.file and block.note not in tried] == []


def test_the_running_app_logs_as_its_environment_says(tmp_path: Path) -> None:
    write_files(PAGE, tmp_path)
    command = noted("console").text.removeprefix("$ ").strip()
    *variables, python, script = shlex.split(command)
    said = dict(variable.split("=", 1) for variable in variables)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LLMOBS")}
    assert python == "python"
    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, env=kept | said, capture_output=True, text=True, check=True
    )
    assert done.stdout == "Your order ORD-774411 is on its way, ann@example.com.\n"
    runs = f"read_parquet('{tmp_path}/.llmobs/runs/**/*.parquet', hive_partitioning=true)"
    # Where the machine is busy, the metadata says how long capturing took, too.
    metadata = "json_merge_patch(metadata, '{\"capture_ms\": null}')"
    query = (
        f"select project, name, run_type, inputs, outputs, {metadata}, tags from {runs} order by start_time"
    )
    customer = '"customer":"[redacted: email]"'
    assert duckdb.sql(query).fetchall() == [
        (
            "production",
            "answer",
            "chain",
            f'{{"question":"Where is my order?",{customer}}}',
            '{"output":"Your order [redacted: order] is on its way, [redacted: email]."}',
            f"{{{customer}}}",
            None,
        ),
        (
            "production",
            "find_orders",
            "retriever",
            f"{{{customer}}}",
            '{"output":["[redacted: order]"]}',
            f"{{{customer}}}",
            ["search"],
        ),
    ]


def test_the_hook_and_the_ini_file_redact_a_session(tmp_path: Path) -> None:
    write_files(PAGE, tmp_path)
    rows = '[{"id": "a", "inputs": {"question": "Where?", "customer": "ann@example.com"}}]'
    (tmp_path / "test_shop.py").write_text(
        "import pytest\nfrom shop import answer\n\n"
        f"@pytest.mark.llm_dataset({rows}, target=answer)\n"
        "def test_shop(example, llm_run):\n    assert 'ORD-774411' in llm_run.outputs['output']\n"
    )
    done = pytest_here(tmp_path, "--llm-experiment")
    assert done.returncode == 0, done.stdout
    runs = f"read_parquet('{tmp_path}/.llmobs/runs/**/*.parquet', hive_partitioning=true)"
    outputs = duckdb.sql(f"select outputs from {runs} where example_id = 'a'").fetchall()
    assert outputs == [('{"output":"Your order [redacted: order] is on its way, [redacted: email]."}',)]


def test_headers_join_the_callers_trace() -> None:
    sink = MemorySink()
    install(Tracer(project="unit", sink=sink))
    try:
        exec(compile(noted("run").text, str(PATH), "exec"), {})
    finally:
        uninstall()
    assert sink.names() == ["checkout", "check_stock"]
    assert sink.parent_of("check_stock") == "checkout"


def test_the_recipe_is_a_redactor_that_calls_presidio_as_it_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Presidio takes 400 MB, so its two calls are played here by what has the same parameters."""

    def analyze(*, text: str, language: str) -> list[tuple[int, int]]:
        assert language == "en"
        return [(at.start(), at.end()) for at in re.finditer("Ann Lee", text)]

    def anonymize(*, text: str, analyzer_results: list[tuple[int, int]]) -> SimpleNamespace:
        for start, end in reversed(analyzer_results):
            text = f"{text[:start]}<PERSON>{text[end:]}"
        return SimpleNamespace(text=text)

    for name, member in (("analyzer", "analyze"), ("anonymizer", "anonymize")):
        module: Any = ModuleType(f"presidio_{name}")
        engine = SimpleNamespace(**{member: analyze if name == "analyzer" else anonymize})
        setattr(module, f"{name.title()}Engine", lambda engine=engine: engine)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    recipe: dict[str, Any] = {}
    exec(compile(noted("recipe: presidio").text, str(PATH), "exec"), recipe)
    (redactor,) = recipe["pytest_llmobs_redact"]()
    assert isinstance(redactor, Redactor)
    redaction = Redaction([redactor])
    assert redaction.clean_if_suspect({"a": ["Ann Lee called"]}) == {"a": ["<PERSON> called"]}
    assert not redaction.suspects(b'{"a": "nobody called"}')


def test_every_endpoint_is_described() -> None:
    names = []
    for provider in (Anthropic(), OpenAI()):
        found = [*provider.endpoints.values(), *filter(_is_endpoint, vars(provider).values())]
        names += [f"`{provider.name}.{endpoint.name}`" for endpoint in found]
    assert len(names) > 25
    assert [name for name in names if name not in PAGE] == []


def _is_endpoint(value: object) -> bool:
    return isinstance(value, Endpoint)
