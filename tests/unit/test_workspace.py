"""A script finds the rootdir, the settings and the folders of the tests beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_llmobs import pull_prompt
from pytest_llmobs.errors import NotFoundError, SettingsError
from pytest_llmobs.workspace import Workspace


@pytest.mark.parametrize(
    "name, text",
    [
        ("pyproject.toml", '[tool.pytest]\nllm_concurrency = 3\nllm_redact = ["pii"]\n'),
        ("pyproject.toml", '[tool.pytest.ini_options]\nllm_concurrency = "3"\nllm_redact = ["pii"]\n'),
        ("pytest.toml", '[pytest]\nllm_concurrency = 3\nllm_redact = ["pii"]\n'),
        ("pytest.ini", "[pytest]\nllm_concurrency = 3\nllm_redact =\n  pii\n"),
        ("tox.ini", "[pytest]\nllm_concurrency = 3\nllm_redact = pii\n"),
        ("setup.cfg", "[tool:pytest]\nllm_concurrency = 3\nllm_redact = pii\n"),
    ],
)
def test_every_configuration_of_pytest_is_read(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    below = tmp_path / "notebooks" / "drafts"
    below.mkdir(parents=True)

    workspace = Workspace.find(below, {})

    assert workspace.rootdir == tmp_path
    assert workspace.settings.concurrency == 3
    assert workspace.settings.redact == ("pii",)
    assert workspace.settings.experiment
    assert workspace.store_folder == tmp_path / ".llmobs"
    assert workspace.dataset_folder == tmp_path / "datasets"


def test_a_project_file_without_pytest_is_no_configuration(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    (tmp_path / "sub" / ".llmobs").mkdir(parents=True)

    assert Workspace.find(tmp_path / "sub", {}).rootdir == tmp_path / "sub"
    assert Workspace.find(tmp_path, {}).rootdir == tmp_path


def test_the_environment_may_name_the_store(tmp_path: Path) -> None:
    workspace = Workspace.find(tmp_path, {"LLMOBS_STORE": str(tmp_path / "elsewhere")})

    assert workspace.store_folder == tmp_path / "elsewhere"
    assert not workspace.store_folder.exists()


def test_a_value_that_makes_no_sense_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nllm_concurrency = many\n")

    with pytest.raises(
        SettingsError, match=r"llm_concurrency in '.*pytest\.ini' is 'many'; it must be a number"
    ):
        Workspace.find(tmp_path, {})


def test_a_file_that_cant_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.pytest\n")

    with pytest.raises(SettingsError, match=r"pyproject\.toml' can't be read"):
        Workspace.find(tmp_path, {})


def test_prompts_are_found_from_a_folder_that_a_deployment_has_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "support.md").write_text("Hello {name}\n")
    release = tmp_path / "release"
    release.mkdir()
    monkeypatch.chdir(release)
    release.rmdir()
    monkeypatch.setenv("LLMOBS_PROMPT_DIR", "prompts")
    with pytest.raises(NotFoundError, match="The current folder was deleted"):
        pull_prompt("support")
    monkeypatch.setenv("LLMOBS_PROMPT_DIR", str(tmp_path / "prompts"))
    assert pull_prompt("support").format(name="Ada") == "Hello Ada"
