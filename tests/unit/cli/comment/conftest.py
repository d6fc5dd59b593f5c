"""Jobs of GitHub Actions and GitLab CI, and the services that they talk to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_llmobs.experiments.documents import experiment_to_dict
from pytest_llmobs.records.experiments import Experiment
from pytest_llmobs.storage.store import Store
from tests.comment_server import Service, serving

VARIABLES = ("GITHUB_", "GH_TOKEN", "GITLAB_", "CI_")
COMMENTS = "/repos/acme/bot/issues/12/comments"
NOTES = "/api/v4/projects/7/merge_requests/3/notes"
TOKEN = "ghs_secret"


@pytest.fixture(autouse=True)
def no_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the job that these tests may run in, and proxies."""
    for name in list(os.environ):
        if name.startswith(VARIABLES) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """A job of a pull request on GitHub."""
    with serving(Service()) as service:
        monkeypatch.setenv("GITHUB_API_URL", service.address)
        monkeypatch.setenv("GITHUB_REPOSITORY", "acme/bot")
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        event(tmp_path, monkeypatch)
        yield service


def event(folder: Path, monkeypatch: pytest.MonkeyPatch, head: str = "acme/bot", **other: object) -> None:
    """Write what started the job."""
    sides = {"head": {"repo": {"full_name": head}}, "base": {"repo": {"full_name": "acme/bot"}}}
    document = other or {"pull_request": {"number": 12, **sides}}
    path = folder / "event.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(path))


@pytest.fixture
def gitlab(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """A job of a merge request on GitLab."""
    with serving(Service(newest_first=True)) as service:
        monkeypatch.setenv("CI_API_V4_URL", f"{service.address}/api/v4")
        monkeypatch.setenv("CI_PROJECT_ID", "7")
        monkeypatch.setenv("CI_PROJECT_URL", "https://gitlab.example/acme/bot")
        monkeypatch.setenv("CI_MERGE_REQUEST_IID", "3")
        monkeypatch.setenv("GITLAB_TOKEN", "glpat")
        yield service


def keep(store: Store, experiment: Experiment) -> None:
    store.write_experiment(experiment.name, experiment_to_dict(experiment))
