"""Which version ``as_of`` means: what git, tags, experiments and the store know of a file, wherever it lies."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_llmobs.datasets.editing import changes
from pytest_llmobs.datasets.editing.catalog import Catalog
from pytest_llmobs.datasets.versions.as_of import (
    commits_of,
    examples_apart,
    examples_at,
    examples_committed,
    resolve,
)
from pytest_llmobs.datasets.versions.commits import NotCommittedError
from pytest_llmobs.datasets.versions.moments import observe, versions
from pytest_llmobs.errors import ArgumentError, DatasetError, NotFoundError
from tests.unit.datasets.conftest import FORMATS
from tests.unit.datasets.editing.conftest import draft, minutes

NAME = "tests/golden.jsonl"
DAYS = ("2026-01-01T12:00:00+00:00", "2026-01-02T12:00:00+00:00", "2026-01-03T12:00:00+00:00")


def git(folder: Path, *words: str, day: str = DAYS[0]) -> str:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
    command = ["git", "-C", str(folder), *identity, *words]
    times = {"GIT_COMMITTER_DATE": day, "GIT_AUTHOR_DATE": day, "PATH": "/usr/bin:/bin:/usr/local/bin"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=times)
    return done.stdout.strip()


def line(id: str) -> str:
    return f'{{"id": "{id}", "inputs": {{"query": "{id}"}}}}\n'


@pytest.fixture
def used() -> dict[str, Mapping[str, str]]:
    """Experiments -> the versions that they used."""
    return {}


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, used: dict[str, Mapping[str, str]]) -> Catalog:
    monkeypatch.chdir(tmp_path)
    return Catalog(
        tmp_path / "datasets",
        tmp_path / ".llmobs",
        formats=lambda: FORMATS,
        now=minutes(),
        rootdir=tmp_path,
        experiment_versions=used.get,
    )


@pytest.fixture
def committed(catalog: Catalog, tmp_path: Path) -> Catalog:
    """Return a catalog with a dataset beside tests that three commits have changed, the last one its name, too."""
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "tests").mkdir()
    old, file = tmp_path / "tests" / "old.jsonl", tmp_path / NAME
    old.write_text(line("a") + line("b"))
    git(tmp_path, "add", "tests")
    git(tmp_path, "commit", "-q", "-m", "Begin")
    old.write_text(line("a") + line("b") + line("c"))
    git(tmp_path, "commit", "-q", "-a", "-m", "Add c", day=DAYS[1])
    git(tmp_path, "tag", "v2")
    git(tmp_path, "mv", "tests/old.jsonl", NAME)
    file.write_text(line("b") + line("c"))
    git(tmp_path, "commit", "-q", "-a", "-m", "Rename", day=DAYS[2])
    return catalog


def ids(catalog: Catalog, as_of: datetime | str | None, name: str = NAME) -> list[str]:
    return [example.id for example in examples_at(catalog, name, as_of)]


def test_a_revision_means_the_file_as_committed_whatever_its_name_was(committed: Catalog) -> None:
    assert ids(committed, "HEAD") == ids(committed, None) == ["b", "c"]
    assert ids(committed, "HEAD~1") == ids(committed, "v2") == ids(committed, "git:v2") == ["a", "b", "c"]
    assert ids(committed, commits_of(committed, NAME)[-1].commit[:7]) == ["a", "b"]
    assert resolve(committed, NAME, "v2").as_of == datetime.fromisoformat(DAYS[1])


def test_the_commits_of_a_file_are_told_with_what_it_held(committed: Catalog) -> None:
    every = commits_of(committed, NAME)
    assert [each.subject for each in every] == ["Rename", "Add c", "Begin"]
    assert [each.path for each in every] == [NAME, "tests/old.jsonl", "tests/old.jsonl"]
    held = [[example.id for example in examples_committed(committed, NAME, each)] for each in every]
    assert held == [["b", "c"], ["a", "b", "c"], ["a", "b"]]


def test_a_hash_and_a_tag_are_looked_for_in_git_where_the_store_has_lost_them(committed: Catalog) -> None:
    version = resolve(committed, NAME, "v2").version
    committed.set_tag(NAME, "agreed", version)
    assert (committed.rootdir / "tests" / ".tags" / "golden" / "agreed").read_text() == f"{version}\n"
    for as_of in (version, version[:8], f"hash:{version[:9]}", "agreed", "tag:agreed"):
        for file in (committed.rootdir / ".llmobs" / "datasets").glob("*.jsonl"):
            file.unlink()
        assert ids(committed, as_of) == ["a", "b", "c"]
    assert resolve(committed, NAME, version).tags == ["agreed"]


def test_an_experiment_means_the_version_that_it_used(
    committed: Catalog, used: dict[str, Mapping[str, str]]
) -> None:
    used["brave-owl"] = {"other.csv": "0" * 16, NAME: resolve(committed, NAME, "v2").version}
    assert ids(committed, "brave-owl") == ids(committed, "experiment:brave-owl") == ["a", "b", "c"]
    used["pinned"] = {f"{NAME}@v2": used["brave-owl"][NAME]}
    assert ids(committed, "pinned") == ["a", "b", "c"]
    used["apart"] = {"other.csv": "0" * 16}
    with pytest.raises(
        NotFoundError, match=rf"'apart' didn't use the dataset '{NAME}'\. It used: other\.csv\."
    ):
        examples_at(committed, NAME, "apart")
    committed.experiment_names = lambda: ["brave-owl", "calm-heron", "pinned", "apart", "old"]
    named = r"Did you mean 'brave-owl'\?.* Experiments: brave-owl, calm-heron, pinned and 2 more\."
    for as_of in ("brave-wol", "experiment:Brave-Owl"):
        with pytest.raises(NotFoundError, match=named):
            examples_at(committed, NAME, as_of)
    with pytest.raises(NotFoundError, match="There is no experiment 'nobody' in this store"):
        examples_at(committed, NAME, "experiment:nobody")


def test_a_time_before_the_store_s_first_look_is_asked_of_git(committed: Catalog) -> None:
    assert ids(committed, datetime.fromisoformat(DAYS[1])) == ["a", "b", "c"]
    assert ids(committed, "2026-01-01T23:00:00+00:00") == ["a", "b"]
    assert ids(committed, datetime(2026, 12, 1, tzinfo=UTC)) == ["b", "c"]
    with pytest.raises(
        NotFoundError, match=r"no version yet at 2025-.*first one .* is of 2026-01-01T12:00:00"
    ):
        examples_at(committed, NAME, "2025-05-05")


def test_a_text_that_may_mean_two_versions_is_refused(
    committed: Catalog, used: dict[str, Mapping[str, str]]
) -> None:
    first = resolve(committed, NAME, commits_of(committed, NAME)[-1].commit).version
    committed.set_tag(NAME, "v2", first)
    second = resolve(committed, NAME, "git:v2").version
    with pytest.raises(ArgumentError) as caught:
        examples_at(committed, NAME, "v2")
    assert str(caught.value) == (
        f"as_of='v2' may be the tag 'v2' (version {first}) or the git revision 'v2' (version {second}) of the dataset "
        f"'{NAME}'. Write tag:v2 or git:v2."
    )
    assert ids(committed, "tag:v2") == ["a", "b"]
    assert ids(committed, "git:v2") == ["a", "b", "c"]
    committed.set_tag(NAME, "v2", second)
    assert ids(committed, "v2") == ["a", "b", "c"]


def test_a_revision_without_the_file_is_told_from_one_that_isn_t_there(committed: Catalog) -> None:
    new = committed.rootdir / "tests" / "new.jsonl"
    new.write_text(line("a"))
    with pytest.raises(NotCommittedError, match=r"The revision 'HEAD' has no file 'new\.jsonl'"):
        examples_at(committed, "tests/new.jsonl", "git:HEAD")
    with pytest.raises(NotFoundError, match=r"git knows no commit 'v9' here\. Check its name") as caught:
        examples_at(committed, NAME, "git:v9")
    assert not isinstance(caught.value, NotCommittedError)
    with pytest.raises(NotFoundError, match="git knows no commit '--help'"):
        examples_at(committed, NAME, "git:--help")


def test_a_commit_that_makes_no_sense_is_named(committed: Catalog) -> None:
    file = committed.rootdir / NAME
    file.write_text('{"id": "a"}\n')
    git(committed.rootdir, "commit", "-q", "-a", "-m", "Break it")
    commit = commits_of(committed, NAME)[0].commit[:7]
    with pytest.raises(
        DatasetError, match=rf"^tests/golden\.jsonl in commit {commit}:1: 'inputs' is missing"
    ):
        examples_at(committed, NAME, "HEAD")
    assert ids(committed, "HEAD~2") == ["a", "b", "c"]


def test_a_clone_that_lacks_the_commit_says_how_to_get_it(
    committed: Catalog, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = tmp_path_factory.mktemp("clone")
    git(clone, "clone", "-q", "--depth=1", f"file://{committed.rootdir}", "here")
    monkeypatch.chdir(clone / "here")
    here = Catalog(clone / "here" / "datasets", clone / "here" / ".llmobs", formats=lambda: FORMATS)
    assert ids(here, "HEAD") == ["b", "c"]
    with pytest.raises(NotFoundError, match="This clone is shallow: fetch it first, with 'git fetch"):
        examples_at(here, NAME, "git:v2")
    with pytest.raises(NotFoundError, match="Git knows none: this clone is shallow: 'git fetch --unshallow'"):
        examples_at(here, NAME, "0123456789abcdef")


def test_without_git_everything_else_is_found(
    committed: Catalog, used: dict[str, Mapping[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    version = resolve(committed, NAME, "v2").version
    used["brave-owl"] = {NAME: version}
    monkeypatch.setenv("PATH", "")
    assert ids(committed, "brave-owl") == ["a", "b", "c"]
    with pytest.raises(NotFoundError, match=r"There is no commit 'v2': git can't be run"):
        examples_at(committed, NAME, "git:v2")
    with pytest.raises(NotFoundError, match=r"has no version 'v2': .*Git knows none: git can't be run"):
        examples_at(committed, NAME, "v2")


def test_a_short_hash_is_refused_saying_so(committed: Catalog) -> None:
    version, _ = observe(committed, NAME)
    for digits in (4, 7):
        with pytest.raises(NotFoundError, match="Of a hash give 8 digits or more"):
            examples_at(committed, NAME, version[:digits])
    assert ids(committed, version[:8]) == ["b", "c"]


def test_a_dataset_beside_its_tests_has_a_past_by_its_path(committed: Catalog) -> None:
    version, _ = observe(committed, NAME)
    for called in (NAME, str(committed.rootdir / NAME), "./tests/../tests/golden.jsonl"):
        assert versions(committed, committed.name_of(committed.file(called)))[0].version == version
    changes.add(committed, NAME, [draft("d", id="d")], "x")
    assert ids(committed, None) == ["b", "c", "d"]
    assert ids(committed, version) == ["b", "c"]
    apart = examples_apart(committed, NAME, version, None)
    assert (apart.earlier, [example.id for example in apart.later]) == ((), ["d"])
    with pytest.raises((ArgumentError, NotFoundError)):
        committed.file("/etc/passwd.jsonl")


def test_a_broken_file_keeps_nobody_from_its_past(committed: Catalog) -> None:
    (committed.rootdir / NAME).write_text("{")
    assert ids(committed, "v2") == ["a", "b", "c"]
    assert ids(committed, datetime.fromisoformat(DAYS[0])) == ["a", "b"]


def test_a_file_that_was_deleted_or_renamed_is_named_with_its_way_back(committed: Catalog) -> None:
    root = committed.rootdir
    file = root / NAME
    file.unlink()
    with pytest.raises(NotFoundError, match=rf"'git checkout HEAD -- {NAME}' brings it back"):
        ids(committed, "v2")
    git(root, "commit", "-qam", "Delete")
    with pytest.raises(NotFoundError, match=rf"Commit (\w+) deleted '{NAME}': 'git checkout \1~1 -- {NAME}'"):
        ids(committed, "v2")
    git(root, "checkout", "HEAD~1", "--", NAME)
    git(root, "commit", "-qm", "Bring back")
    git(root, "mv", NAME, "tests/renamed.jsonl")
    git(root, "commit", "-qm", "Rename")
    with pytest.raises(NotFoundError, match=rf"renamed '{NAME}' to 'tests/renamed.jsonl'"):
        ids(committed, "v2")
