"""Reports by ``FORMAT[:PATH]``: what is asked for is made or said to be missing, and nothing ever raises."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_llmobs.errors import SettingsError
from pytest_llmobs.extensions import Extensions, standalone_manager
from pytest_llmobs.reports import delivery
from pytest_llmobs.reports.base import named_formats
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.delivery import ReportOrder, Reports, read_orders
from pytest_llmobs.reports.json import JsonReport
from pytest_llmobs.reports.text.page import Page

FORMATS = Extensions(standalone_manager()).reports


class Short:
    """A format that is printed."""

    name = "short"
    suffix = ""

    def render(self, digest, page, context):
        return digest.verdict.headline


class Failing(Short):
    name = "failing"

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def render(self, digest, page, context):
        raise self._error


def orders(*requests: str, folder: Path = Path()) -> tuple[ReportOrder, ...]:
    return read_orders(requests, {**FORMATS, "short": Short()}, folder, "--llm-report")


def test_a_format_alone_goes_to_its_own_place():
    (order,) = orders("json")
    assert (order.format.name, order.path, order.printed) == ("json", None, False)


def test_a_path_is_all_behind_the_first_colon(tmp_path):
    (order,) = orders("json:out/a:b.json", folder=tmp_path)
    assert order.path == tmp_path / "out" / "a:b.json"
    (home,) = orders("json:~/out.json")
    assert home.path == Path.home() / "out.json"


def test_what_is_asked_for_twice_is_made_once():
    assert len(orders("json", "json", "json:other.json")) == 2


def test_two_reports_in_one_file_are_refused():
    with pytest.raises(SettingsError) as caught:
        orders("json:out", "short:out")
    assert str(caught.value) == (
        "--llm-report: the reports 'json' and 'short' would be one file. Name another one, short:PATH."
    )


def test_an_unknown_format_names_the_nearest_all_others_and_the_remedy():
    with pytest.raises(SettingsError) as caught:
        orders("jsn:out.json")
    names = ", ".join(sorted({*FORMATS, "short"}))
    assert str(caught.value) == (
        f"Unknown report 'jsn' for --llm-report. Did you mean 'json'? Known: {names}. "
        "The hook pytest_llmobs_reports in the conftest.py of the rootdir adds one."
    )


def test_a_colon_without_a_path_is_refused():
    with pytest.raises(
        SettingsError, match=r"--llm-report 'json:' names no file .* Write json:PATH, or json"
    ):
        orders("json:")


def test_the_home_of_an_unknown_user_is_refused():
    with pytest.raises(SettingsError, match="begins with the home of a user that isn't known here"):
        orders("html:~nobody-here/x.html")


@pytest.mark.parametrize(
    "attributes",
    [{"name": "odd"}, {"name": "odd", "suffix": None}, {"name": "odd", "suffix": ".x", "render": 1}],
)
def test_what_is_no_format_is_refused_before_anything_is_paid_for(attributes):
    odd = type("Odd", (), attributes)()
    with pytest.raises(SettingsError, match=r"^The report 'odd' is no format: it needs a text `suffix`"):
        named_formats(lambda: [[odd]])


def raising():
    raise RuntimeError("no such service")


@pytest.mark.parametrize(
    ("hook", "message"),
    [
        (raising, "pytest_llmobs_reports raised RuntimeError: no such service"),
        (lambda: [7], "pytest_llmobs_reports returned 7; it returns a list of formats."),
        (lambda: [[JsonReport]], "offers the class JsonReport; offer an instance, JsonReport()."),
        (
            lambda: [[SimpleNamespace(suffix="")]],
            "whose name is None: it needs a text `name` without a colon.",
        ),
        (
            lambda: [[SimpleNamespace(name="a:b")]],
            "whose name is 'a:b': it needs a text `name` without a colon.",
        ),
    ],
)
def test_a_hook_that_offers_no_formats_says_so(hook, message):
    with pytest.raises(SettingsError) as refusal:
        named_formats(hook)
    assert message in str(refusal.value)


def test_several_in_one_request_are_told_to_be_given_one_at_a_time():
    with pytest.raises(SettingsError, match=r"Give one at a time, in the ini file one a line\."):
        orders("json,terminal")


def test_a_file_is_named_though_the_current_folder_is_gone(gallery, tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    (written,) = Reports(gallery["green"](), Context(), orders("json")).written(tmp_path)
    gone.rmdir()
    assert written.notice() == f"report json: {tmp_path / 'brave-otter-1123.json'}"


def test_what_a_terminal_can_not_encode_is_escaped(gallery):
    class Wide(Short):
        def render(self, digest, page, context):
            return "\x1b[1m✓ \ud800\x1b[0m"

    asked = (ReportOrder(Wide()),)
    _, wide = Reports(gallery["green"](), Context(), asked).printed(Page(encoding="ascii"))
    assert wide.text == "\x1b[1m\\u2713 \\ud800\x1b[0m"


def test_the_terminals_own_report_comes_first_and_once(gallery):
    reports = Reports(gallery["small"](), Context(), orders("short", "terminal"))
    first, second = reports.printed(Page())
    assert first.text.startswith("brave-otter-1123 · ")
    assert second.text == "RED: pass regressed, 1 example broke"
    assert list(reports.written(Path())) == []


def test_files_are_named_after_the_experiment(gallery, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (written,) = Reports(gallery["green"](), Context(), orders("json")).written(tmp_path / "reports")
    assert written.path == tmp_path / "reports" / "brave-otter-1123.json"
    assert json.loads(written.path.read_text(encoding="utf-8"))["schema_version"] == 2
    assert written.notice() == "report json: reports/brave-otter-1123.json"


def test_a_printed_report_may_go_to_a_file(gallery, tmp_path):
    path = tmp_path / "new" / "report.txt"
    (written,) = Reports(gallery["green"](), Context(), orders(f"terminal:{path}")).written(None)
    assert written.path == path
    assert path.read_text(encoding="utf-8").startswith("brave-otter-1123 · ")
    assert "\x1b" not in path.read_text(encoding="utf-8")


def test_a_path_that_can_not_be_written_is_named(gallery, tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    asked = orders(f"json:{in_the_way / 'x.json'}", f"json:{tmp_path}", f"json:{tmp_path / 'ok.json'}")
    first, second, third = Reports(gallery["green"](), Context(), asked).written(tmp_path)
    assert (
        first.notice()
        == f"! report json: can't write '{in_the_way}/x.json': a file stands in the place of its folder"
    )
    assert second.notice() == f"! report json: can't write '{tmp_path}': Is a directory"
    assert third.path.is_file()


def test_without_a_local_store_a_path_is_asked_for(gallery):
    (refused,) = Reports(gallery["green"](), Context(), orders("json")).written(None)
    assert refused.problem == "the store is on another machine; name a file here, json:PATH"


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes")
def test_a_pipe_is_written_to_and_stays_one(gallery, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        (written,) = Reports(gallery["nothing"](), Context(), orders(f"json:{pipe}")).written(None)
        assert (written.problem, pipe.is_fifo()) == ("", True)
        assert os.read(reader, 100).startswith(b'{\n  "schema_version": 2')
    finally:
        os.close(reader)


@pytest.mark.parametrize(
    "error",
    [ValueError("two\nlines"), RecursionError(), SystemExit(3), pytest.fail.Exception("no")],
    ids=lambda error: type(error).__name__,
)
def test_a_failing_report_is_one_line_that_names_it(gallery, tmp_path, error):
    asked = (ReportOrder(Failing(error)), ReportOrder(Failing(error), tmp_path / "out"), *orders("short"))
    reports = Reports(gallery["small"](), Context(), asked)
    _, failed, fine = reports.printed(Page())
    (lost,) = reports.written(tmp_path)
    for each in (failed, lost):
        assert each.notice().startswith(f"! report failing: {type(error).__name__}: ")
        assert Path(__file__).name in each.notice()
        assert "\n" not in each.notice()
    assert fine.text.startswith("RED")
    assert not (tmp_path / "out").exists()


def test_what_is_no_text_is_a_failure(gallery):
    class Wrong(Short):
        def render(self, digest, page, context):
            return b"bytes"

    _, wrong = Reports(gallery["green"](), Context(), (ReportOrder(Wrong()),)).printed(Page())
    assert "Wrong.render returned bytes, and no text" in wrong.notice()
    assert "delivery" not in wrong.notice().partition("render")[2]


def test_the_users_ctrl_c_is_no_failure(gallery):
    reports = Reports(gallery["green"](), Context(), (ReportOrder(Failing(KeyboardInterrupt())),))
    with pytest.raises(KeyboardInterrupt):
        list(reports.printed(Page()))


def test_a_digest_that_fails_is_said_in_the_place_of_every_report(gallery, tmp_path, monkeypatch):
    def fail(experiment, context):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(delivery, "digest", fail)
    reports = Reports(gallery["small"](), Context(), orders("json"))
    assert reports.failures() == []
    notices = [each.notice() for each in (*reports.printed(Page()), *reports.written(tmp_path))]
    assert len(notices) == 2
    assert all(notice.startswith("! report digest: ZeroDivisionError") for notice in notices)


class Summary(Short):
    """A format for the summary of a job."""

    name = "summary"
    suffix = ".md"
    appended_to = "JOB_SUMMARY"


def summarised(gallery, path: Path | None, folder: Path | None, asked: str = "summary"):
    formats = {"summary": Summary()}
    order = read_orders([asked], formats, Path(), "--llm-report")
    environment = {} if path is None else {"JOB_SUMMARY": str(path)}
    (report,) = Reports(gallery["green"](), Context(), order, environment).written(folder)
    return report


def test_a_summary_is_added_to_the_file_that_the_environment_names(gallery, tmp_path):
    path = tmp_path / "summary"
    path.write_text("# of another step\n")
    report = summarised(gallery, path, None)
    assert report.notice() == f"report summary: {path}"
    assert path.read_text() == "# of another step\nGREEN: nothing regressed\n\n"


def test_a_path_goes_before_the_environment(gallery, tmp_path):
    path, other = tmp_path / "summary", tmp_path / "other.md"
    summarised(gallery, path, tmp_path, f"summary:{other}")
    assert not path.exists()
    assert other.read_text() == "GREEN: nothing regressed\n"


def test_without_the_variable_it_is_a_file_like_any_other(gallery, tmp_path):
    report = summarised(gallery, None, tmp_path)
    assert report.path == tmp_path / "brave-otter-1123.md"


def test_a_summary_that_would_be_dropped_is_not_added_and_that_is_said(gallery, tmp_path):
    path = tmp_path / "summary"
    path.write_bytes(b"x" * (1_000_000 - 25))
    report = summarised(gallery, path, None)
    assert path.stat().st_size == 1_000_000 - 25
    assert report.notice() == (
        f"! report summary: not added to {str(path)!r}: with it the file would have 1,000,001 bytes, and a summary "
        "beyond 1,000,000 is dropped without a word. Run it in a step of its own, or name a file"
    )


def test_a_summary_that_just_fits_is_added(gallery, tmp_path):
    path = tmp_path / "summary"
    path.write_bytes(b"x" * (1_000_000 - 26))
    assert summarised(gallery, path, None).problem == ""
    assert path.stat().st_size == 1_000_000


def test_a_summary_that_can_not_be_written_is_one_line(gallery, tmp_path):
    report = summarised(gallery, tmp_path / "missing" / "summary", None)
    assert report.notice().startswith("! report summary: can't add to ")
    assert "\n" not in report.notice()


def test_commands_to_a_ci_system_are_printed_as_they_are_and_nothing_else_is(gallery):
    class Commands(Short):
        name = "commands"
        commands = True

        def render(self, digest, page, context):
            return "::error::x"

    class Text(Commands):
        name = "text"
        commands = False

    asked = (ReportOrder(Commands()), ReportOrder(Text()))
    page = Page()
    _, commands, text = Reports(gallery["green"](), Context(), asked).printed(page)
    assert commands.shown(page) == "::error::x"
    assert text.shown(page) == "\\x3a:error::x"
