"""Which files are edited, by their suffix."""

from __future__ import annotations

JSONL, CSV, YAML = (".jsonl", ".ndjson"), (".csv", ".tsv"), (".yaml", ".yml")
EDITABLE = (*JSONL, *CSV, *YAML)
"""A JSON list and Parquet are written whole or not at all: no line of theirs is an example's own."""
