"""The one table of columns: the Parquet schema, its documentation, and the header keys a spool line may hold.

Names are short (dots would need quotes in SQL); the OpenTelemetry name and the meaning travel as metadata of the
Arrow field. ``project`` is not among them: it is the hive partition (``runs/project=<name>/``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA_VERSION = 1
"""Written to every file; a reader refuses what is newer."""
VERSION_KEY = b"llmobs.schema"
"""The key of the version in a Parquet file's metadata."""
DERIVED = ("latency", "total_tokens")
"""Columns that sealing computes; no header holds them."""
PAYLOADS = ("inputs", "outputs")
"""Columns that are parts of the line of their own."""
NEEDED = ("id", "trace_id", "start_time")
"""Columns without which a row is no run."""
OBJECTS = ("metadata", "params", "reference_outputs")
"""Columns that are objects in a header and JSON text in Parquet."""

Kind = Literal["text", "word", "json", "time", "integer", "number", "words", "scores", "flag"]
_SHOWN = {
    "text": "string",
    "word": "string",
    "json": "string (JSON)",
    "time": "timestamp (µs, UTC)",
    "integer": "int64",
    "number": "double",
    "words": "list<string>",
    "scores": "map<string, double>",
    "flag": "bool",
}


@dataclass(frozen=True)
class Column:
    """One column of the table of runs."""

    name: str
    kind: Kind
    """``word``: a short string, dictionary-encoded and not compressed; ``json``: an object as JSON text."""
    meaning: str
    otel: str = ""
    """The OpenTelemetry attribute that means the same, or empty."""
    statistics: bool = False
    """True where the footer may hold minimum and maximum. Never for text: they would copy prompts in clear."""

    @property
    def shown_type(self) -> str:
        """Its type, for the documentation."""
        return _SHOWN[self.kind]


COLUMNS: tuple[Column, ...] = (
    Column("id", "text", "UUID of the run; sorts by start time", statistics=True),
    Column("trace_id", "text", "id of the trace's root run", statistics=True),
    Column("parent_id", "text", "id of the run it was called in; null for a root run"),
    Column("name", "word", "name of the traced function or call"),
    Column("run_type", "word", "chain, llm, tool, retriever, embedding, prompt or parser"),
    Column(
        "status",
        "word",
        "success, error, incomplete (a stream cut short) or abandoned (a stream nobody read)",
    ),
    Column("start_time", "time", "when it started", statistics=True),
    Column("end_time", "time", "when it ended", statistics=True),
    Column("latency", "number", "seconds from start to end; null of a replayed run", statistics=True),
    Column("inputs", "json", "what went in, redacted"),
    Column("outputs", "json", "what came out, redacted; null where nothing did"),
    Column("error", "text", "traceback; null where none", "exception.stacktrace"),
    Column("metadata", "json", "metadata, the parents' included"),
    Column("tags", "words", "tags, the parents' included"),
    Column("provider", "word", "who served the model", "gen_ai.provider.name"),
    Column("model", "word", "the model asked for", "gen_ai.request.model"),
    Column("operation", "word", "kind of model call", "gen_ai.operation.name"),
    Column("params", "json", "other request parameters", "gen_ai.request.*"),
    Column("stop_reason", "word", "why the model stopped", "gen_ai.response.finish_reasons"),
    Column("request_id", "word", "the provider's id of the request"),
    Column("response_id", "word", "the provider's id of the response", "gen_ai.response.id"),
    Column("retries", "integer", "attempts after the first", statistics=True),
    Column(
        "time_to_first_token",
        "number",
        "seconds to the first streamed chunk",
        "gen_ai.response.time_to_first_chunk",
        statistics=True,
    ),
    Column(
        "input_tokens",
        "integer",
        "input tokens, cached ones included",
        "gen_ai.usage.input_tokens",
        statistics=True,
    ),
    Column(
        "uncached_input_tokens",
        "integer",
        "input tokens that no cache read or wrote",
        statistics=True,
    ),
    Column(
        "cache_read_tokens",
        "integer",
        "input tokens read from the prompt cache",
        "gen_ai.usage.cache_read.input_tokens",
        statistics=True,
    ),
    Column(
        "cache_write_tokens",
        "integer",
        "input tokens written to the prompt cache",
        "gen_ai.usage.cache_write.input_tokens",
        statistics=True,
    ),
    Column(
        "output_tokens",
        "integer",
        "output tokens, thinking included",
        "gen_ai.usage.output_tokens",
        statistics=True,
    ),
    Column(
        "thinking_tokens",
        "integer",
        "output tokens spent on thinking",
        "gen_ai.usage.reasoning.output_tokens",
        statistics=True,
    ),
    Column("total_tokens", "integer", "input plus output tokens", statistics=True),
    Column("total_cost", "number", "USD; null where the price is unknown", statistics=True),
    Column("input_cost", "number", "USD of the input alone; null where it is unknown", statistics=True),
    Column("output_cost", "number", "USD of the output alone; null where it is unknown", statistics=True),
    Column("saved_cost", "number", "USD that a replayed call had cost when it was recorded", statistics=True),
    Column(
        "replayed",
        "flag",
        "true where a recorded reply came in place of a model's, here or in a run below",
    ),
    Column("recording", "word", "digest of the cassette that it was recorded in, or replayed from"),
    Column(
        "replay_of", "word", "id of the run that it repeats with other inputs, model or prompt; null for none"
    ),
    Column("entry_point", "word", "module:function that a trace began with, where it can be imported"),
    Column("service_tier", "word", "the provider's service tier"),
    Column("prices_version", "word", "version of the price table behind total_cost"),
    Column("evaluates", "word", "id of the run that this trace judges; null for the app's own"),
    Column("session", "word", "the pytest session or process that wrote it"),
    Column("suite", "word", "trials: node id without example and repeat"),
    Column("nodeid", "word", "trials: pytest's node id"),
    Column("dataset", "word", "trials: name of the dataset"),
    Column("example_id", "word", "trials: id of the example as written"),
    Column("repeat", "integer", "trials: 1 to K", statistics=True),
    Column("reference_outputs", "json", "trials: what the example states in its outputs, redacted"),
    Column("attempt", "word", "trials: consumed by a test, unused, or control (of the accepted code)"),
    Column("trial_status", "word", "trials: passed, failed, error, skipped, xfailed or unscored"),
    Column("cold", "flag", "trials: started before this process's first one of its target had ended"),
    Column(
        "scores",
        "scores",
        "trials: numeric scores by metric (scores['tone'])",
        "gen_ai.evaluation.score.value",
    ),
)
"""Every column, in the order of the files."""

NAMES: tuple[str, ...] = tuple(column.name for column in COLUMNS)
"""The columns' names, in order."""


def names_of(columns: Sequence[Column], *kinds: Kind) -> list[str]:
    """Return the names of those columns that are of some kinds, in order."""
    return [column.name for column in columns if column.kind in kinds]


def names_with_statistics(columns: Sequence[Column]) -> list[str]:
    """Return the names of those columns whose statistics are written, in order."""
    return [column.name for column in columns if column.statistics]


@cache
def arrow_schema() -> pa.Schema:
    """Return the schema of the runs' Parquet files, meanings and OpenTelemetry names in the fields' metadata."""
    return make_schema(COLUMNS, SCHEMA_VERSION)


def make_schema(columns: Sequence[Column], version: int) -> pa.Schema:
    """Return the Arrow schema of a table of columns, the version of the table in its metadata."""
    import pyarrow as pa

    text = pa.string()
    types = {
        "text": text,
        "word": text,
        "json": text,
        "time": pa.timestamp("us", "UTC"),
        "integer": pa.int64(),
        "number": pa.float64(),
        "words": pa.list_(text),
        "scores": pa.map_(text, pa.float64()),
        "flag": pa.bool_(),
    }
    fields: list[pa.Field] = []
    for column in columns:
        fields.append(pa.field(column.name, types[column.kind], metadata=_field_metadata(column)))
    return pa.schema(fields, metadata={VERSION_KEY: str(version)})


def markdown() -> str:
    """Render the table of columns for the README."""
    lines = ["| column | type | meaning | OpenTelemetry |", "|---|---|---|---|"]
    lines.append("| `project` | string | the hive partition: an experiment's name, or the app's | |")
    for column in COLUMNS:
        cells = [f"`{column.name}`", column.shown_type, column.meaning]
        if column.otel:
            cells.append(f"`{column.otel}`")
        else:
            cells.append("")
        lines.append(f"| {' | '.join(cells)} |".replace("|  |", "| |"))
    return "\n".join(lines) + "\n"


def _field_metadata(column: Column) -> dict[str, str]:
    metadata = {"meaning": column.meaning}
    if column.otel:
        metadata["otel"] = column.otel
    return metadata
