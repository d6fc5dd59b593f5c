from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_llmobs.storage.transfer import copy_file


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1" * 1_000_000)
    return path


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "other").mkdir()
    return tmp_path / "other" / "a.parquet"


def refuse(source: Path, target: Path) -> None:
    raise PermissionError("this disk has no links")


def test_two_stores_share_a_file_where_the_disk_has_links(source: Path, target: Path) -> None:
    copy_file(source, target)
    assert target.samefile(source)


def test_where_it_has_none_the_file_is_copied(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", refuse)
    copy_file(source, target)
    assert not target.samefile(source)
    assert target.read_bytes() == source.read_bytes()
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("has_links", [True, False])
def test_a_file_already_there_stays(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    target.write_bytes(b"mine")
    if not has_links:
        monkeypatch.setattr(os, "link", refuse)
    copy_file(source, target)
    assert target.read_bytes() == b"mine"


def test_a_file_that_is_gone_leaves_nothing_behind(source: Path, target: Path) -> None:
    source.unlink()
    with pytest.raises(FileNotFoundError):
        copy_file(source, target)
    assert list(target.parent.iterdir()) == []
