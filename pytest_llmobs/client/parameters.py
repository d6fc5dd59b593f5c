"""The one table of LangSmith's parameters that mean nothing here, each with the reason; the docs page is made of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_llmobs.errors import ArgumentError, NotSupported
from pytest_llmobs.wording import known, nearest


@dataclass(frozen=True)
class Unbound:
    """A parameter that a method takes and does nothing with."""

    reason: str
    """Why: a sentence that stands by itself."""
    is_refused: bool = False
    """True where leaving it out of account would do harm: it raises ``NotSupported`` with the reason."""


_NO_SERVICE = Unbound("There is no service to connect to.")
_AT_ONCE = Unbound("Runs are written at once; nothing is batched, queued or sent.")
_NO_PROFILE = Unbound("There is no login.")
_NO_CACHE = Unbound("A prompt is read from its file.")
_REDACTED = Unbound(
    "What is redacted is decided for all tracing: LLMOBS_REDACT=pii, or LLMOBS_REDACT=module:function for a function "
    "of your own (llm_redact for pytest).",
    is_refused=True,
)
_ONE_PLACE = Unbound("A run is found by its id alone.")
_NO_AGENTS = Unbound("Runs are addressed by project and id; there are no agents to address.", is_refused=True)
_NO_WAITING = Unbound("Nothing is pending: what was traced is on disk before the call returns.")
_NO_TAGS = Unbound("Projects have no workspace tags; metadata can say the same.")
_NO_SEARCH = Unbound(
    "No model reads your runs: filter= and query= choose by what they hold.", is_refused=True
)
_FEEDBACK_TIME = Unbound(
    "Filters look at the feedback that stands; its times are in list_feedback().", is_refused=True
)
_NO_REQUEST = Unbound("There is no request to send.")
_ONLY_RUNS = Unbound("Every item is a run.")
_AMONG_ITEMS = Unbound("Choose among the items that items.list() gives.", is_refused=True)
_NO_ATTACHMENTS = Unbound(
    "A dataset is a text file. Put the file beside it, its path into the inputs, and let the target read it.",
    is_refused=True,
)
_NOTHING_IS_FETCHED = Unbound("An example is all in the dataset's file, and has every field.")
_NO_UPLOAD = Unbound("Nothing is uploaded: a dataset is a file.")
_NO_HUB = Unbound("Prompts are files of your repository; nothing is public.")
_NO_MODEL = Unbound("A prompt has no model beside it; what was pushed comes back.")
_DISAGREEMENTS = Unbound(
    "What reviewers differ about is a queue of its own: list that of NAME:disagreements.", is_refused=True
)
_NO_PAGES = Unbound("A queue is read whole.")
_PROGRESS = Unbound("Progress is shown by the process that evaluates.")

GROUPS: Mapping[str, str] = {"Runs": "runs", "QueueItems": "annotation_queues.items"}
"""Class of a group of methods -> the client's attribute."""
UNBOUND: Mapping[str, Mapping[str, Unbound]] = {
    "Client": {
        "api_url": _NO_SERVICE,
        "api_key": _NO_SERVICE,
        "retry_config": _NO_SERVICE,
        "timeout_ms": _NO_SERVICE,
        "web_url": _NO_SERVICE,
        "session": _NO_SERVICE,
        "info": _NO_SERVICE,
        "api_urls": _NO_SERVICE,
        "workspace_id": _NO_SERVICE,
        "headers": _NO_SERVICE,
        "auto_batch_tracing": _AT_ONCE,
        "run_ops_buffer_size": _AT_ONCE,
        "run_ops_buffer_timeout_ms": _AT_ONCE,
        "max_batch_size_bytes": _AT_ONCE,
        "profile": _NO_PROFILE,
        "profile_config_path": _NO_PROFILE,
        "prefer_profile_auth": _NO_PROFILE,
        "disable_prompt_cache": _NO_CACHE,
        "cache": _NO_CACHE,
        "anonymizer": _REDACTED,
        "hide_inputs": _REDACTED,
        "hide_outputs": _REDACTED,
        "hide_metadata": _REDACTED,
        "process_buffered_run_ops": _REDACTED,
        "omit_traced_runtime_info": Unbound("No runtime information is stored with runs."),
        "otel_tracer_provider": Unbound("`LLMOBS_OTEL=true` exports runs; `pytest_llmobs.otel` reads spans."),
        "tracing_mode": Unbound("`LLMOBS_OTEL=true` exports runs as OpenTelemetry spans beside the store."),
        "otel_enabled": Unbound("`LLMOBS_OTEL=true` exports runs as OpenTelemetry spans beside the store."),
        "tracing_sampling_rate": Unbound("`LLMOBS_SAMPLE_RATE` says which share of traces is kept."),
        "tracing_error_callback": Unbound("A disk that refuses is reported once, as a warning."),
    },
    "flush": {"timeout": _NO_WAITING},
    "cleanup": {"timeout": _NO_WAITING},
    "close": {"timeout": _NO_WAITING},
    "flush_compressed_traces": {"attempts": _NO_WAITING, "timeout": _NO_WAITING},
    "read_run": {"project_id": _ONE_PLACE, "start_time": _ONE_PLACE},
    "get_run_url": {"project_name": _ONE_PLACE, "project_id": _ONE_PLACE, "address": _NO_AGENTS},
    "get_run_stats": {"data_source_type": Unbound("Every run comes from the store.")},
    "evaluate_run": {"project_id": _ONE_PLACE, "start_time": _ONE_PLACE},
    "aevaluate_run": {"project_id": _ONE_PLACE, "start_time": _ONE_PLACE},
    "get_experiment_results": {
        "preview": Unbound("Runs come from the disk, whole."),
        "comparative_experiment_id": Unbound(
            "What comparisons say is among the `feedback_stats` of the runs; `list_feedback()` tells of which."
        ),
    },
    "list_projects": {
        "dataset_version": Unbound(
            "An experiment's document names the version of its dataset.", is_refused=True
        )
    },
    "create_project": {
        "num_examples": _PROGRESS,
        "num_repetitions": _PROGRESS,
        "evaluator_keys": _PROGRESS,
        "tag_value_ids": _NO_TAGS,
    },
    "runs.query": {
        "ai_search": _NO_SEARCH,
        "sem_filter": _NO_SEARCH,
        "include_subtree_usage": Unbound(
            "get_run_stats(trace=ID) adds up what a trace used.", is_refused=True
        ),
        "min_feedback_modified_at": _FEEDBACK_TIME,
        "max_feedback_modified_at": _FEEDBACK_TIME,
        "accept": _NO_REQUEST,
    },
    "runs.retrieve": {"project_id": _ONE_PLACE, "start_time": _ONE_PLACE, "accept": _NO_REQUEST},
    "runs.get_url": {"project_id": _ONE_PLACE, "trace_id": _ONE_PLACE, "start_time": _ONE_PLACE},
    "create_dataset": {
        "transformations": Unbound(
            "Examples are kept as they are given: change them before create_examples().", is_refused=True
        ),
        "tag_value_ids": Unbound("Datasets have no workspace tags; metadata can say the same."),
    },
    "create_example": {"attachments": _NO_ATTACHMENTS, "use_source_run_attachments": _NO_ATTACHMENTS},
    "create_examples": {"dangerously_allow_filesystem": _NO_UPLOAD, "max_concurrency": _NO_UPLOAD},
    "list_examples": {
        "inline_s3_urls": _NOTHING_IS_FETCHED,
        "include_attachments": _NOTHING_IS_FETCHED,
        "exclude_default_fields": _NOTHING_IS_FETCHED,
    },
    "update_example": {"attachments": _NO_ATTACHMENTS, "attachments_operations": _NO_ATTACHMENTS},
    "update_examples": {
        "dangerously_allow_filesystem": _NO_UPLOAD,
        "attachments": _NO_ATTACHMENTS,
        "attachments_operations": _NO_ATTACHMENTS,
        "dataset_ids": Unbound("Examples stay in their dataset; the one that has the first is meant."),
    },
    "delete_examples": {
        "hard_delete": Unbound(
            "What a dataset's versions held stays in the store: delete .llmobs/datasets to forget all of them.",
            is_refused=True,
        )
    },
    "push_prompt": {"is_public": _NO_HUB},
    "create_prompt": {"is_public": _NO_HUB},
    "update_prompt": {"is_public": _NO_HUB},
    "list_prompts": {"is_public": _NO_HUB},
    "pull_prompt": {
        "include_model": _NO_MODEL,
        "secrets": _NO_MODEL,
        "secrets_from_env": _NO_MODEL,
        "skip_cache": _NO_CACHE,
        "dangerously_pull_public_prompt": _NO_HUB,
    },
    "pull_prompt_commit": {
        "include_model": _NO_MODEL,
        "skip_cache": _NO_CACHE,
        "dangerously_pull_public_prompt": _NO_HUB,
    },
    "list_prompt_commits": {"include_model": _NO_MODEL},
    "annotation_queues.items.create": {"extend_trace_retention": Unbound("Traces have no expiry.")},
    "annotation_queues.items.create_status": {"override_added_at": Unbound("An item came when it came.")},
    "annotation_queues.items.list": {
        "agreement": _DISAGREEMENTS,
        "has_unresolved_keys": _DISAGREEMENTS,
        "cursor": _NO_PAGES,
        "direction": _NO_PAGES,
        "page_size": _NO_PAGES,
        "item_type": _ONLY_RUNS,
        "min_start_time": _AMONG_ITEMS,
        "max_start_time": _AMONG_ITEMS,
    },
    "annotation_queues.items.retrieve_count": {
        "agreement": _DISAGREEMENTS,
        "has_unresolved_keys": _DISAGREEMENTS,
        "start_time": _AMONG_ITEMS,
        "end_time": _AMONG_ITEMS,
        "min_start_time": _AMONG_ITEMS,
        "max_start_time": _AMONG_ITEMS,
    },
    "create_feedback": {
        "feedback_config": Unbound("Feedback keys have no configuration: a score says what it is."),
        "stop_after_attempt": _AT_ONCE,
        "extend_trace_retention": Unbound("Traces have no expiry."),
        "address": _NO_AGENTS,
        "start_time": _ONE_PLACE,
    },
}
"""Method (``Client`` is its constructor) -> LangSmith's parameter -> why it does nothing."""

OF_REQUESTS: Mapping[str, Unbound] = dict.fromkeys(
    ("extra_body", "extra_headers", "extra_query", "timeout"), _NO_REQUEST
)
"""What every call of LangSmith's newer client takes besides."""


def accept(
    method: Callable[..., Any], given: Mapping[str, Any], *, known_names: Collection[str] = ()
) -> None:
    """Check the keywords of a call that are no parameters of the method's own.

    Args:
        method: The method that was called.
        given: What its ``**`` parameter holds.
        known_names: Those that the method does something with and no annotation names.

    Raises:
        NotSupported: One can't be left out of account.
        ArgumentError: One is unknown.
    """
    if not given:
        return
    called = _called(method)
    own = unbound_in(called)
    bound = [*keywords_of(method), *known_names]
    for name, value in given.items():
        if name in bound:
            continue
        if name not in own:
            raise ArgumentError(
                f"{called}() got an unknown keyword {name!r}.{nearest(name, [*bound, *own])} {known(bound)}"
            )
        if own[name].is_refused and value is not None and value is not False:
            raise NotSupported(f"{called}({name}=…) is not supported. {own[name].reason}")


def unbound_in(call: str) -> Mapping[str, Unbound]:
    """Return the parameters of a call, such as ``runs.query``, that mean nothing, and why."""
    own = UNBOUND.get(call, {})
    if "." in call:
        return {**OF_REQUESTS, **own}
    return own


def keywords_of(method: Callable[..., Any]) -> list[str]:
    """Return the names of what a method does something with: its parameters, and the keys of its ``**`` one."""
    from inspect import signature

    names: list[str] = []
    for parameter in signature(method).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            names += _unpacked(method, str(parameter.annotation))
        elif parameter.name != "self" and parameter.kind is not parameter.VAR_POSITIONAL:
            names.append(parameter.name)
    return names


def _unpacked(method: Callable[..., Any], annotation: str) -> list[str]:
    """Return the keys of a ``**`` parameter's type: those of ``RunArguments`` for ``Unpack[RunArguments]``."""
    if not annotation.startswith("Unpack["):
        return []
    kind = method.__globals__[annotation.removeprefix("Unpack[").removesuffix("]")]
    return list(kind.__annotations__)


def _called(method: Callable[..., Any]) -> str:
    """Return what users call a method: ``list_runs``, ``runs.query``, ``Client``."""
    owner, _, name = method.__qualname__.rpartition(".")
    if name == "__init__":
        return owner
    if owner in GROUPS:
        return f"{GROUPS[owner]}.{name}"
    return name
