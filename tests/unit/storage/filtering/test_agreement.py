"""Random filters over random stores: what is compiled to Arrow says the same as plain Python."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from tests.unit.storage.filtering.plain import Filter, PlainRun, fulfils, text_of
from tests.unit.storage.filtering.stored import START, matching, plain_run, run_id, store_of

WORDS = ["refund", "Refund", "no", "a\nnote", 'say "hi"', "back\\slash", "é", "Straße", ""]
KEYS = ["tone", "user", "env", "a.b"]
NAMES = ["extractor", "answer", "refund_agent"]
ORDERED = ["gt", "gte", "lt", "lte", "eq", "neq"]
NUMBERS = [0, 1, 2.5, 0.5, -1]
ANYTHING = [*WORDS[:5], 0, 1, 2.5, True, False, "true", "1"]

values = st.sampled_from([*ANYTHING, None, ["x"], {}])
objects = st.dictionaries(
    st.sampled_from([*KEYS[:3], "é", "b"]),
    values | st.dictionaries(st.sampled_from(KEYS), values, max_size=2),
    max_size=3,
)
feedback = st.fixed_dictionaries(
    {
        "key": st.sampled_from(KEYS),
        "score": st.sampled_from([*NUMBERS, None]),
        "value": st.sampled_from(["good", "bad", None]),
        "comment": st.sampled_from([*WORDS[:5], None]),
    }
)
optional_runs = {
    "name": st.sampled_from(NAMES),
    "run_type": st.sampled_from(["chain", "llm", "tool"]),
    "status": st.sampled_from(["success", "error", "incomplete"]),
    "latency": st.sampled_from([None, 0.5, 1, 2.5, 5]),
    "error": st.sampled_from([None, "Timeout: refund", "ValueError"]),
    "parent_id": st.sampled_from([None, run_id(1000)]),
    "model": st.sampled_from(["opus", "haiku"]),
    "input_tokens": st.sampled_from([0, 1, 1000]),
    "total_cost": st.sampled_from([0.0, 0.5, 2.5]),
    "tags": st.lists(st.sampled_from(["beta", "experimental", "bet", "", "é"]), max_size=2),
    "metadata": objects,
    "inputs": objects,
    "outputs": objects,
    "feedback": st.lists(feedback, max_size=3),
}
trials = st.fixed_dictionaries(
    {
        "suite": st.sampled_from(["tests/test_a.py::test_a"]),
        "repeat": st.sampled_from([1, 2]),
        "attempt": st.sampled_from(["consumed", "unused", "control"]),
        "trial_status": st.sampled_from(["passed", "failed"]),
        "scores": st.dictionaries(st.sampled_from(KEYS), st.sampled_from([0.0, 0.5, 1.0]), max_size=2),
    }
)
runs = st.builds(
    lambda own, trial: own | trial, st.fixed_dictionaries({}, optional=optional_runs), st.just({}) | trials
)


def one(names: list[str], field: str, values: list[Any]) -> st.SearchStrategy[Filter]:
    return st.tuples(st.sampled_from(names), st.just(field), st.sampled_from(values))


def several(field: str, values: list[Any]) -> st.SearchStrategy[Filter]:
    return st.tuples(st.just("in"), st.just(field), st.lists(st.sampled_from(values), max_size=3))


leaves = st.one_of(
    one([*ORDERED, "search"], "name", NAMES),
    several("name", NAMES),
    one(["eq", "neq"], "status", ["success", "error", "pending"]),
    several("run_type", ["chain", "llm"]),
    one(["eq", "neq"], "error", [None]),
    one(["search"], "error", ["REFUND", "Value"]),
    one(ORDERED, "latency", [0.5, 1, 2.5]),
    one(ORDERED, "start_time", [START + timedelta(seconds=second) for second in (0, 2, 5)]),
    one(["eq", "neq"], "end_time", [None]),
    one(ORDERED, "input_tokens", [0, 1, 0.5]),
    one(ORDERED, "total_cost", [0, 0.5]),
    one(["eq", "neq"], "model", ["opus", None]),
    one(["eq", "neq"], "is_root", [True, False]),
    one(["eq", "neq"], "execution_order", [1]),
    one(["eq", "neq"], "parent_run_id", [run_id(1000), None]),
    one(ORDERED, "id", [run_id(1), run_id(3)]),
    one(["has"], "tags", ["beta", "bet", "", "é"]),
    several("tags", ["beta", "experimental"]),
    one(["eq", "neq"], "tags", [None]),
    one(
        ["has"], "metadata", [{"env": "refund"}, {"tone": 1}, {"user": {"b": True}}, {"é": "é"}, {"b": None}]
    ),
    one(["exists"], "inputs", KEYS),
    one(["exists"], "metadata", ["env", "user.tone", "é"]),
    one(["search"], "outputs", ["refund", "NO", "note", "nice"]),
    st.tuples(
        st.just("search"), st.sampled_from(["refund", "note", "no", 'y "HI', "slash", "k\\s", "é", "\nn"])
    ),
    one(["eq", "neq", "search"], "trial_status", ["passed"]),
    one(ORDERED, "repeat", [1, 2]),
)
records = st.one_of(
    one(["eq", "neq"], "feedback_key", KEYS),
    one(["eq", "neq"], "feedback_key", KEYS[:2]),
    one(ORDERED, "feedback_score", NUMBERS),
    several("feedback_key", KEYS),
    one(["eq", "neq"], "feedback_value", ["good", "bad"]),
    one(["search"], "feedback_comment", ["refund", "NO"]),
)
entries = st.one_of(
    one(["eq", "neq"], "metadata_key", [*KEYS, "é"]),
    one(["eq", "neq"], "metadata_value", ANYTHING),
    one(["gt", "lte"], "metadata_value", [*WORDS[:5], *NUMBERS]),
    several("metadata_value", ANYTHING),
    one(["eq"], "input_key", [*KEYS, "user.tone"]),
    one(["eq"], "input_value", ANYTHING),
    one(["eq"], "output_value", ANYTHING),
)
anything = leaves | records | entries


def nested(parts: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    joined = st.tuples(st.sampled_from(["and", "and", "or"]), parts, parts, parts).map(tuple)
    pair = st.tuples(st.just("and"), records, records) | st.tuples(st.just("and"), entries, entries)
    return joined | pair | st.tuples(st.just("not"), parts) | st.tuples(st.sampled_from(["and", "or"]), parts)


filters = st.recursive(anything, nested, max_leaves=8)


def contradicts(wanted: Filter) -> bool:
    """Tell whether two keys are asked of one record, which is an error."""
    name, *parts = wanted
    if name not in ("and", "or", "not"):
        return False
    for kind in ("feedback_key", "metadata_key", "input_key"):
        keys = {part[2] for part in parts if name == "and" and part[:2] == ("eq", kind)}
        if len(keys) > 1:
            return True
    return any(map(contradicts, parts))


def numbered(made: list[dict[str, Any]]) -> list[PlainRun]:
    return [plain_run(number, **columns) for number, columns in enumerate(made)]


@pytest.mark.usefixtures("untraced")
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(runs, min_size=3, max_size=8).map(numbered),
    st.integers(0, 8),
    st.lists(filters.filter(lambda wanted: not contradicts(wanted)), min_size=6, max_size=6),
)
def test_a_filter_chooses_the_runs_that_plain_python_chooses(
    made: list[PlainRun], cut: int, wanted: list[Filter]
) -> None:
    with TemporaryDirectory() as root:
        store = store_of(Path(root), made[:cut], made[cut:])
        for each in wanted:
            note(text_of(each))
            expected = [number for number, run in enumerate(made) if fulfils(run, each)]
            assert matching(store, text_of(each)) == expected
        store.feedback.close()
