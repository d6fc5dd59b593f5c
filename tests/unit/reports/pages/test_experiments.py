from dataclasses import replace

import pytest

from pytest_llmobs.reports.digest.experiment_line import ExperimentLine, experiment_line
from pytest_llmobs.reports.pages.experiments import listing
from pytest_llmobs.reports.text import cells
from pytest_llmobs.reports.text.page import Page

LINE = ExperimentLine(
    name="otter",
    started="2026-11-23T16:14:05+00:00",
    duration=12.3,
    trials=36,
    means={"tone_quality": 0.905, "pass": 0.847},
    cost=0.0167,
    verdict="red",
    partial=False,
    commit="921dd62f522ce20cacdc4a643b924e6371436e6a+dirty",
)
OTHER = replace(
    LINE,
    name="heron",
    means={"pass": 1.0, "keywords": 0.5},
    cost=None,
    at_least=True,
    verdict="green",
    partial=True,
)


def test_a_list_at_120_columns():
    assert listing([LINE, OTHER], Page(width=120)) == [
        "name   when (UTC)        trials   pass  tone_quality  keywords     cost  verdict           commit",
        "─" * 104,
        "otter  2026-11-23 16:14      36  0.847         0.905            $0.0167  ✗ red             921dd62+dirty",
        "heron  2026-11-23 16:14      36  1.000                   0.500        ?  ✓ green, partial  921dd62+dirty",
    ]


def test_what_has_no_room_is_named():
    assert listing([LINE, OTHER], Page(width=80)) == [
        "name   when (UTC)   trials   pass  tone…lity     cost  verdict",
        "─" * 71,
        "otter  11-23 16:14      36  0.847      0.905  $0.0167  ✗ red",
        "heron  11-23 16:14      36  1.000                   ?  ✓ green, partial",
        "no room for keywords: widen the terminal, or use --json",
    ]


def test_no_model_call_is_no_unknown_cost():
    free = replace(OTHER, at_least=False)
    lines = listing([LINE, free], Page(width=120))
    assert lines[3] == (
        "heron  2026-11-23 16:14      36  1.000                   0.500           ✓ green, partial  921dd62+dirty"
    )


def test_an_empty_column_of_costs_is_not_missed():
    lines = listing([replace(LINE, cost=None)], Page(width=120))
    assert len(lines) == 3
    assert "cost" not in lines[0]


def test_a_cost_without_room_is_named_too():
    wide = replace(OTHER, name="quiet-falcon-20261126-024926", cost=0.02)
    lines = listing([wide, LINE], Page(width=70))
    assert not any("cost" in line or "$" in line for line in lines[:-2])
    assert (
        " ".join(lines[-2:]) == "no room for keywords, tone_quality, cost: widen the terminal, or use --json"
    )


def test_names_stay_whole_as_long_as_they_can():
    named = replace(LINE, name="amber-cedar-20261123-170159")
    assert listing([named], Page(width=70))[2].split()[0] == named.name
    assert listing([named], Page(width=50))[2].startswith("amber-c")


@pytest.mark.parametrize("width", [60, 80, 100, 120])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_no_line_goes_beyond_the_page(width, encoding):
    many = {f"metric number {number}": 0.5 for number in range(12)}
    experiments = [LINE, OTHER, replace(LINE, name="名前" * 20, means=many, verdict="interrupted")]
    lines = listing(experiments, Page(width=width, encoding=encoding))
    assert [line for line in lines if cells.width(line) > width] == []
    assert all("red" in line or "green" in line or "interrupted" in line for line in lines[2:5])


def test_red_ones_are_red():
    lines = listing([LINE, OTHER], Page(width=120, color=True))
    assert lines[2].startswith("\x1b[31motter ")
    assert lines[3].startswith("heron")


def test_a_line_weighs_suites_by_their_examples(gallery):
    many = experiment_line(gallery["many_suites"]())
    assert many.means == pytest.approx({"pass": 0.905, "tone_quality": (29 * 0.905 + 0.847) / 30})
    assert (many.trials, many.verdict, many.partial) == (360, "red", False)
    assert experiment_line(gallery["partial"]()).partial
    assert experiment_line(gallery["no_baseline"]()).verdict == "no baseline"
    assert experiment_line(gallery["interrupted"]()).verdict == "interrupted"
    assert experiment_line(gallery["offline"]()).cost is None
