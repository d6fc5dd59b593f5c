"""What lies in the folder of cassettes, what is wrong with it, and what nobody asks for any more."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path

import pytest

from pytest_llmobs.errors import StoreError
from pytest_llmobs.replay.folder import CassetteFolder
from pytest_llmobs.replay.housekeeping.figures import figures_of
from pytest_llmobs.replay.housekeeping.inventory import Inventory, orphans, take_inventory
from pytest_llmobs.replay.housekeeping.problems import Problem, problems_of
from pytest_llmobs.replay.housekeeping.pruning import delete, leftovers_of
from pytest_llmobs.replay.housekeeping.retirements import retired_on
from pytest_llmobs.replay.housekeeping.uses import Uses, read_uses, write_uses
from tests.unit.replay.recordings import MODEL, question, record, recorder

TODAY = date(2026, 12, 1)


def inventory_of(root: Path) -> Inventory:
    return take_inventory(CassetteFolder(root))


def problems_in(root: Path) -> list[Problem]:
    return problems_of(CassetteFolder(root), inventory_of(root), TODAY)


def kinds(problems: list[Problem]) -> list[str]:
    return [problem.kind for problem in problems]


def used(root: Path, *questions: str) -> set[str]:
    """Return the requests that a session which asks these has used."""
    asking = recorder(root, "only")
    for text in questions:
        asking.take(question(text), None)
    return asking.used


def test_figures_count_requests_replies_and_bytes_by_model(tmp_path: Path) -> None:
    files = record(tmp_path, "one", "two", "two")

    figures = figures_of(inventory_of(tmp_path), None, TODAY)

    [row] = figures.models
    assert (row.provider, row.model, row.requests, row.recordings) == ("anthropic", MODEL, 2, 3)
    assert figures.recordings == 3
    assert figures.size == row.size == sum(file.stat().st_size for file in files)
    assert figures.orphans is None


def test_a_recording_that_no_session_asks_for_is_an_orphan_with_all_its_repeats(tmp_path: Path) -> None:
    record(tmp_path, "kept", "kept", "dropped", "dropped")

    left = orphans(inventory_of(tmp_path), used(tmp_path, "kept"))

    assert len(left) == 2
    assert {recording.request_id for recording in left} == used(tmp_path, "dropped")


def test_pruning_deletes_what_is_listed_and_nothing_else(tmp_path: Path) -> None:
    kept, dropped = record(tmp_path, "kept", "dropped")
    folder = CassetteFolder(tmp_path)

    leftovers = leftovers_of(folder, take_inventory(folder), used(tmp_path, "kept"))
    assert leftovers.paths == [dropped]
    delete(leftovers)

    assert kept.exists()
    assert not dropped.exists()


def test_pruning_deletes_the_texts_that_only_dropped_recordings_refer_to(tmp_path: Path) -> None:
    shared, own = "You answer for a shop. " * 200, "You answer for a bank. " * 200
    record(tmp_path, "kept", system=shared)
    record(tmp_path, "dropped", system=shared)
    record(tmp_path, "dropped too", system=own)
    folder = CassetteFolder(tmp_path)
    assert len(folder.text_files()) == 2
    asking = recorder(tmp_path, "only")
    asking.take(question("kept", system=shared), None)

    leftovers = leftovers_of(folder, take_inventory(folder), asking.used)
    delete(leftovers)

    assert len(leftovers.recordings) == 2
    [text] = folder.text_files()
    assert "shop" in text.read_text()


def test_no_text_is_dropped_while_a_recording_cannot_be_read(tmp_path: Path) -> None:
    [file] = record(tmp_path, "kept", system="You answer for a shop. " * 200)
    file.write_text(file.read_text()[:-40])
    folder = CassetteFolder(tmp_path)

    leftovers = leftovers_of(folder, take_inventory(folder), used=set())

    assert leftovers.texts == ()


def test_a_sound_folder_has_no_problem(tmp_path: Path) -> None:
    record(tmp_path, "one", "two")

    assert problems_in(tmp_path) == []


def test_a_cassette_that_was_cut_short_is_a_problem_that_names_it(tmp_path: Path) -> None:
    file, _ = record(tmp_path, "one", "two")
    file.write_text(file.read_text()[:100])

    [problem] = problems_in(tmp_path)

    assert problem.kind == "damaged"
    assert problem.files == (file,)
    assert file.name in problem.message


def test_a_link_to_what_is_not_there_is_a_problem(tmp_path: Path) -> None:
    (path,) = record(tmp_path, "Which?", system="You answer. " * 100)
    (text,) = CassetteFolder(tmp_path).text_files()
    for file in (path, text):
        file.unlink()
        file.symlink_to(tmp_path / "elsewhere")

    (problem,) = problems_in(tmp_path)
    assert problem.kind == "damaged"
    assert "it is a link to a file that isn't there" in problem.message
    path.unlink()
    leftovers = leftovers_of(CassetteFolder(tmp_path), inventory_of(tmp_path), set())
    assert leftovers.texts == (text,)
    assert leftovers.size == 0


def test_a_reply_that_was_edited_is_a_problem(tmp_path: Path) -> None:
    [file] = record(tmp_path, "one")
    file.write_text(file.read_text().replace("Answer to", "Answers to"))

    assert kinds(problems_in(tmp_path)) == ["damaged"]


def test_a_cassette_under_the_name_of_another_request_is_a_problem(tmp_path: Path) -> None:
    one, two = record(tmp_path, "one", "two")
    one.replace(two)

    assert kinds(problems_in(tmp_path)) == ["damaged"]


def test_a_file_that_is_no_cassette_is_a_problem(tmp_path: Path) -> None:
    record(tmp_path, "one")
    (tmp_path / "notes.md").write_text("what we recorded")

    [problem] = problems_in(tmp_path)

    assert problem.kind == "stranger"
    assert "notes.md" in problem.message


def test_recordings_of_a_model_that_is_gone_are_one_problem(tmp_path: Path) -> None:
    record(tmp_path, "one", "two", model="claude-3-opus-20240229")
    record(tmp_path, "three")

    [problem] = problems_in(tmp_path)

    assert problem.kind == "retired"
    assert len(problem.files) == 2
    assert "claude-3-opus-20240229 was served until 05 January 2026: 2 recordings" in problem.message


def test_a_model_is_gone_from_the_day_after_its_last(tmp_path: Path) -> None:
    model, last = "claude-3-opus-20240229", date(2026, 1, 5)

    assert retired_on(model, last) is None
    assert retired_on(model, date(2026, 1, 6)) == last
    assert retired_on("a-model-of-tomorrow", TODAY) is None


def test_the_installed_sdk_says_which_of_its_models_end(tmp_path: Path) -> None:
    data = pytest.importorskip("anthropic._data")
    model = next(iter(data.DEPRECATED_MODELS))

    assert retired_on(model, date(2100, 1, 1)) is not None


def test_what_each_origin_used_is_read_back(tmp_path: Path) -> None:
    tests = Uses(origin="pytest", requests=frozenset({"a", "b"}))
    script = Uses(origin="evaluate::nightly/run", requests=frozenset({"c"}), partial="it was cut short")
    write_uses(tmp_path, Uses(origin="pytest", requests=frozenset({"old"})))
    write_uses(tmp_path, tests)
    write_uses(tmp_path, script)

    assert read_uses(tmp_path) == [script, tests]


def test_a_list_of_uses_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    write_uses(tmp_path, Uses(origin="pytest", requests=frozenset()))
    [file] = tmp_path.rglob("*.json")
    file.write_text("{")

    with pytest.raises(StoreError, match=r"pytest\.json.*Delete it and run the tests once more"):
        read_uses(tmp_path)


def test_a_text_that_is_gone_or_was_edited_is_one_problem_however_many_recordings_share_it(
    tmp_path: Path,
) -> None:
    record(tmp_path, "one", "two", system="You answer for a shop. " * 200)
    [text] = CassetteFolder(tmp_path).text_files()
    text.write_text(text.read_text().replace("shop", "bank"))

    [edited] = problems_in(tmp_path)
    text.unlink()
    [gone] = problems_in(tmp_path)

    assert text.name in edited.message
    assert text.name in gone.message


def test_a_model_is_known_where_all_of_a_request_lies_elsewhere(tmp_path: Path) -> None:
    many = {f"parameter_{number}": number for number in range(200)}
    record(tmp_path, "one", metadata=many, **many)

    [row] = figures_of(inventory_of(tmp_path), None, TODAY).models

    assert row.model == MODEL


def test_a_half_written_file_is_no_problem(tmp_path: Path) -> None:
    record(tmp_path, "one")
    (tmp_path / ".0123.json.abc.tmp").write_text("{")

    assert problems_in(tmp_path) == []


def test_recordings_that_git_ignores_are_a_problem_that_names_the_rule(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    folder = tmp_path / "llm-cassettes"
    record(folder, "one", "two")
    assert problems_in(folder) == []
    (tmp_path / ".gitignore").write_text("*.log\nllm-cassettes/\n")

    [problem] = problems_in(folder)

    assert problem.kind == "ignored"
    assert ".gitignore:2:llm-cassettes/" in problem.message
