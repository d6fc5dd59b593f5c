"""Who read a JSON report then reads today's: the schemas of then are kept, and today's documents satisfy them.

``json_report/version-2.schema.json`` is never edited: what needs that breaks readers. A new version adds its own file.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.experiment import digest
from pytest_llmobs.reports.json import SCHEMA_VERSION, JsonReport
from pytest_llmobs.reports.text.page import Page
from tests.unit.reports.conftest import GALLERY

KEPT = Path(__file__).parent / "json_report"

READER_OF_VERSION_2 = """
import json, sys

report = json.load(open(sys.argv[1], encoding="utf-8"))
assert report["schema_version"] == 2, "this script knows version 2"
print(report["experiment"]["name"], report["verdict"]["word"], report["verdict"]["headline"])
for suite in report["suites"]:
    for row in suite["metrics"]:
        print(suite["suite"], row["metric"], row["verdict"], row["candidate"])
        print(row["delta"], row["low"], row["high"], row["p_adjusted"])
for example in report["examples"]:
    print(example["example_id"], example["state"], example["scores"][0]["comment"])
for other in report["other_examples"]:
    print(other["example_id"], other["state"])
total = report["spending"]["total"]
print(total["cost"], total["app"]["calls"], report["spending"]["looks"], report["spending"]["control"])
for command in report["commands"]:
    print(command["command"])
"""
"""A script as users have it: it stops at a version that it doesn't know, and ignores keys that it doesn't."""


def report(experiment: Experiment) -> str:
    context = Context()
    return JsonReport().render(digest(experiment, context), Page(), context)


def misfits(document: Any, version: int) -> set[str]:
    """Return where a document is not what a version promised: the paths, without the numbers of list items."""
    schema = json.loads((KEPT / f"version-{version}.schema.json").read_text("utf-8"))
    schema["properties"]["schema_version"] = {"type": "integer"}
    found = set()
    for error in jsonschema.Draft202012Validator(schema).iter_errors(document):
        path = ".".join(str(part) for part in error.path if not isinstance(part, int))
        missing = error.message.split("'")[1] if error.validator == "required" else str(error.instance)
        found.add(f"{path}: {missing}")
    return found


@pytest.mark.parametrize("kind", GALLERY)
def test_version_2_is_what_it_was(kind: str) -> None:
    assert misfits(json.loads(report(GALLERY[kind]())), 2) == set()


@pytest.mark.parametrize("name", ["red_examples", "drifted", "nothing"])
def test_a_script_for_version_2_reads_it(name: str, tmp_path: Path) -> None:
    assert SCHEMA_VERSION == 2
    file = tmp_path / "report.json"
    file.write_text(report(GALLERY[name]()), encoding="utf-8")
    script = tmp_path / "reader.py"
    script.write_text(READER_OF_VERSION_2, encoding="utf-8")

    command = [sys.executable, "-X", "utf8", str(script), str(file)]
    read = subprocess.run(command, check=False, capture_output=True, text=True, encoding="utf-8")

    assert (read.returncode, read.stderr) == (0, "")
    assert read.stdout.startswith("brave-otter-1123 ")


WITHOUT_FOR_VERSION_1 = {
    "spending: confirmation",
    "suites.metrics: mde_repeats",
    "suites.metrics.verdict: DRIFTED",
    "examples.state: drifted",
    "examples.scores.state: drifted",
}
"""What version 2 took away from readers of version 1, as docs/reports.md says."""


def test_a_reader_of_version_1_misses_what_the_documentation_names_and_no_more() -> None:
    missed: set[str] = set()
    for build in GALLERY.values():
        missed |= misfits(json.loads(report(build())), 1)

    assert missed == WITHOUT_FOR_VERSION_1
    documented = (Path(__file__).parents[2] / "docs" / "reports.md").read_text("utf-8")
    for words in ("`confirmation`", "`mde_repeats`", "the verdict and state of what drifted"):
        assert words in documented
