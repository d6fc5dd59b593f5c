"""What a page lacks is told, with the reason."""

from __future__ import annotations

from dataclasses import replace

from tests.browser.experiments import SUITE, support_red
from tests.unit.reports.conftest import GALLERY
from tests.unit.reports.html.pages import index_of


def test_a_whole_experiment_has_no_gaps() -> None:
    assert index_of(*support_red())["gaps"] == []


def test_traces_that_are_not_stored_are_counted() -> None:
    experiment, evidence = support_red()
    gaps = index_of(experiment, replace(evidence, traces=evidence.traces[:200]))["gaps"]
    assert gaps == [
        "29 of 129 traces are not in the store: not sampled (llm_sample_rate), purged, damaged, or recorded on another "
        "machine."
    ]


def test_a_baseline_that_is_missing_or_keeps_no_texts_is_told() -> None:
    experiment, evidence = support_red()
    assert index_of(experiment, replace(evidence, baselines={}))["gaps"] == [
        f"{SUITE}: there is no baseline here that can be read, so that no answer stands beside another."
    ]
    bare = replace(evidence.baselines[SUITE], texts=None)
    assert index_of(experiment, replace(evidence, baselines={SUITE: bare}))["gaps"] == [
        f"{SUITE}: the baseline keeps no texts, so that no answer stands beside another."
    ]


def test_many_suites_without_a_baseline_are_one_gap() -> None:
    (gap,) = index_of(GALLERY["many_suites"]())["gaps"][-1:]
    assert gap.endswith(
        "and 27 more: there is no baseline here that can be read, so that no answer stands beside another."
    )


def test_fields_of_a_newer_version_are_named() -> None:
    experiment, evidence = support_red()
    gaps = index_of(experiment, replace(evidence, unknown=["mood", "trials.mood"]))["gaps"]
    assert gaps == [
        "The experiment's file has fields that this version doesn't know (mood, trials.mood): a newer version wrote "
        "it, and shows more."
    ]
