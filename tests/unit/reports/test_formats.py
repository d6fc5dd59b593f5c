"""What every format of reports keeps, the built-in ones and any that is added."""

import pytest

from pytest_llmobs.extensions import Extensions, standalone_manager
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.experiment import digest
from pytest_llmobs.reports.text.page import Page

FORMATS = Extensions(standalone_manager()).reports


@pytest.fixture(params=FORMATS)
def report(request):
    return FORMATS[request.param]


def test_the_terminal_and_machines_have_theirs():
    assert {"terminal", "json"} <= FORMATS.keys()


def test_its_name_can_be_written_before_a_path(report):
    assert report.name
    assert not set(report.name) & set(": ,")


def test_its_suffix_is_one(report):
    assert report.suffix == "" or report.suffix.startswith(".")


@pytest.mark.parametrize("everything", [False, True])
def test_it_renders_every_kind_of_experiment_and_always_alike(report, gallery, kind, everything):
    context = Context(everything=everything)
    texts = {
        report.render(digest(gallery[kind](), context), Page(width=width), context) for width in (100, 100)
    }
    (text,) = texts
    assert text
    assert not text.endswith("\n")
