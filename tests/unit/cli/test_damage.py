"""Damaged files: what is damaged is named and left out, the rest is served, and no command ends in a traceback."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_llmobs.baselines.file import load_baseline, save_baseline, suite_of_damaged
from pytest_llmobs.baselines.paths import baseline_path, texts_path
from pytest_llmobs.baselines.records import Baseline, BaselineRow
from pytest_llmobs.baselines.texts import CallShape, ExampleTexts, TextStore
from pytest_llmobs.errors import BaselineError
from pytest_llmobs.experiments.documents import experiment_to_dict
from pytest_llmobs.experiments.recording_estimate import recording_estimate
from pytest_llmobs.storage.store import Store
from tests.unit.cli.conftest import SUITE, make_experiment
from tests.unit.damage import WHOLE, damaged

COMMANDS = (
    "experiments",
    "experiments --json",
    "experiments --history",
    "show",
    "compare calm-heron brave-otter",
)
TOLD = {"settings": {}, "baselines": {}, "exit_status": 0}


def write_damaged(store: Store, name: str, seed: int) -> Path:
    path = store.layout.experiment(name)
    path.write_bytes(damaged(path.read_bytes(), seed))
    return path


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("seeds", [range(start, start + 40) for start in (0, 40)])
def test_a_damaged_experiment_stops_no_command(llmobs, store: Store, run_id: str, seeds: range) -> None:
    path = store.layout.experiment("brave-otter")
    whole = path.read_bytes()
    for seed in seeds:
        path.write_bytes(whole)
        write_damaged(store, "brave-otter", seed)
        for command in COMMANDS:
            done = llmobs(*command.split())
            assert "Traceback" not in done.stderr
            if command == "experiments --json":
                assert done.returncode == 0
                assert "calm-heron" in done.stdout
                assert "brave-otter" in done.stdout or str(path) in done.stderr
        assert llmobs("show", run_id).returncode == 0


@pytest.mark.parametrize("content", WHOLE, ids=range(len(WHOLE)))
def test_what_stands_in_its_place_is_named(llmobs, store: Store, content: bytes) -> None:
    path = store.layout.experiment("brave-otter")
    path.write_bytes(content)
    done = llmobs("experiments")
    assert (done.returncode, "calm-heron" in done.stdout) == (0, True)
    assert done.stderr.startswith(f"The experiment {str(path)!r} ")
    assert done.stderr.endswith(" It is left out.\n")
    assert llmobs("show", "brave-otter").returncode == 2


@pytest.mark.parametrize("kind", ["folder", "pipe", "link to itself"])
def test_what_is_no_file_is_named_and_not_waited_for(llmobs, store: Store, kind: str) -> None:
    path = store.layout.experiment("old")
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(path)
    done = llmobs("experiments")
    assert (done.returncode, "calm-heron" in done.stdout) == (0, True)
    assert str(path) in done.stderr


def test_a_copy_under_another_name_is_named(llmobs, store: Store) -> None:
    copy = store.layout.experiment("copy")
    copy.write_bytes(store.layout.experiment("calm-heron").read_bytes())
    done = llmobs("experiments")
    assert done.stdout.count("calm-heron") == 1
    assert (
        f"{str(copy)!r} can't be read: it holds the experiment 'calm-heron', whose file has another"
        in done.stderr
    )


def test_where_none_can_be_read_that_is_said(llmobs, store: Store) -> None:
    for name in store.experiment_names():
        store.layout.experiment(name).write_text("")
    assert "No experiment in " in llmobs("experiments").stderr
    assert llmobs("show").stderr.endswith("can be read.\n")


def test_a_changed_digit_is_seen(llmobs, store: Store) -> None:
    path = store.layout.experiment("brave-otter")
    path.write_text(path.read_text().replace("0.31", "0.91", 1))
    assert "its checksum doesn't hold" in llmobs("show", "brave-otter").stderr


def test_recording_goes_on_beside_damage(store: Store) -> None:
    plan = make_experiment("x", "2026-01-01T00:00:00+00:00").suites[0]
    store.layout.experiment("brave-otter").write_text('{"schema": 99}')
    assert "by the last experiment about 1 model call" in recording_estimate(store, [plan])


def test_pruning_stops_where_an_experiment_cannot_be_read(llmobs, store: Store, tmp_path: Path) -> None:
    (tmp_path / "llm-baselines").mkdir()
    store.layout.experiment("brave-otter").write_text("{")
    done = llmobs("baseline", "prune")
    assert done.returncode == 2
    assert "1 experiment of " in done.stderr
    assert "nothing was dropped" in done.stderr


def write_shards(folder: Path) -> None:
    for number in (1, 2):
        made = make_experiment(f"nightly.shard-{number}-of-2", "2026-01-01T00:00:00+00:00")
        plan = replace(made.suites[0], total=1)
        if number == 2:
            plan = replace(plan, expected=(), elsewhere={"double-charge": "h"})
        trials = made.trials if number == 1 else ()
        shard = replace(made, shard=f"{number}/2", suites=(plan,), trials=trials)
        Store(folder / f"shard-{number}").write_experiment(shard.name, {**experiment_to_dict(shard), **TOLD})


@pytest.mark.parametrize("seeds", [range(0, 30), range(30, 60)])
def test_a_damaged_shard_is_never_left_out_of_a_merge(llmobs, tmp_path: Path, seeds: range) -> None:
    write_shards(tmp_path)
    assert llmobs("merge", "shard-1", "shard-2").returncode == 0
    shard = Store(tmp_path / "shard-2").layout.experiment("nightly.shard-2-of-2")
    whole = shard.read_bytes()
    for seed in seeds:
        shard.write_bytes(damaged(whole, seed))
        done = llmobs("merge", "shard-1", "shard-2")
        assert "Traceback" not in done.stderr
        if done.returncode == 2:
            assert str(shard.relative_to(tmp_path)) in done.stderr or "shard" in done.stderr


def test_other_experiments_beside_a_shard_may_be_damaged(llmobs, tmp_path: Path) -> None:
    write_shards(tmp_path)
    (tmp_path / "shard-1" / "experiments" / "old.json").write_text("")
    assert llmobs("merge", "shard-1", "shard-2").returncode == 0


@pytest.mark.parametrize("key", ["exit_status", "settings", "baselines", "shard"])
def test_a_shard_that_lacks_what_the_merge_must_know_stops_it(llmobs, tmp_path: Path, key: str) -> None:
    write_shards(tmp_path)
    shard = Store(tmp_path / "shard-2").layout.experiment("nightly.shard-2-of-2")
    document = json.loads(shard.read_text())
    del document[key]
    shard.write_text(json.dumps(document))
    done = llmobs("merge", "shard-1", "shard-2")
    assert done.returncode == 2
    assert "shard-2-of-2.json' can't be read: it" in done.stderr
    assert "a verdict without it would be about other examples" in done.stderr


BASELINE = Baseline(
    suite=SUITE,
    repeat=2,
    metrics={"tone": "1"},
    rows={
        "e": BaselineRow(
            hash="h", passes=(1.0, 0.0), scores={"tone": (0.5, None)}, latency=1.0, sessions={"unknown": 2}
        )
    },
    texts=TextStore(
        texts={"f": "You help. " * 9},
        calls={"k": CallShape(model="m", params={"n": 1}, system="f", messages=(("user", "f"),))},
        examples={"e": ExampleTexts(calls=("k",), output="done")},
    ),
)


@pytest.mark.parametrize("part", ["scores", "texts"])
def test_a_damaged_baseline_is_an_error_or_what_it_says(tmp_path: Path, part: str) -> None:
    path = tmp_path / "b.json"
    save_baseline(path, BASELINE)
    assert load_baseline(path) == BASELINE
    file = path if part == "scores" else texts_path(path)
    whole = file.read_bytes()
    refused = 0
    for seed in range(200):
        file.write_bytes(damaged(whole, seed))
        with suppress(BaselineError):
            assert load_baseline(path) is not None
            continue
        refused += 1
        with pytest.raises(BaselineError, match=r"Restore it from version control|Upgrade it") as caught:
            load_baseline(path)
        assert str(file) in str(caught.value)
    assert refused > 100


def test_a_link_to_nowhere_is_no_missing_baseline(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    path.symlink_to(tmp_path / "gone.json")
    with pytest.raises(BaselineError, match=r"b\.json': it is a link to nowhere\. Restore it"):
        load_baseline(path)


def test_a_few_references_do_not_stand_for_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    save_baseline(path, BASELINE)
    wire = json.loads(texts_path(path).read_text())
    wire["parts"] = {"p": "x" * 100_000}
    wire["texts"] = {"f": [["p"]] * 20_000}
    texts_path(path).write_text(json.dumps(wire))
    with pytest.raises(BaselineError, match="its texts have more than"):
        load_baseline(path)


def test_what_ends_lines_elsewhere_is_no_merge_conflict(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    texts = replace(
        BASELINE.texts, examples={"e": ExampleTexts(calls=("k",), output="a\u2028=======\x85<<<<<<< b")}
    )
    save_baseline(path, replace(BASELINE, texts=texts))
    baseline = load_baseline(path)
    assert baseline is not None
    assert baseline.texts == texts
    for file in (path, texts_path(path)):  # as git checks it out on Windows, and an editor marks it
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert load_baseline(path) == baseline


@pytest.mark.parametrize(
    ("suite", "content", "found"),
    [
        ("tests/test_a.py::test_x", b'{\n"schema": 9,\n"suite": "tests/test_a.py::test_x",\n"exam', True),
        ("tests/test_a.py::test_x", b"", True),
        ("tests/test_a.py", b"\x00\xff", True),
        ("tests/test_a.py::test_x[a b]", b'{\n"suite": "tests/test_a.py::test_x[a b]",\n', True),
        ("tests/test_a.py::test_x[a b]", b"", False),
    ],
)
def test_a_damaged_baseline_still_says_whose_it_is(
    tmp_path: Path, suite: str, content: bytes, found: bool
) -> None:
    path = baseline_path(tmp_path, suite)
    path.write_bytes(content)
    assert suite_of_damaged(path) == (suite if found else None)
