"""Where a running app's runs go."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_llmobs.errors import SettingsError
from pytest_llmobs.settings import store_folder


@pytest.mark.parametrize(
    ("named", "folder"),
    [
        (None, "work/.llmobs"),
        ("", "work/.llmobs"),
        ("runs", "work/runs"),
        ("~/runs", "home/runs"),
        ("/var/runs", "/var/runs"),
    ],
)
def test_a_folder_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str | None, folder: str
) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert store_folder({} if named is None else {"LLMOBS_STORE": named}) == tmp_path / folder


def test_a_bucket_is_no_folder() -> None:
    with pytest.raises(
        SettingsError, match=r"LLMOBS_STORE is 's3://bucket/runs'; it must be a folder .*llmobs upload"
    ):
        store_folder({"LLMOBS_STORE": "s3://bucket/runs"})


@pytest.mark.parametrize(
    "first", ["with tracing_context(enabled=True): step(1)", "RunTree(name='step').end()"]
)
def test_what_asks_for_tracing_does_not_end_what_the_environment_asks_for(tmp_path: Path, first: str) -> None:
    script = f"""
from pytest_llmobs import Client, RunTree, traceable, tracing_context

@traceable
def step(number):
    return number

{first}
step(2)
print(len(list(Client().list_runs())))
"""
    environment = {**os.environ, "LLMOBS_TRACING": "true", "LLMOBS_STORE": str(tmp_path / "store")}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "2\n"


def test_an_app_knows_the_prompts_of_its_folder_by_their_texts(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "support.md").write_text("You are the support agent of Acme. Greet {name} by name.")
    script = """
from pytest_llmobs import Client, traceable

@traceable(run_type="llm")
def model(system):
    return "hello"

model("You are the support agent of Acme. Greet Ada by name.")
print([run.metadata["prompt.support"][16:] for run in Client().list_runs()])
"""
    environment = {
        **os.environ,
        "LLMOBS_TRACING": "true",
        "LLMOBS_STORE": str(tmp_path / "store"),
        "LLMOBS_PROMPT_DIR": "texts",
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[' (matched)']\n"
