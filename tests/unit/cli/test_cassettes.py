"""``llmobs cassettes``: what is recorded, what can't be relied on, and what nobody asks for any more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_llmobs.cli import main
from pytest_llmobs.replay.housekeeping.uses import Uses, write_uses
from tests.unit.replay.recordings import question, record, recorder

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def cassettes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of cassettes of the current project, with three recordings."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / ".llmobs" / "runs").mkdir(parents=True)
    folder = tmp_path / "llm-cassettes"
    record(folder, "kept", "kept", "dropped")
    return folder


def use(folder: Path, *questions: str, partial: str = "") -> None:
    """Let pytest's last session have asked these."""
    asking = recorder(folder, "only")
    for text in questions:
        asking.take(question(text), None)
    uses = Uses(origin="pytest", requests=frozenset(asking.used), partial=partial)
    write_uses(folder.parent / ".llmobs", uses)


def files(folder: Path) -> list[Path]:
    return sorted(filter(Path.is_file, folder.rglob("*")))


def test_stats_is_what_the_command_does_by_itself(cassettes: Path, capsys: Capture) -> None:
    assert main(["cassettes"]) == 0

    page = capsys.readouterr().out
    assert "anthropic  claude-haiku-4-5         2        3" in page
    assert "3 replies in" in page


def test_stats_count_what_the_last_session_did_not_ask_for(cassettes: Path, capsys: Capture) -> None:
    use(cassettes, "kept")

    assert main(["cassettes", "stats", "--json"]) == 0

    figures = json.loads(capsys.readouterr().out)
    assert (figures["recordings"], figures["orphans"], figures["damaged"]) == (3, 1, 0)


def test_check_passes_over_a_sound_folder(cassettes: Path, capsys: Capture) -> None:
    assert main(["cassettes", "check"]) == 0

    assert capsys.readouterr().out == "3 recordings: nothing is wrong\n"


def test_check_fails_over_a_cassette_that_was_edited(cassettes: Path, capsys: Capture) -> None:
    edited = files(cassettes)[0]
    edited.write_text(edited.read_text().replace("Answer", "Reply"))

    assert main(["cassettes", "check", "--json"]) == 1

    [problem] = json.loads(capsys.readouterr().out)
    assert problem["kind"] == "damaged"
    assert problem["files"] == [str(edited)]


def test_the_command_that_restores_a_cassette_is_on_one_line(cassettes: Path, capsys: Capture) -> None:
    edited = files(cassettes)[0]
    edited.write_text(edited.read_text().replace("Answer", "Reply"))

    assert main(["cassettes", "check"]) == 1

    shown = edited.relative_to(cassettes.parent).as_posix()
    assert f"  git restore -- {shown}" in capsys.readouterr().out.splitlines()


def test_stats_say_nothing_of_leftovers_where_prune_could_not_tell_them(
    cassettes: Path, capsys: Capture
) -> None:
    use(cassettes, "kept", partial="-k was given")

    assert main(["cassettes", "stats"]) == 0

    assert "not asked for" not in capsys.readouterr().out


def test_prune_lists_first_and_says_how_to_delete(cassettes: Path, capsys: Capture) -> None:
    use(cassettes, "kept")

    assert main(["cassettes", "prune"]) == 0

    said = capsys.readouterr()
    assert "1 recording that the last session didn't ask for" in said.out
    assert "To delete them: llmobs cassettes prune --yes" in said.err
    assert len(files(cassettes)) == 3


def test_prune_deletes_once_it_is_told_to(cassettes: Path, capsys: Capture) -> None:
    use(cassettes, "kept")

    assert main(["cassettes", "prune", "--yes"]) == 0

    assert "Deleted 1 file." in capsys.readouterr().err
    assert len(files(cassettes)) == 2


def test_prune_touches_nothing_after_a_partial_session(cassettes: Path, capsys: Capture) -> None:
    use(cassettes, "kept", partial="4 tests deselected")

    assert main(["cassettes", "prune", "--yes"]) == 1

    said = capsys.readouterr()
    assert "did not run whole (pytest: 4 tests deselected)" in said.err
    assert len(files(cassettes)) == 3


def test_prune_knows_nothing_before_a_session_ran_here(cassettes: Path, capsys: Capture) -> None:
    assert main(["cassettes", "prune"]) == 1

    assert "No session has used" in capsys.readouterr().err
    assert len(files(cassettes)) == 3


def test_a_folder_that_is_not_there_says_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(["cassettes"]) == 1

    assert "`pytest --llm-cassettes=reuse` records model replies there" in capsys.readouterr().err


def test_an_unknown_action_names_the_others(cassettes: Path, capsys: Capture) -> None:
    assert main(["cassettes", "prun"]) == 2

    assert "Did you mean 'prune'?" in capsys.readouterr().err
