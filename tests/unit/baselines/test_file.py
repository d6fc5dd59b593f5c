from __future__ import annotations

import difflib
import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_llmobs.baselines.file import load_baseline, parse_baseline, render_baseline, save_baseline
from pytest_llmobs.baselines.line_json import parse_json
from pytest_llmobs.baselines.paths import baseline_path, texts_path
from pytest_llmobs.baselines.records import BaselineSession, RecordedSession
from pytest_llmobs.baselines.update import updated_baseline
from pytest_llmobs.errors import BaselineError
from pytest_llmobs.records.trials import ModelCall


@pytest.mark.parametrize(
    ("suite", "name"),
    [
        ("tests/test_support.py::test_agent", "tests.test_support--test_agent.json"),
        ("tests/test_support.py::TestAgent::test_it", "tests.test_support--TestAgent--test_it.json"),
        ("test_support.py", "test_support.json"),
    ],
)
def test_file_names_are_readable(suite: str, name: str) -> None:
    assert baseline_path("llm-baselines", suite) == Path("llm-baselines", name)


def test_odd_names_stay_readable_and_end_in_a_hash() -> None:
    name = baseline_path("b", "tests/test_a.py::test_it[gpt-4o/größe]").name
    assert name.startswith("tests.test_a--test_it-gpt-4o-gr-e~")
    assert len(baseline_path("b", "tests/test_a.py::test_it[" + "x" * 5000 + "]").name) < 150


@settings(deadline=None)
@given(
    st.text(alphabet="ab./:_-[]ü~", min_size=1, max_size=12),
    st.text(alphabet="ab./:_-[]ü~", min_size=1, max_size=12),
)
def test_different_suites_have_different_files(one: str, other: str) -> None:
    for suffix in ("", ".py", ".py::test"):
        same = baseline_path("b", one + suffix) == baseline_path("b", other + suffix)
        assert same == (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a/b.py::c", "a.b.py::c"),
        ("a.py::b--c", "a.py::b::c"),
        ("a/b.py", "a/b"),
        ("tests/py/a.py::b", "tests/py.py::a::b"),
    ],
)
def test_similar_suites_have_different_files(one: str, other: str) -> None:
    assert baseline_path("b", one) != baseline_path("b", other)


THIRDS = {1: 0.333333, 3: 1.0}


@pytest.fixture
def rich(world):
    w = world(3, metrics={"tone": "v1"})
    trials = w.trials(
        lambda e, r: e != "e001" or r > 1,
        repeat=3,
        scores={"tone": lambda _, r: None if r == 2 else THIRDS[r]},
        calls=lambda e: [
            ModelCall(model="m-1", params={"max_tokens": 300}, system="Be kind.", messages=(("user", e),))
        ],
        output=lambda e: f"Hello {e}",
        latency=1.5,
        total_cost=0.002,
    )
    session = BaselineSession(
        recorded="2026-01-01T08:00:00+00:00", commit="abc", clean=True, experiment="calm"
    )
    source = RecordedSession(key="0a1b2c3d", session=session, metadata={"machine": "m"})
    return updated_baseline(None, w.plan, trials, source=source).baseline


def test_what_is_written_is_read_back(rich, tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "b.json"
    save_baseline(path, rich)
    assert load_baseline(path) == rich


def test_no_file_is_no_baseline(tmp_path: Path) -> None:
    assert load_baseline(tmp_path / "none.json") is None


def test_a_line_an_example_sorted_and_the_head_first(rich) -> None:
    lines = render_baseline(replace(rich, rows=dict(reversed(rich.rows.items())))).splitlines()
    assert lines[1:6] == [
        '"schema": 2,',
        f'"suite": "{rich.suite}",',
        '"dataset": "support_golden.jsonl",',
        '"dataset_version": "d1",',
        '"repeat": 3,',
    ]
    examples = [line for line in lines if line.startswith('"e0')]
    assert [line[:6] for line in examples] == ['"e000"', '"e001"', '"e002"']
    assert '"pass": [0, 1, 1], "scores": {"tone": [0.333333, null, 1]}' in examples[1]
    assert '"sessions": {"0a1b2c3d": 3}, "latency"' in examples[1]
    assert (
        '"0a1b2c3d": {"recorded": "2026-01-01T08:00:00+00:00", "commit": "abc", "clean": true'
        in "\n".join(lines)
    )
    timing = '"latency": 1.5, "latency_spread": 0.0, "cost": 0.002, "cost_spread": 0.0'
    assert f'{timing}, "sent": {{"model": "m-1", ' in examples[1]


def test_a_changed_example_changes_one_line(rich) -> None:
    row = replace(rich.rows["e001"], passes=(1.0, 1.0, 1.0))
    changed = replace(rich, rows={**rich.rows, "e001": row})
    before, after = render_baseline(rich).splitlines(), render_baseline(changed).splitlines()
    assert [line[:7] for line in difflib.ndiff(before, after) if line[0] in "+-"] == ['- "e001', '+ "e001']


def test_the_file_is_plain_json(rich) -> None:
    assert json.loads(render_baseline(rich))["examples"]["e000"]["hash"] == "hash of e000"


def test_ids_of_any_script_stay_readable(world, tmp_path: Path) -> None:
    w = world(["größe", '"quoted"\n', "日本"])
    save_baseline(tmp_path / "b.json", w.baseline())
    assert '"größe": {' in (tmp_path / "b.json").read_text(encoding="utf-8")
    assert set(load_baseline(tmp_path / "b.json").rows) == {"größe", '"quoted"\n', "日本"}


def test_switching_texts_off_removes_the_companion(rich, tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    save_baseline(path, rich)
    assert texts_path(path).name == "b.texts.json"
    assert texts_path(path).exists()
    save_baseline(path, replace(rich, texts=None))
    assert not texts_path(path).exists()
    assert [found.name for found in tmp_path.iterdir()] == ["b.json"]


ROW = '{"schema": 1, "suite": "s", "examples": {"e": {"hash": "h", "pass": %s}}}'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"b.json, line 1: no valid JSON: Expecting value\. Restore it from version control"),
        ('{\n"schema": 1,\n"suite": nope\n}', r"b.json, line 3: no valid JSON"),
        ("[]", r"b.json is no baseline: its schema is None"),
        ('{"schema": "1"}', r"its schema is '1'"),
        ('{"schema": 0}', r"its schema is 0"),
        ('{"schema": 3}', r"b.json has schema 3; this version of pytest-llmobs reads up to 2\. Upgrade it"),
        (
            '{"schema": 2, "suite": "s", "examples": {"e": {"hash": "h", "pass": [1, 1], "sessions": {"a": 1}}}}',
            r"examples\['e'\].sessions: \{'a': 1\} make no 2 passes, and so many are there",
        ),
        (
            '{"schema": 2, "suite": "s", "sessions": {"a": []}, "examples": {}}',
            r"is no baseline: sessions\['a'\]: \[\] is not an object",
        ),
        ('{"schema": 1, "examples": {}}', r"is no baseline: it lacks suite"),
        ('{"schema": 1, "suite": "s", "examples": []}', r"is no baseline: examples: \[\] is no object"),
        (
            '{"schema": 1, "suite": "s", "examples": {"e": {"pass": [1]}}}',
            r"is no baseline: examples\['e'\]: it lacks hash",
        ),
        ('{"schema": true}', r"its schema is True"),
        (
            '{"schema": 1, "suite": "s", "examples": {"e": {}, "e": {}}}',
            r"b.json: 'e' is there twice, as after a",
        ),
        (ROW % '["x"]', r"\['x'\] is no list of numbers"),
        (ROW % '["0", "1"]', r"\['0', '1'\] is no list of numbers"),
        (ROW % "[true]", r"\[True\] is no list of numbers"),
        (ROW % "[1, -7]", r"pass is \[1, -7\], and a repeat has 1, 0 or null"),
        (ROW % "[NaN]", r"b.json: NaN is no number"),
        (ROW % "[-Infinity]", r"b.json: -Infinity is no number"),
    ],
)
def test_a_file_that_makes_no_sense_is_an_error_never_an_empty_baseline(content: str, message: str) -> None:
    with pytest.raises(BaselineError, match=message):
        parse_baseline(content, "b.json")


class TestSessions:
    """Each row says which sessions its passes come from, whatever becomes of the others."""

    def test_a_file_of_version_1_is_one_session_of_an_unknown_commit(self) -> None:
        old = (
            '{"schema": 1, "suite": "s", "metadata": {"recorded": "2026-01-01", "commit": "abc", "experiment": "calm"},'
            ' "examples": {"e": {"hash": "h", "pass": [1, 0]}}}'
        )
        baseline = parse_baseline(old, "b.json")
        assert baseline.sessions == {"unknown": BaselineSession(recorded="2026-01-01", experiment="calm")}
        assert baseline.rows["e"].sessions == {"unknown": 2}
        again = parse_baseline(render_baseline(baseline), "b.json")
        assert again == baseline
        # as far as it was known, for the line that says what changed
        assert again.code_of("e") == "abc"

    def test_a_session_that_the_head_lacks_is_of_an_unknown_commit(self, rich) -> None:
        baseline = parse_baseline(render_baseline(replace(rich, sessions={})), "b.json")
        assert baseline.rows["e000"].sessions == {"0a1b2c3d": 3}
        assert (baseline.code_of("e000"), rich.code_of("e000")) == ("", "abc")

    def test_a_row_of_version_1_that_was_merged_in_is_of_an_unknown_session(self, rich) -> None:
        merged = render_baseline(rich).replace('"sessions": {"0a1b2c3d": 3}, ', "", 1)
        rows = parse_baseline(merged, "b.json").rows
        assert (rows["e000"].sessions, rows["e001"].sessions) == ({"unknown": 3}, {"0a1b2c3d": 3})

    def test_code_that_was_not_committed_is_shown_so(self) -> None:
        assert BaselineSession(commit="abc").code == "abc+dirty"
        assert BaselineSession().code == ""

    def test_branches_that_record_different_rows_leave_each_other_their_meaning(
        self, rich, tmp_path: Path
    ) -> None:
        def git(*words: str) -> None:
            identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
            command = ["git", "-C", str(tmp_path), *identity, *words]
            subprocess.run(command, check=True, capture_output=True)

        def record(branch: str, example: str, session: str) -> None:
            git("checkout", "-q", "-b", branch, "main")
            row = replace(rich.rows[example], passes=(0.0, 0.0, 0.0), sessions={session: 3})
            # the head is merged with all lines of both sides kept; here one side forgot its own
            sessions = (
                rich.sessions
                if branch == "two"
                else {**rich.sessions, session: BaselineSession(commit="one")}
            )
            changed = replace(rich, rows={**rich.rows, example: row}, sessions=sessions)
            save_baseline(tmp_path / "b.json", changed)
            git("commit", "-qam", branch)

        git("init", "-q", "-b", "main")
        save_baseline(tmp_path / "b.json", rich)
        git("add", ".")
        git("commit", "-qm", "main")
        record("one", "e000", "1111aaaa")
        record("two", "e002", "2222bbbb")
        git("merge", "-q", "one")
        merged = load_baseline(tmp_path / "b.json")
        assert merged is not None
        assert [row.sessions for row in merged.rows.values()] == [
            {"1111aaaa": 3},
            {"0a1b2c3d": 3},
            {"2222bbbb": 3},
        ]
        assert [merged.code_of(name) for name in merged.rows] == ["one+dirty", "abc", ""]


@pytest.mark.parametrize("marker", ["<<<<<<< ours", "=======", ">>>>>>> theirs"])
def test_merge_markers_are_named_with_their_line(rich, marker: str) -> None:
    lines = render_baseline(rich).splitlines()
    lines.insert(9, marker)
    with pytest.raises(
        BaselineError, match=r"b.json, line 10: an unresolved merge conflict .* mind the commas"
    ):
        parse_baseline("\n".join(lines), "b.json")


def test_merge_markers_in_the_texts_are_named_too(rich, tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    save_baseline(path, rich)
    texts_path(path).write_text("{\n<<<<<<< ours\n}")
    with pytest.raises(BaselineError, match=r"b\.texts\.json, line 2: an unresolved merge conflict"):
        load_baseline(path)


def test_bytes_that_are_no_text_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BaselineError, match=r"Can't read .*b\.json"):
        load_baseline(tmp_path / "b.json")


def test_a_folder_in_its_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "b.json").mkdir()
    with pytest.raises(BaselineError, match="Can't read"):
        load_baseline(tmp_path / "b.json")


def test_a_folder_that_can_not_be_made_is_an_error(rich, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BaselineError, match="Can't write the baseline"):
        save_baseline(tmp_path / "file" / "b.json", rich)


def test_older_schemas_are_upgraded_step_by_step() -> None:
    steps = [lambda wire: {**wire, "a": 1}, lambda wire: {**wire, "b": wire["a"] + 1}]
    assert parse_json('{"schema": 1}', "b.json", steps) == {"schema": 1, "a": 1, "b": 2}
    assert parse_json('{"schema": 2, "a": 5}', "b.json", steps) == {"schema": 2, "a": 5, "b": 6}
    assert parse_json('{"schema": 3}', "b.json", steps) == {"schema": 3}
    with pytest.raises(BaselineError, match="schema 4; this version of pytest-llmobs reads up to 3"):
        parse_json('{"schema": 4}', "b.json", steps)


def test_a_crash_while_writing_leaves_the_old_file(
    rich, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "b.json"
    save_baseline(path, rich)
    old = path.read_text()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(BaselineError, match="No space left"):
        save_baseline(path, replace(rich, rows={}))
    assert path.read_text() == old
    assert sorted(found.name for found in tmp_path.iterdir()) == ["b.json", "b.texts.json"]
