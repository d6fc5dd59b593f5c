"""Which recording is meant, and what fails whom where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_llmobs.errors import CassetteError, SettingsError
from pytest_llmobs.replay.folder import CassetteFolder
from pytest_llmobs.replay.misses.miss import Miss
from pytest_llmobs.replay.recorder import Mode, Recorder
from pytest_llmobs.settings import cassette_folder
from pytest_llmobs.tracing.redaction.pipeline import Redaction
from pytest_llmobs.tracing.run_tree import RunTree, start_root
from pytest_llmobs.tracing.tracer import Tracer
from tests.unit.replay.recordings import answer, question, record, recorder

TRACER = Tracer(project="tests", sink=None)


def trial(repeat: int = 1, beside: RunTree | None = None) -> RunTree:
    columns = {"repeat": repeat, "nodeid": f"test_it.py::test_it[ada-r{repeat}]", "example_id": "ada"}
    return start_root(TRACER, "trial", columns={} if beside else columns, collect=True, beside=beside)


def ask(here: Recorder, text: str, root: RunTree | None = None, reply: str = "") -> str:
    """Ask as the app would; return what it gets, from a recording or from the model, which says ``reply``."""
    turn = here.take(question(text), root)
    if turn.reply is not None:
        return b"".join(turn.reply.chunks).decode()
    turn.keep(answer(reply))
    return reply


def telling(root: Path, mode: Mode = "only") -> tuple[Recorder, list[Miss]]:
    """Return a recorder, and the misses that it has told of."""
    told: list[Miss] = []

    def tell(miss: Miss) -> str:
        told.append(miss)
        return f"miss {len(told)}"

    return Recorder(CassetteFolder(root), mode, Redaction(), tell=tell), told


def miss(here: Recorder, text: str, root: RunTree | None = None) -> CassetteError:
    """Ask what isn't recorded; note the error as the SDK's call does."""
    with pytest.raises(CassetteError) as raised:
        here.take(question(text), root)
    here.fail(raised.value, root)
    return raised.value


def test_repeats_have_replies_of_their_own_and_further_ones_are_asked(tmp_path: Path) -> None:
    here = recorder(tmp_path)
    for repeat in (1, 2, 3):
        ask(here, "Hi", trial(repeat), f"reply {repeat}")
    replies = [ask(here, "Hi", trial(repeat), "new") for repeat in (1, 2, 3, 4, 5)]
    for number, reply in enumerate(replies[:3], 1):
        assert f"reply {number}" in reply
    assert replies[3:] == ["new", "new"]


def test_a_trial_that_is_run_again_asks_the_same_from_the_beginning(tmp_path: Path) -> None:
    here = recorder(tmp_path)
    ask(here, "Hi", trial(), "first")
    assert "first" in ask(here, "Hi", trial(), "second")


def test_a_test_that_asks_the_same_three_times_records_three(tmp_path: Path) -> None:
    here = recorder(tmp_path)
    for name in ("one", "two"):
        here.begin_test(name)
        replies = [ask(here, "Hi", None, f"reply {number}") for number in range(3)]
        for number, reply in enumerate(replies):
            assert f"reply {number}" in reply
    assert len(list(tmp_path.rglob("*.json"))) == 3


def test_what_a_fixture_asks_is_counted_apart(tmp_path: Path) -> None:
    here = recorder(tmp_path)
    here.begin_test("the first test, which sets the fixture up")
    with here.counting_apart():
        ask(here, "Hi", None, "for the fixture")
    assert "for the fixture" in ask(here, "Hi", None, "for the test")
    only = recorder(tmp_path, "only")
    only.begin_test("another one, of a session in which the fixture is up")
    assert "for the fixture" in ask(only, "Hi")


def test_of_two_trials_that_ask_at_once_the_first_reply_stays_and_the_other_has_no_recording(
    tmp_path: Path,
) -> None:
    here, there = recorder(tmp_path), recorder(tmp_path)
    one, other = here.take(question("Hi"), trial()), there.take(question("Hi"), trial())
    recording = one.keep(answer("first"))
    assert recording
    assert other.keep(answer("second")) == ""
    reply = recorder(tmp_path, "only").take(question("Hi"), trial()).reply
    assert reply is not None
    assert reply.recording == recording


def test_a_refreshing_session_asks_once_for_examples_that_are_alike(tmp_path: Path) -> None:
    record(tmp_path, "Hi")
    here = recorder(tmp_path, "refresh")
    assert ask(here, "Hi", trial(), "anew") == "anew"
    assert "anew" in ask(here, "Hi", trial(), "and again")


def test_of_two_alike_that_are_refreshed_at_once_the_first_one_to_end_is_recorded(tmp_path: Path) -> None:
    here = recorder(tmp_path, "refresh")
    one, other = here.take(question("Hi"), trial()), here.take(question("Hi"), trial())
    recording = one.keep(answer("first"))
    assert other.keep(answer("second")) == ""
    reply = recorder(tmp_path, "only").take(question("Hi"), trial()).reply
    assert reply is not None
    assert reply.recording == recording


def test_a_miss_is_told_once_a_trial_and_breaks_it(tmp_path: Path) -> None:
    here, told = telling(tmp_path)
    one, other = trial(), trial(2)
    first = miss(here, "Hi", one)
    assert str(first) == "miss 1"
    assert str(miss(here, "Hello", one)) == "No recording of anthropic messages."
    assert str(miss(here, "Hi", other)) == "miss 2"
    assert one.broken is first
    assert [(each.nodeid, each.example_id, each.repeat) for each in told] == [
        ("test_it.py::test_it[ada-r1]", "ada", 1),
        ("test_it.py::test_it[ada-r2]", "ada", 2),
    ]
    assert here.broken is None


def test_a_miss_of_an_evaluator_names_the_test_that_it_judges(tmp_path: Path) -> None:
    here, told = telling(tmp_path)
    judged = trial(3)
    evaluator = trial(beside=judged)
    miss(here, "Hi", evaluator)
    assert (evaluator.broken is None, judged.broken) == (False, None)
    assert (told[0].nodeid, told[0].repeat) == ("test_it.py::test_it[ada-r3]", 3)


def test_a_miss_outside_trials_breaks_the_test_that_runs(tmp_path: Path) -> None:
    here, told = telling(tmp_path)
    here.begin_test("test_it.py::test_plain")
    error = miss(here, "Hi", start_root(TRACER, "an app that is traced"))
    assert here.broken is error
    assert told[0].nodeid == "test_it.py::test_plain"
    here.begin_test("test_it.py::test_next")
    assert here.broken is None


def test_misses_for_one_reason_have_one_cause(tmp_path: Path) -> None:
    record(tmp_path, "Where?", "When?", system="Be kind.")
    here, _ = telling(tmp_path)
    causes = []
    for text, system in (("Where?", "Be brief."), ("When?", "Be brief."), ("Why?", "Be kind.")):
        with pytest.raises(CassetteError) as raised:
            here.take(question(text, system=system), trial())
        causes.append(raised.value.cause)
    assert causes[0] == causes[1] != causes[2]


def test_recordings_of_other_repeats_are_told(tmp_path: Path) -> None:
    here = recorder(tmp_path)
    for repeat in (1, 2, 3):
        root = trial(repeat)
        ask(here, "Hi", root, "one")
        ask(here, "Hi", root, "two")
    asking, told = telling(tmp_path)
    miss(asking, "Hi", trial(4))
    assert told[0].repeats == {1: 2, 2: 2, 3: 2}
    assert told[0].nearest is None


def test_what_redaction_takes_out_is_in_no_difference(tmp_path: Path) -> None:
    key = "sk-ant-api03-" + "Zx9" * 30 + "-AbCdEfAA"
    record(tmp_path, f"Is {key} mine?")
    here, told = telling(tmp_path)
    miss(here, f"Is {key} yours?", trial())
    assert key not in repr(told[0])
    miss(here, f"Is {key.replace('Z', 'Y')} mine?", trial())
    assert told[1].changes == []


def test_a_damaged_recording_is_no_nearest_one(tmp_path: Path) -> None:
    near, far = record(tmp_path, "Where is it?", "Sell it.")
    near.write_text(near.read_text()[:100])
    here, told = telling(tmp_path)
    miss(here, "Where was it?", trial())
    assert told[0].nearest == far


def test_foreign_files_among_the_recordings_are_passed_over(tmp_path: Path) -> None:
    (near,) = record(tmp_path, "Where is it?")
    for name in ("notes.md", ".DS_Store", "ä" * 80, f"{'0' * 32}-{'0' * 64}-1.json", near.name + ".orig"):
        near.with_name(name).write_text("")
    here, told = telling(tmp_path)
    miss(here, "Where was it?", trial())
    assert told[0].nearest == near


@pytest.mark.parametrize("named", ["..", "../elsewhere", ".", "/tmp/elsewhere"])
def test_a_folder_outside_rootdir_is_refused(tmp_path: Path, named: str) -> None:
    with pytest.raises(SettingsError, match=r"llm_cassette_dir is .*, which is no folder below rootdir"):
        cassette_folder(tmp_path, named)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.joinpath("taken").write_text("")
    for named in ("taken", "taken/cassettes"):
        with pytest.raises(SettingsError, match=r"taken' is a file\. Name a folder\."):
            cassette_folder(tmp_path, named)
    assert cassette_folder(tmp_path, "a/./b") == tmp_path / "a" / "b"
