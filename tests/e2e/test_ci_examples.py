"""The pipelines of examples/ci: they are what the services accept, and every line of shell in them does its part."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.comment_server import Answer, Service, serving
from tests.e2e.ci_jobs import Pipeline, run_pipeline, run_workflow
from tests.e2e.conftest import ROOT

EXAMPLES = ROOT / "examples" / "ci"
BROKEN = ('if block.type == "text")', 'if block.type == "text")[:120]')
"""What a pull request does to the app: replies are cut, so that nobody signs them."""


def read(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load((EXAMPLES / name).read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    return loaded


@pytest.mark.parametrize(
    ("name", "schema"), [("github.yml", "github-workflows"), ("gitlab.yml", "gitlab-ci")]
)
def test_the_service_accepts_it(name: str, schema: str):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    done = subprocess.run([*command, EXAMPLES / name], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_job_may_write_no_more_than_it_must():
    workflow = read("github.yml")
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["jobs"]["gate"]["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert "permissions" not in workflow["jobs"]["shard"]
    # it would run a fork's code with the repository's secrets
    assert "pull_request_target" not in workflow["on"]
    for job in workflow["jobs"].values():
        assert int(job["timeout-minutes"]) <= 30


@pytest.fixture
def service() -> Iterator[Service]:
    with serving(Service()) as found:
        yield found


def on_github(folder: Path, service: Service, *, fork: bool) -> Pipeline:
    """Return a run of the workflow that a pull request starts."""
    head = "stranger/bot" if fork else "acme/bot"
    sides = {"head": {"repo": {"full_name": head}}, "base": {"repo": {"full_name": "acme/bot"}}}
    event = folder / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 12, **sides}}))
    summary = folder / "summary"
    summary.touch()
    return Pipeline(
        folder,
        edit=BROKEN,
        variables={
            "GITHUB_API_URL": service.address,
            "GITHUB_REPOSITORY": "acme/bot",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_STEP_SUMMARY": str(summary),
            "no_proxy": "127.0.0.1",
        },
        known={
            "github.run_id": "4711",
            "github.run_attempt": "1",
            "github.token": "ghs",
            "secrets.ANTHROPIC_API_KEY": "" if fork else "k",
        },
    )


def test_a_red_pull_request_on_github(tmp_path: Path, service: Service):
    pipeline = on_github(tmp_path, service, fork=False)
    passed = run_workflow(read("github.yml"), pipeline)
    assert passed == {"shard-1": True, "shard-2": True, "gate": False}
    assert (
        "a scripted STAND-IN answers" in pipeline.step("shard-1: mode").output
    )  # it was asked for what is new
    merged = pipeline.step("gate: llmobs merge")
    assert "signs_as_tidemark" in merged.output
    annotations = [line for line in merged.output.split("\n") if line.startswith("::error ")]
    assert annotations
    assert "file=test_support.py,line=" in annotations[0]
    assert (tmp_path / "summary").read_text().startswith("### 🔴 RED: ")
    (comment,) = service.comments
    assert "<code>ci-4711-1</code>" in comment["body"]
    assert pipeline.step("gate: llmobs comment").output == f"comment created: {comment['html_url']}\n"
    kept = {path.name for path in (pipeline.artifacts / "llm-report").iterdir()}
    assert kept == {"llm-report.html", "llm-junit.xml"}


def test_a_forks_pull_request_is_judged_without_any_secret(tmp_path: Path, service: Service):
    service.refusals["POST"] = Answer(403, {"message": "Resource not accessible by integration"})
    pipeline = on_github(tmp_path, service, fork=True)
    passed = run_workflow(read("github.yml"), pipeline)
    assert passed == {"shard-1": True, "shard-2": True, "gate": False}
    assert "nothing is asked, and no stand-in runs" in pipeline.step("shard-1: mode").output
    commented = pipeline.step("gate: llmobs comment")
    assert (commented.status, commented.output) == (
        0,
        "comment skipped: the token of a fork's pull request can't write\n",
    )


def test_a_red_merge_request_on_gitlab(tmp_path: Path, service: Service):
    variables = {
        "CI_API_V4_URL": service.address,
        "CI_PROJECT_ID": "7",
        "CI_PROJECT_URL": "https://gitlab.example/acme/bot",
        "CI_MERGE_REQUEST_IID": "3",
        "CI_PIPELINE_ID": "4711",
        "GITLAB_TOKEN": "glpat",
        "no_proxy": "127.0.0.1",
    }
    pipeline = Pipeline(tmp_path, edit=BROKEN, variables=variables)
    passed = run_pipeline(read("gitlab.yml"), pipeline)
    assert passed == {"shard-1": True, "shard-2": True, "gate-1": False}
    assert "nothing is asked, and no stand-in runs" in pipeline.step("shard-1 script").output
    (comment,) = service.comments
    assert "<code>ci-4711</code>" in comment["body"]
    page = "https://gitlab.example/acme/bot/-/merge_requests/3#note_100"
    assert pipeline.step("gate-1 after").output == f"comment created: {page}\n"
    assert {path.name for path in pipeline.artifacts.iterdir()} == {
        "shards",
        "llm-report.html",
        "llm-junit.xml",
    }
