"""The report for machines keeps to its schema, whatever an experiment holds."""

import json
import math
from dataclasses import replace

import jsonschema
import pytest

from pytest_llmobs.records.decisions import Decision
from pytest_llmobs.records.experiments import Experiment, SuiteScore
from pytest_llmobs.reports.context import Context
from pytest_llmobs.reports.digest.experiment import digest
from pytest_llmobs.reports.json import SCHEMA, SCHEMA_VERSION, JsonReport
from pytest_llmobs.reports.text.page import Page

DOCUMENT = json.loads(SCHEMA.read_text(encoding="utf-8"))


def closed(part):
    """Return the schema without room for keys that it doesn't name: readers allow them, we don't write any."""
    if isinstance(part, list):
        return [closed(item) for item in part]
    if not isinstance(part, dict):
        return part
    more = (
        {"additionalProperties": False}
        if "properties" in part and isinstance(part.get("type"), str | list)
        else {}
    )
    return more | {key: closed(value) for key, value in part.items()}


CLOSED = closed(DOCUMENT)


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def report(experiment: Experiment, context: Context | None = None) -> dict:
    context = context or Context()
    text = JsonReport().render(digest(experiment, context), Page(), context)
    document = json.loads(text, parse_constant=refuse)
    jsonschema.Draft202012Validator(CLOSED).validate(document)
    return document


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(DOCUMENT)
    assert DOCUMENT["properties"]["schema_version"] == {
        "description": DOCUMENT["properties"]["schema_version"]["description"],
        "const": SCHEMA_VERSION,
    }


def test_every_kind_of_experiment_keeps_to_the_schema(gallery, kind):
    assert report(gallery[kind]())["experiment"]["name"] == "brave-otter-1123"


def test_a_red_experiment_says_what_broke_and_why(gallery):
    told = report(gallery["red_examples"](), Context(store="/lab"))
    assert told["verdict"]["word"] == "red"
    assert told["verdict"]["headline"].startswith("RED: ")
    worst = told["examples"][0]
    assert (worst["example_id"], worst["state"], worst["red"]) == ("double-charge", "broken", True)
    assert [score["metric"] for score in worst["scores"]] == ["pass", "tone_quality"]
    assert worst["scores"][1]["candidate"] == [0.3, 0.32]
    assert told["changes"][0]["examples"][1]["example_id"] == "csv-export"
    assert {each["state"] for each in told["other_examples"]} == {
        *("known", "flaky", "fixed", "new", "removed", "edited")
    }
    assert told["spending"]["total"]["app"]["calls"] == 164
    assert "--store /lab" in told["commands"][0]["command"]


def test_what_no_gate_judges_has_no_verdict(gallery):
    (suite,) = report(gallery["recorded"]())["suites"]
    assert [(row["metric"], row["verdict"]) for row in suite["metrics"]] == [("pass", None)]


def test_a_suite_without_a_measurement_is_there(gallery):
    experiment = replace(gallery["green"](), trials=(), decision=Decision())
    (suite,) = report(experiment)["suites"]
    assert (suite["metrics"], suite["size"], suite["dataset"]) == ([], None, "support_golden.jsonl")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_null(gallery, value):
    experiment = gallery["green"]()
    row = replace(experiment.decision.metrics[0], delta=value, low=value, mde=value)
    score = SuiteScore(suite="s", metric="f1", evaluator="f1", score=value)
    told = report(replace(experiment, decision=Decision(metrics=(row,)), suite_scores=(score,)))
    assert told["suites"][0]["metrics"][0]["mde"] is None
    assert told["suite_scores"][0]["score"] is None


def test_texts_are_as_they_are(gallery):
    note = "\x1b[31mred\x00 “quoted” \ud800 \u202e 名前"
    assert report(replace(gallery["green"](), notes=(note,)))["notes"] == [note]


def test_every_key_is_described():
    undescribed = [path for path, part in parts(DOCUMENT) if not part.get("description")]
    assert undescribed == []


def parts(schema: dict, path: str = ""):
    """Yield every property below a schema."""
    for name, part in schema.get("properties", {}).items():
        if "$ref" not in part:
            yield f"{path}/{name}", part
        yield from parts(part, f"{path}/{name}")
    below = [*schema.get("anyOf", ()), *schema.get("$defs", {}).values()]
    if "items" in schema:
        below.append(schema["items"])
    for part in below:
        yield from parts(part, path)
