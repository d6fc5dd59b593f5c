"""A folder takes the place of another, also where the process is killed in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_llmobs.datasets.exchange import read_foreign, write_foreign
from pytest_llmobs.datasets.exchange.replacing import aside, replace
from pytest_llmobs.datasets.parquet import Parquet
from pytest_llmobs.errors import DatasetError
from pytest_llmobs.records.examples import Dataset, Example

KILLED_AFTER = """
import os, signal, sys
from pathlib import Path
from pytest_llmobs.datasets.exchange import replacing

renamed = Path.rename
left = int(sys.argv[1])

def rename(path, target):
    global left
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    return renamed(path, target)

Path.rename = rename
replacing.shutil.rmtree = lambda path: os.kill(os.getpid(), signal.SIGKILL)
replacing.replace(Path("hub"), Path("new"))
"""


def dataset(question: str) -> Dataset:
    return Dataset("faq", (Example("one", {"question": question}, {"answer": "Yes."}, split="train"),))


def questions(path: Path) -> list[str]:
    return [example["inputs"]["question"] for example in read_foreign(path, formats=[Parquet()]).examples]


def killed(folder: Path, renames: int) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED_AFTER, str(renames)], cwd=folder, check=False)
    assert done.returncode == -signal.SIGKILL


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    write_foreign(dataset("old"), tmp_path / "hub", "hf")
    write_foreign(dataset("new"), tmp_path / "new", "hf")
    return tmp_path / "hub"


def test_a_folder_takes_the_place_of_another(hub: Path) -> None:
    replace(hub, hub.with_name("new"))
    assert questions(hub) == ["new"]
    assert [entry.name for entry in hub.parent.iterdir()] == ["hub"]


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on Windows")
def test_killed_between_the_renames_the_former_one_is_named_and_put_back(hub: Path) -> None:
    killed(hub.parent, 1)
    assert not hub.exists()
    with pytest.raises(DatasetError, match=r"\.hub\.former"):
        read_foreign(hub, formats=[Parquet()])
    replace(hub.with_name("elsewhere"), hub.with_name("new"))
    assert questions(aside(hub)) == ["old"]
    write_foreign(dataset("newest"), hub, "hf", overwrite=True)
    assert questions(hub) == ["newest"]
    assert not aside(hub).exists()


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on Windows")
def test_killed_behind_the_renames_the_former_one_goes_with_the_next_export(hub: Path) -> None:
    killed(hub.parent, 2)
    assert questions(hub) == ["new"]
    assert questions(aside(hub)) == ["old"]
    write_foreign(dataset("newest"), hub, "hf", overwrite=True)
    assert questions(hub) == ["newest"]
    assert not aside(hub).exists()


def test_where_the_new_one_cant_take_the_place_the_former_one_stays(hub: Path) -> None:
    with pytest.raises(FileNotFoundError):
        replace(hub, hub.with_name("nothing"))
    assert questions(hub) == ["old"]
    assert not aside(hub).exists()
