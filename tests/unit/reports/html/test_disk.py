"""A disk that refuses a page: one line says so, and nothing is raised."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.delivery import Delivery, ReportOrder, Reports
from pytest_llmobs.reports.html.report import HtmlReport
from tests.browser.experiments import big
from tests.unit.reports.html.pages import details_of

FULL = Path("/dev/full")


def delivered(path: Path | None, limit: int = 15_000_000, folder: Path | None = None) -> Delivery:
    experiment, evidence = big(200)
    order = ReportOrder(HtmlReport(limit=limit), path)
    (delivery,) = Reports(experiment, Context(evidence=evidence), (order,)).written(folder)
    return delivery


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full")
def test_a_full_disk_is_one_line() -> None:
    assert delivered(FULL).notice() == "! report html: can't write '/dev/full': No space left on device"


def test_a_page_for_an_open_file_goes_into_it_and_has_nothing_beside_it(tmp_path: Path) -> None:
    log = tmp_path / "log.html"
    with log.open("wb") as file:
        delivery = delivered(Path(f"/dev/fd/{file.fileno()}"), limit=100_000)
    assert not delivery.problem
    assert log.read_bytes().startswith(b"<!doctype html>")
    assert list(tmp_path.iterdir()) == [log]


def test_a_folder_that_can_not_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "page.html"
    assert delivered(path).notice() == (
        f"! report html: can't write '{path}': a file stands in the place of its folder"
    )


def test_where_the_store_takes_no_file_another_place_is_proposed(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("")
    assert delivered(None, folder=tmp_path / "reports").notice() == (
        f"! report html: can't write '{tmp_path}/reports/big-otter-200.html': "
        "a file stands in the place of its folder; name another place, html:PATH"
    )


@pytest.mark.parametrize("name", ["x" * 300 + ".html", "a\0b.html"])
def test_a_name_that_no_file_can_have_is_one_line(name: str, tmp_path: Path) -> None:
    notice = delivered(tmp_path / name).notice()
    assert notice.startswith("! report html: can't write ")
    assert "\n" not in notice


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' file names are text")
def test_a_name_that_no_link_can_have_gets_no_pages_beside_it(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"half \xff.html")
    assert not delivered(path, limit=100_000).problem
    assert list(tmp_path.iterdir()) == [path]


def test_where_a_page_beside_it_can_not_be_written_there_is_no_page(tmp_path: Path) -> None:
    (tmp_path / "page.traces-1.html").mkdir()
    path = tmp_path / "page.html"
    assert delivered(path, limit=100_000).notice().startswith(f"! report html: can't write '{path}': ")
    assert not path.exists()


@pytest.mark.parametrize("path", ["page.html", None])
def test_the_pages_beside_it_are_written_with_it_for_the_same_eyes(path: str | None, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    delivery = delivered(folder / path if path else None, limit=100_000, folder=folder)
    assert delivery.path is not None
    assert delivery.path.is_file()
    first = folder / delivery.path.name.replace(".html", ".traces-1.html")
    assert first.stat().st_mode == delivery.path.stat().st_mode


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes")
def test_a_pipe_gets_the_whole_page(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        content = pool.submit(pipe.read_text)
        assert not delivered(pipe, limit=100_000).problem
        page = content.result(10)
    assert len(details_of(page)) == 200
    assert {trial["runs_in"] for trial in details_of(page).values()} == {None}
    assert list(tmp_path.iterdir()) == [pipe]
