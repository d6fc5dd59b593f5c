"""The page on OpenTelemetry shows what happens: an app stores spans of others, and exports everything as it exits."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb

from tests.e2e.test_readme import blocks
from tests.otlp_server import attributes, collect

PAGE = (Path(__file__).parents[2] / "docs" / "opentelemetry.md").read_text(encoding="utf-8")


def test_the_code_of_the_page_stores_and_exports_what_it_says(tmp_path: Path) -> None:
    (code,) = [block.text for block in blocks(PAGE) if block.language == "python"]
    (shown,) = [block.text for block in blocks(PAGE) if block.language == "text"]
    with collect() as collector:
        switches = {"LLMOBS_TRACING": "true", "LLMOBS_OTEL": "true", **collector.environment}
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            cwd=tmp_path,
            env={**os.environ, **switches},
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    source = f"read_parquet('{tmp_path}/.llmobs/runs/**/*.parquet')"
    rows = duckdb.sql(
        f"select name, run_type, model, total_cost from {source} order by start_time"
    ).fetchall()
    assert [tuple(line.strip("│├└─ ").split()) for line in shown.splitlines()] == [
        tuple(value for value in row[:3] if value is not None) for row in rows
    ]
    assert rows[-1][3] > 0
    spans = {span.name: span for span in collector.spans}
    parents = {name: span.parent_span_id for name, span in spans.items()}
    assert parents == {
        "answer": b"",
        "plan": spans["answer"].span_id,
        "look_up": spans["plan"].span_id,
        "chat": spans["plan"].span_id,
    }
    assert len({span.trace_id for span in collector.spans}) == 1
    assert attributes(spans["chat"])["gen_ai.usage.input_tokens"] == 200
    assert len(collector.spans) == 4  # what was received and exported did not come back
