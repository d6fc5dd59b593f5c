"""``llmobs report``: reports of a stored experiment."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_llmobs.storage.store import Store

Run = Callable[..., Any]

CONFTEST = """
class Shout:
    name = "shout"
    suffix = ""

    def render(self, digest, page, context):
        return digest.verdict.word.upper() + "!"

class Broken(Shout):
    name = "broken"

    def render(self, digest, page, context):
        raise RuntimeError("no ink")

def pytest_llmobs_reports():
    return [Shout(), Broken()]
"""


def test_the_newest_experiment_becomes_a_page_in_the_store(llmobs: Run, store: Store) -> None:
    done = llmobs("report")
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "report html: .llmobs/reports/brave-otter.html\n",
        "",
    )
    page = store.root.joinpath("reports", "brave-otter.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")


def test_an_experiment_is_named_by_its_beginning(llmobs: Run, store: Store) -> None:
    done = llmobs("report", "calm", "json")
    assert (done.returncode, done.stdout) == (0, "report json: .llmobs/reports/calm-heron.json\n")
    document = json.loads(store.root.joinpath("reports", "calm-heron.json").read_text(encoding="utf-8"))
    assert document["experiment"]["name"] == "calm-heron"


def test_several_reports_go_where_each_is_wanted(llmobs: Run, store: Store, tmp_path: Path) -> None:
    done = llmobs("report", "html:build/page.html", "json:build/llm.json")
    assert (done.returncode, done.stdout) == (
        0,
        "report html: build/page.html\nreport json: build/llm.json\n",
    )
    assert tmp_path.joinpath("build", "page.html").is_file()
    assert tmp_path.joinpath("build", "llm.json").is_file()


def test_words_may_stand_on_both_sides_of_an_option(llmobs: Run, store: Store) -> None:
    done = llmobs("report", "calm", "--json", "html", "json")
    made = json.loads(done.stdout)
    assert made["experiment"] == "calm-heron"
    assert [each["format"] for each in made["reports"]] == ["html", "json"]


def test_a_printed_report_is_printed_alone(llmobs: Run, store: Store) -> None:
    done = llmobs("report", "brave-otter", "terminal")
    assert (done.returncode, done.stdout) == (0, llmobs("show", "brave-otter").stdout)


def test_a_conftests_report_is_known(llmobs: Run, store: Store, tmp_path: Path) -> None:
    tmp_path.joinpath("conftest.py").write_text(CONFTEST)
    assert llmobs("report", "shout").stdout == "RED!\n"


def test_a_name_of_an_experiment_imports_no_conftest(llmobs: Run, store: Store, tmp_path: Path) -> None:
    tmp_path.joinpath("conftest.py").write_text("raise RuntimeError('no database')")
    assert llmobs("report", "calm-heron").returncode == 0


def test_a_format_goes_before_an_experiment_that_begins_so(llmobs: Run, store: Store) -> None:
    store.write_experiment("json-mode", store.read_experiment("calm-heron"))
    assert llmobs("report", "json").stdout == "report json: .llmobs/reports/brave-otter.json\n"


def test_an_experiment_that_is_called_as_a_format_is_spoken_of(llmobs: Run, store: Store) -> None:
    store.write_experiment("html", {**store.read_experiment("calm-heron"), "name": "html"})
    done = llmobs("report", "html")
    assert done.stdout == "report html: .llmobs/reports/brave-otter.html\n"
    assert (
        done.stderr == "'html' is taken for the report, of 'brave-otter'; an experiment has that name, too.\n"
    )


def test_a_format_that_nobody_named_is_taken_for_nothing(llmobs: Run, store: Store) -> None:
    store.write_experiment("html", {**store.read_experiment("calm-heron"), "name": "html"})
    assert llmobs("report").stderr == ""


def test_machines_learn_what_was_made(llmobs: Run, store: Store) -> None:
    done = llmobs("report", "html:page.html", "terminal", "--json")
    made = json.loads(done.stdout)
    assert (made["experiment"], made["red"]) == ("brave-otter", True)
    printed, written = made["reports"]
    assert printed["format"] == "terminal"
    assert printed["text"].startswith("brave-otter · ")
    assert written["format"] == "html"
    assert Path(written["path"]).name == "page.html"
    assert written["problem"] is None


def test_one_that_fails_is_a_line_and_the_others_are_made(llmobs: Run, store: Store, tmp_path: Path) -> None:
    tmp_path.joinpath("conftest.py").write_text(CONFTEST)
    done = llmobs("report", "broken", "json:out.json")
    assert (done.returncode, done.stdout) == (1, "report json: out.json\n")
    assert done.stderr.startswith("! report broken: RuntimeError: no ink (")


def test_a_place_that_takes_no_file_is_named(llmobs: Run, store: Store, tmp_path: Path) -> None:
    tmp_path.joinpath("build").write_text("a file")
    done = llmobs("report", "html:build/page.html")
    assert (done.returncode, done.stdout) == (1, "")
    assert "a file stands in the place of its folder" in done.stderr


def test_plots_become_pictures(llmobs: Run, store: Store, tmp_path: Path) -> None:
    done = llmobs("report", "--png", "build/plots")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert "report png: build/plots/intervals.png" in lines
    for line in lines:  # pictures alone: no other report was asked for
        picture = tmp_path / line.removeprefix("report png: ")
        assert picture.read_bytes().startswith(b"\x89PNG")


def test_pictures_come_beside_reports(llmobs: Run, store: Store) -> None:
    made = json.loads(llmobs("report", "calm", "json", "--png", "plots", "--json").stdout)
    formats = [each["format"] for each in made["reports"]]
    assert formats[0] == "json"
    assert set(formats[1:]) == {"png"}


def test_without_the_extra_nothing_is_made_and_it_is_named(
    llmobs: Run, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    done = llmobs("report", "html", "--png", "plots")
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'pytest-llmobs[png]'" in done.stderr
    assert not store.root.joinpath("reports").exists()


def test_a_folder_that_is_a_file_takes_no_picture(llmobs: Run, store: Store, tmp_path: Path) -> None:
    tmp_path.joinpath("plots").write_text("a file")
    done = llmobs("report", "--png", "plots")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "! report png: can't write to 'plots': it is a file; name a folder\n"


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["htm"], 1, "'htm' is no report and no experiment. Did you mean 'html'? Reports: "),
        (
            ["png:x"],
            1,
            "'png:x' is no report and no experiment. `llmobs report --png FOLDER` draws the plots.",
        ),
        (["clam"], 1, "'clam' is no report and no experiment. Did you mean 'calm-heron'? Rep"),
        (["brave-oter"], 1, "'brave-oter' is no report and no experiment. Did you mean 'brave-otter'? Rep"),
        (["brave-otter", "calm-heron"], 1, "A report is of one experiment; these are several: brave-otter, "),
        (
            ["json:"],
            2,
            "llmobs: llmobs report 'json:' names no file after the colon. Write json:PATH, or json",
        ),
        (
            ["json:-"],
            2,
            "llmobs: llmobs report 'json:-' names a file '-', not the output. Write json:/dev/stdout",
        ),
        (["json:x", "html:x"], 2, "llmobs: llmobs report: the reports 'json' and 'html' would be one file."),
    ],
)
def test_a_mistake_is_named(llmobs: Run, store: Store, words: list[str], status: int, message: str) -> None:
    done = llmobs("report", *words)
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr.startswith(message)


def test_an_empty_store_has_nothing_to_report(llmobs: Run, tmp_path: Path) -> None:
    tmp_path.joinpath(".llmobs").mkdir()
    done = llmobs("report")
    assert done.returncode == 1
    assert done.stderr.startswith("No experiment in ")
