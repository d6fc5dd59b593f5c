"""A disk that refuses a page: one line says so, and nothing is raised."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.delivery import Delivery, ReportOrder, Reports
from pytest_llmobs.reports.html.report import HtmlReport
from tests.browser.experiments import big

FULL = Path("/dev/full")


def delivered(path: Path, limit: int = 15_000_000) -> Delivery:
    experiment, evidence = big(200)
    order = ReportOrder(HtmlReport(limit=limit), path)
    (delivery,) = Reports(experiment, Context(evidence=evidence), (order,)).written(None)
    return delivery


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full")
def test_a_full_disk_is_one_line() -> None:
    assert delivered(FULL).notice() == "! report html: can't write '/dev/full': No space left on device"


def test_a_folder_that_can_not_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "page.html"
    assert delivered(path).notice() == (
        f"! report html: can't write '{path}': a file stands in the place of its folder"
    )


def test_where_a_page_beside_it_can_not_be_written_there_is_no_page(tmp_path: Path) -> None:
    (tmp_path / "page.traces-1.html").mkdir()
    path = tmp_path / "page.html"
    assert delivered(path, limit=100_000).notice().startswith(f"! report html: can't write '{path}': ")
    assert not path.exists()


def test_the_pages_beside_it_are_written_with_it(tmp_path: Path) -> None:
    assert not delivered(tmp_path / "page.html", limit=100_000).problem
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names[0] == "page.html"
    assert names[1] == "page.traces-1.html"
