from __future__ import annotations

from pytest_llmobs.storage.parquet.schema import (
    COLUMNS,
    DERIVED,
    NAMES,
    PAYLOADS,
    arrow_schema,
    markdown,
)
from pytest_llmobs.tracing.run_tree import start_root
from pytest_llmobs.tracing.tracer import Tracer

TEXTS = ("inputs", "outputs", "error", "metadata", "params", "tags", "name", "example_id", "nodeid")


class Lines:
    def __init__(self) -> None:
        self.written: list[bytes] = []

    def append(self, line: bytes) -> None:
        self.written.append(line)


def test_every_column_has_a_meaning_and_a_name_that_needs_no_quotes_in_sql() -> None:
    assert len(set(NAMES)) == len(NAMES)
    for column in COLUMNS:
        assert column.meaning
        assert column.name.isidentifier()
        assert column.name == column.name.lower()


def test_opentelemetry_names_travel_in_the_fields() -> None:
    field = arrow_schema().field("input_tokens")
    assert field.metadata[b"otel"] == b"gen_ai.usage.input_tokens"
    assert b"cached" in field.metadata[b"meaning"]


def test_no_text_has_statistics() -> None:
    assert {column.name for column in COLUMNS if column.statistics}.isdisjoint(TEXTS)


def test_types_of_times_scores_and_tags() -> None:
    types = {field.name: str(field.type) for field in arrow_schema()}
    assert types["start_time"] == "timestamp[us, tz=UTC]"
    assert types["scores"] == "map<string, double>"
    assert types["tags"].startswith("list<")
    assert {types[name] for name in ("inputs", "outputs", "metadata", "params")} == {"string"}


def test_the_documentation_lists_every_column() -> None:
    rows = markdown().splitlines()
    assert rows[0] == "| column | type | meaning | OpenTelemetry |"
    assert [row.split("`")[1] for row in rows[2:]] == ["project", *NAMES]
    assert "| `scores` | map<string, double> |" in markdown()


def test_the_tracer_writes_no_key_without_a_column() -> None:
    import json

    sink = Lines()
    tracer = Tracer(project="demo", sink=sink, session="s")
    root = start_root(
        tracer, "answer", inputs={"q": 1}, metadata={"tier": "gold"}, tags=["a"], columns={"suite": "t.py::t"}
    )
    root.end(error=ValueError("no"))
    root.patch(attempt="consumed")
    written = [json.loads(line.split(b"\t")[0]) for line in sink.written]
    columns = {*NAMES, "project", "patch"}
    assert len(written) == 2
    for header in written:
        assert set(header) <= columns - {*DERIVED, *PAYLOADS}
