"""``--llm-report``: reports besides the section at the end, those of a project's own ``conftest.py`` too."""

from __future__ import annotations

import inspect
import json
import re
import textwrap
from pathlib import Path

import jsonschema
import pytest

from pytest_llmobs import hookspecs
from pytest_llmobs.reports.json import SCHEMA
from tests.plugin.conftest import BROKEN, Project

CONFTEST = """
class Headline:
    name = "headline"
    suffix = ".txt"

    def render(self, digest, page, context):
        return f"{digest.experiment.name}: {digest.verdict.headline}"

class Shout:
    name = "shout"
    suffix = ""

    def render(self, digest, page, context):
        return digest.verdict.word.upper() + "!"

class Broken(Shout):
    name = "broken"

    def render(self, digest, page, context):
        raise RuntimeError("no ink")

def pytest_llmobs_reports():
    return [Headline(), Shout(), Broken()]
"""


def validated(path: Path) -> dict:
    document = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(document, json.loads(SCHEMA.read_text(encoding="utf-8")))
    return document


@pytest.fixture
def red(project: Project) -> Project:
    """A project with a baseline, that breaks."""
    project.record()
    project.prompt(BROKEN)
    return project


def test_json_lies_in_the_store_and_says_what_the_section_says(red: Project):
    result = red.experiment("--llm-confirm=0", "--llm-name=first", "--llm-report=json")
    assert result.ret == 1
    document = validated(red.path / ".llmobs" / "reports" / "first.json")
    assert document["experiment"]["name"] == "first"
    assert document["verdict"]["headline"] in result.stdout.str()
    assert {row["example_id"] for row in document["examples"]} == {"ada", "grace", "edsger"}
    result.stdout.fnmatch_lines(["report json: .llmobs/reports/first.json"])


def test_a_format_of_the_conftest_is_one_file(red: Project):
    red.write(conftest=CONFTEST)
    result = red.experiment(
        "--llm-confirm=0", "--llm-name=first", "--llm-report=headline:out/red.txt", "--llm-report=shout"
    )
    assert result.ret == 1
    assert re.fullmatch(r"first: RED: .*\n", (red.path / "out" / "red.txt").read_text())
    result.stdout.fnmatch_lines(["*= LLM experiment =*", "RED: *", "RED!", "report headline: out/red.txt"])


def test_the_ini_key_does_the_same(project: Project):
    project.write(conftest=CONFTEST)
    project.path.joinpath("pytest.ini").write_text(
        "[pytest]\nllm_report =\n    shout\n    json:a report.json\n"
    )
    result = project.experiment()
    assert result.ret == 0
    result.stdout.fnmatch_lines(["NO BASELINE!", "report json: a report.json"])
    assert validated(project.path / "a report.json")["verdict"]["word"] == "no baseline"


def test_without_the_option_the_section_is_as_it_was(project: Project):
    text = project.experiment().stdout.str()
    assert "report " not in text.split(" LLM experiment =")[1]
    assert not project.path.joinpath(".llmobs", "reports").exists()


def test_an_unknown_format_is_refused_before_anything_runs(project: Project):
    project.write(conftest=CONFTEST)
    result = project.experiment("--llm-report=headlin")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "*Unknown report 'headlin' for --llm-report or llm_report. Did you mean 'headline'? "
            "Known: broken, github, headline, html, json, junit, markdown, shout, terminal. "
            "The hook pytest_llmobs_reports *"
        ]
    )
    assert not project.path.joinpath(".llmobs").exists()


@pytest.mark.parametrize("status", [0, 1])
def test_a_failing_report_is_a_line_and_no_verdict(project: Project, status: int):
    project.write(conftest=CONFTEST)
    project.record()
    if status:
        project.prompt(BROKEN)
    in_the_way = project.path / "file"
    in_the_way.write_text("")
    result = project.experiment(
        "--llm-confirm=0", "--llm-report=broken", "--llm-report=json:file/x.json", "--llm-report=shout"
    )
    assert result.ret == status
    result.stdout.fnmatch_lines(
        [
            "! report broken: RuntimeError: no ink (*conftest.py:*)",
            ["GREEN!", "RED!"][status],
            "! report json: can't write *file/x.json': a file stands in the place of its folder",
        ]
    )
    assert "INTERNALERROR" not in result.stdout.str()


def test_files_are_written_where_no_terminal_reports(project: Project):
    assert project.experiment("-p", "no:terminal", "--llm-report=json:out.json").ret == 0
    assert validated(project.path / "out.json")["verdict"]["word"] == "no baseline"


def test_workers_leave_it_to_the_controller(project: Project):
    project.write(conftest=CONFTEST)
    result = project.experiment("-n1", "--llm-report=json:out.json", "--llm-report=shout")
    assert result.ret == 0
    assert result.stdout.str().count("NO BASELINE!") == 1
    assert validated(project.path / "out.json")["spending"]["trials"]["ran"] == 3


def test_the_command_makes_the_same_report_of_a_stored_experiment(red: Project):
    red.write(conftest=CONFTEST)
    red.experiment("--llm-confirm=0", "--llm-name=first", "--llm-report=json:then.json")
    done = red.llmobs("report", "first", "json:now.json", "headline", "shout", "broken")
    assert done.returncode == 1
    assert done.stdout == "RED!\nreport json: now.json\nreport headline: .llmobs/reports/first.txt\n"
    assert done.stderr.startswith("! report broken: RuntimeError: no ink")
    then, now = (validated(red.path / name) for name in ("then.json", "now.json"))
    assert {**now, "commands": None} == {**then, "commands": None}
    assert (red.path / ".llmobs" / "reports" / "first.txt").read_text().startswith("first: RED")


def test_merge_makes_reports_of_the_whole(project: Project):
    project.write(conftest=CONFTEST)
    for number in (1, 2):
        project.experiment("--llm-name=ci-7", f"--llm-shard={number}/2")
    done = project.llmobs("merge", ".llmobs", "--report", "json:whole.json", "--report=shout")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("\nNO BASELINE!\n")
    whole = validated(project.path / "whole.json")
    assert (whole["experiment"]["name"], whole["experiment"]["shard"]) == ("ci-7", None)
    assert whole["spending"]["trials"]["ran"] == 3


def test_merge_tells_machines_of_the_whole(project: Project):
    for number in (1, 2):
        project.experiment("--llm-name=ci-7", f"--llm-shard={number}/2")
    document = json.loads(project.llmobs("merge", ".llmobs", "--json").stdout)
    jsonschema.validate(document, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert document["spending"]["trials"]["ran"] == 3


def test_the_documented_format_works(project: Project):
    documentation = inspect.getdoc(hookspecs.pytest_llmobs_reports) or ""
    example = textwrap.dedent(documentation.partition("Example::\n")[2])
    project.write(conftest=example)
    project.experiment("--llm-report=csv:means.csv")
    first, second, third = (project.path / "means.csv").read_text().splitlines()
    assert first == "suite,metric,mean"
    assert second == "test_app.py::test_answer,pass,1.0"
    assert third == "test_app.py::test_answer,greets,1.0"
