"""Jobs of GitHub Actions and GitLab CI, run on this machine as far as their shell lines go.

Actions are stood in for by what they do to files. Whatever a workflow uses beyond that, such as an unknown action or
expression, fails the test: it would be a part that nobody has tried.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.conftest import copy_example, plain_environment
from tests.e2e.warm import programs

EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_NOTHING = ("actions/checkout@v4", "actions/setup-python@v5", "actions/cache@v4")
"""Actions that have nothing to do here: each job has a folder of its own, and this Python."""


@dataclass
class Step:
    """What a line of shell came to."""

    status: int
    output: str


@dataclass
class Pipeline:
    """One run of a pipeline."""

    folder: Path
    """Below it each job has its own."""
    code: str = "support_bot"
    """The example that is tested."""
    edit: tuple[str, str] = ("", "")
    """A text of the app, and what a pull request makes of it."""
    variables: dict[str, str] = field(default_factory=dict)
    """The service's, and secrets."""
    known: dict[str, str] = field(default_factory=dict)
    """What expressions stand for."""
    steps: dict[str, Step] = field(default_factory=dict)
    """By job and what was run."""

    @property
    def artifacts(self) -> Path:
        """Where artifacts are kept, a folder each."""
        return self.folder / "artifacts"

    def checkout(self, job: str) -> Path:
        """Return a fresh folder with the code of the pull request."""
        folder = self.folder / "jobs" / job
        folder.mkdir(parents=True)
        project = copy_example(self.code, folder)
        app = project / f"{self.code}.py"
        before, after = self.edit
        assert before in app.read_text()
        app.write_text(app.read_text().replace(before, after))
        return project

    def shell(self, job: str, script: str, project: Path, variables: Mapping[str, str]) -> Step:
        """Run a script as both services do; installing is left to the test's own environment."""
        tools = self.folder / "tools"
        tools.mkdir(exist_ok=True)
        # it accepts these packages alone, so that a name that is wrong fails the job
        (tools / "pip").write_text('#!/bin/sh\n[ "$*" = "install anthropic pytest-llmobs" ]\n')
        (tools / "pip").chmod(0o755)
        path = os.pathsep.join([str(tools), str(programs()), os.environ["PATH"]])
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script],
            cwd=project,
            env=_outside_ci() | {"CI": "true", **self.variables, **variables, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        step = Step(done.returncode, done.stdout)
        self.steps[f"{job}: {script.partition(chr(10))[0]}"] = step
        return step

    def step(self, part: str) -> Step:
        """Return the only step whose job and first line contain a text."""
        (found,) = [step for name, step in self.steps.items() if part in name]
        return found


def _outside_ci() -> dict[str, str]:
    """Return the environment without the variables of the service that these tests may run at themselves."""
    kept = {}
    for name, value in plain_environment().items():
        if not name.startswith(("GITHUB_", "GH_", "GITLAB_", "CI_")):
            kept[name] = value
    return kept


def run_workflow(workflow: Mapping[str, Any], pipeline: Pipeline) -> dict[str, bool]:
    """Run the jobs of a workflow of GitHub's in their order; return which of them passed."""
    passed: dict[str, bool] = {}
    for name, job in workflow["jobs"].items():
        for values in _matrix(job):
            known = pipeline.known | values
            title = "-".join([name, *values.values()][:2])
            passed[title] = _run_job(workflow, job, title, pipeline, known)
    return passed


def _matrix(job: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return what expressions stand for in each job of a matrix."""
    matrix = job.get("strategy", {}).get("matrix")
    if matrix is None:
        return [{}]
    ((name, choices),) = matrix.items()
    return [{f"matrix.{name}": str(each), "strategy.job-total": str(len(choices))} for each in choices]


def _run_job(
    workflow: Mapping[str, Any],
    job: Mapping[str, Any],
    title: str,
    pipeline: Pipeline,
    known: Mapping[str, str],
) -> bool:
    project = pipeline.checkout(title)
    assert job.get("if", "${{ !cancelled() }}") == "${{ !cancelled() }}"
    ok = True
    # after a failed step only those run that say so
    for step in job["steps"]:
        assert step.get("if", "${{ !cancelled() }}") == "${{ !cancelled() }}"
        if not ok and "if" not in step:
            continue
        if "uses" in step:
            _use(step["uses"], _filled(step.get("with", {}), known), project, pipeline)
            continue
        variables = _filled({**workflow.get("env", {}), **step.get("env", {})}, known)
        assert "${{" not in step["run"], "a script that an expression is written into can be made another one"
        variables["GITHUB_WORKSPACE"] = str(project)
        ok = pipeline.shell(title, step["run"], project, variables).status == 0 and ok
    return ok


def _filled(texts: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, str]:
    filled = {}
    for name, text in texts.items():
        filled[name] = EXPRESSION.sub(lambda match: known[match[1]], str(text))
    return filled


def _use(action: str, given: Mapping[str, str], project: Path, pipeline: Pipeline) -> None:
    if action == "actions/upload-artifact@v4":
        _upload(given, project, pipeline.artifacts / given["name"])
    elif action == "actions/download-artifact@v4":
        for artifact in pipeline.artifacts.glob(given["pattern"]):
            shutil.copytree(artifact, project / given["path"] / artifact.name)
    else:
        assert action in _NOTHING, f"nobody has tried {action}"
        if action == "actions/cache@v4":
            assert (project / given["path"]).is_dir(), "the cache is of a folder that isn't there"


def _upload(given: Mapping[str, str], project: Path, artifact: Path) -> None:
    """Keep files; of a single folder its content, and nothing hidden unless that is asked for."""
    artifact.mkdir(parents=True)
    paths = given["path"].split()
    for path in paths:
        source = project / path
        if source.is_dir():
            assert len(paths) == 1
            assert given.get("include-hidden-files") == "true"
            shutil.copytree(source, artifact, dirs_exist_ok=True)
        elif source.exists():
            shutil.copy(source, artifact)


def run_pipeline(configuration: Mapping[str, Any], pipeline: Pipeline) -> dict[str, bool]:
    """Run the jobs of a pipeline of GitLab's, a stage after the other; return which of them passed."""
    passed: dict[str, bool] = {}
    for stage in configuration["stages"]:
        for name, job in configuration.items():
            if not isinstance(job, dict) or job.get("stage") != stage:
                continue
            number = int(job.get("parallel", 1))
            for index in range(1, number + 1):
                variables = {"CI_NODE_INDEX": str(index), "CI_NODE_TOTAL": str(number)} if number > 1 else {}
                title = f"{name}-{index}"
                passed[title] = _run_gitlab_job(configuration, job, title, pipeline, variables)
    return passed


def _run_gitlab_job(
    configuration: Mapping[str, Any],
    job: Mapping[str, Any],
    title: str,
    pipeline: Pipeline,
    variables: dict[str, str],
) -> bool:
    project = pipeline.checkout(title)
    known = pipeline.variables | variables
    for name, text in configuration["variables"].items():
        variables[name] = re.sub(r"\$(\w+)", lambda match: known[match[1]], text)
    # GitLab gives each job the artifacts of all stages before it
    if pipeline.artifacts.is_dir():
        shutil.copytree(pipeline.artifacts, project, dirs_exist_ok=True)
    assert job.get("when", "always") == "always"
    script = "\n".join([*configuration["default"]["before_script"], *job["script"]])
    ok = pipeline.shell(f"{title} script", script, project, variables).status == 0
    pipeline.shell(f"{title} after", "\n".join(job.get("after_script", [])), project, variables)
    for path in [*job["artifacts"]["paths"], *job["artifacts"].get("reports", {}).values()]:
        source = project / path
        if source.is_dir():
            shutil.copytree(source, pipeline.artifacts / path, dirs_exist_ok=True)
        else:
            pipeline.artifacts.mkdir(exist_ok=True)
            shutil.copy(source, pipeline.artifacts)
    return ok
