"""``--llm-store``: an experiment is uploaded at its end, and nothing is lost where that fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.plugin.conftest import BROKEN, Project


def uploaded(place: Path) -> list[str]:
    return sorted(path.suffix for path in place.rglob("*") if path.suffix in (".parquet", ".json"))


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_an_experiment_is_uploaded_once_at_its_end(project: Project, workers: tuple[str, ...]) -> None:
    result = project.experiment("--llm-store=share", "--llm-name", "first", *workers)
    assert result.ret == 0
    place = project.path / "share"
    assert uploaded(place).count(".parquet") == max(1, 2 * len(workers))
    assert place.joinpath("experiments", "first.json").exists()
    again = project.llmobs("upload", "share")
    assert (again.returncode, again.stdout) == (0, f"Nothing to upload: {'share'} has it all.\n")


def test_machines_learn_what_was_uploaded(project: Project) -> None:
    project.experiment("--llm-name", "first")
    first, second = (json.loads(project.llmobs("upload", "share", "--json").stdout) for _ in range(2))
    assert first["to"].endswith("share")
    assert first["files"] > 0
    assert first["size"] > 0
    assert (second["files"], second["problems"]) == (0, [])


def test_confirming_trials_are_uploaded_too(project: Project) -> None:
    project.record()
    project.prompt(BROKEN)
    assert project.experiment("--llm-store=share", "--llm-name", "red").ret == 1
    assert uploaded(project.path / "share").count(".parquet") >= 2


def test_experiments_and_runs_are_read_from_there(project: Project) -> None:
    project.experiment("--llm-store=share", "--llm-name", "first")
    project.path.joinpath(".llmobs").rename(project.path / "elsewhere")
    uri = f"file://{project.path}/share"
    assert "first" in project.llmobs("experiments", "--store", uri).stdout
    assert "first" in project.llmobs("experiments", "--history", "--store", uri, "--json").stdout
    shown = project.llmobs("show", "first", "--store", uri)
    assert shown.returncode == 0
    assert "3 passed" in shown.stdout
    refused = project.llmobs("baseline", "--store", uri, "accept")
    assert refused.returncode == 2
    assert "is no folder of this machine" in refused.stderr


def test_an_unreachable_store_is_an_error_before_anything_costs(project: Project) -> None:
    result = project.experiment("--llm-store=nowhere/share")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "doesn't exist. Mount it, or make it." in result.stderr.str()
    assert uploaded(project.path / ".llmobs") == []


def test_a_store_that_fails_at_the_end_loses_nothing_and_names_the_command(project: Project) -> None:
    project.write(
        conftest="""
        from pathlib import Path

        def pytest_collection_finish():
            share = Path(__file__).with_name("share")
            share.joinpath("runs").write_text("in the way")
        """
    )
    project.path.joinpath("share").mkdir()
    result = project.experiment("--llm-store=share", "--llm-name", "first")
    text = " ".join(result.stdout.str().split())
    assert result.ret == 0
    assert "Can't upload to the store" in text
    assert "Nothing is lost" in text
    assert "upload it later: llmobs upload share" in text
    project.path.joinpath("share", "runs").unlink()
    later = project.llmobs("upload", "share")
    assert later.returncode == 0
    assert later.stdout.startswith("uploaded 2 files")
    assert uploaded(project.path / "share") == [".json", ".json", ".parquet"]


def test_without_the_option_nothing_beyond_this_machine_is_imported(project: Project) -> None:
    project.write(
        test_imports="""
        import sys

        def test_nothing_remote():
            assert "pytest_llmobs.storage.remote.filesystem" not in sys.modules
            assert "pyarrow.fs" not in sys.modules
        """
    )
    project.process("--llm-experiment", "test_imports.py", "test_app.py").assert_outcomes(passed=4)


def test_a_command_shows_the_session_though_the_apps_store_is_another(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLMOBS_STORE", str(tmp_path / "of-the-app"))
    project.record()
    project.prompt(BROKEN)
    result = project.experiment("--llm-confirm=0")
    shown = [line for line in result.outlines if line.lstrip().startswith("look closer")]
    assert len(shown) == 1
    assert shown[0].endswith(" --store .llmobs")
    assert project.llmobs(*shown[0].split("llmobs ", 1)[1].split()).returncode == 0
