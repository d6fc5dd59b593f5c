"""The page for a browser, as far as it shows without one: a fixed shell, and packed data."""

from __future__ import annotations

import pytest

from pytest_llmobs.reports.glossary import PAGE
from tests.browser.experiments import support_red
from tests.unit.reports.conftest import GALLERY
from tests.unit.reports.html.pages import DATA, details_of, index_of, page_of


@pytest.mark.parametrize("name", sorted(GALLERY))
def test_all_pages_are_alike_but_for_their_data(name: str) -> None:
    pages = [page_of(GALLERY[name]()), page_of(GALLERY["green"]())]
    first, second = (DATA.sub("", page) for page in pages)
    assert first == second


def test_the_index_has_the_document_of_the_json_report() -> None:
    experiment = GALLERY["red_examples"]()
    report = index_of(experiment)["report"]
    assert report["experiment"]["name"] == experiment.name


@pytest.mark.parametrize("name", sorted(GALLERY))
def test_all_columns_have_a_row_for_each_trial_and_so_have_the_details(name: str) -> None:
    experiment = GALLERY[name]()
    trials = len(experiment.trials) + len(experiment.further_trials)
    page = page_of(experiment)
    columns = dict(index_of(experiment)["trials"])
    scores = columns.pop("scores")
    assert {len(column) for column in (*columns.values(), *scores.values())} == {trials}
    assert sorted(details_of(page)) == list(range(trials))


def test_nothing_of_a_user_stands_outside_the_packed_data() -> None:
    experiment, evidence = support_red()
    shell = DATA.sub("", page_of(experiment, evidence))
    for text in (experiment.name, "double-charge", "ひらがなの例", "tone_quality", "Ana"):
        assert text not in shell


def test_the_page_leads_to_the_list_of_words() -> None:
    assert f'<a href="{PAGE}" rel="noreferrer">' in page_of(*support_red())
