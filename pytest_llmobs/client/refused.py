"""The one table of what LangSmith's client does and only a service can; the docs page is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from pytest_llmobs.errors import NotSupported

_SHARE = "Nothing is published: hand on the folder of the store, in which `llmobs show ID` prints a run."
_SHARED = (
    "Nothing is published, so that there is nothing shared to read: open a store with Client(store=PATH)."
)
_TOKENS = "There is no address to send feedback to: let the app's own backend call create_feedback()."
_FORMULAS = "Compute it where it is used: list_runs() and list_feedback() have the numbers."
_CONFIGS = "Feedback keys need no configuration: a score says what it is, a label is any text."
_HUB = "Agents and skills are files of your repository: read and write them there."
_INSIGHTS = (
    "No service reads your traces: `llmobs runs FILTER` and the Parquet files under runs/ answer questions."
)
_INGEST = "Trace with @traceable, trace() or a wrapped SDK: each run is on disk before its call returns."
_MULTIPART = (
    "Use create_examples() or update_examples(): a dataset is a file, and any number is written at once."
)
_PLUMBING = "There is no service, and so no connection to set up or to look at. client.store is the store."
_SANDBOX = "Code runs where you run it."

REFUSED: Mapping[str, str] = {
    "share_run": _SHARE,
    "unshare_run": _SHARE,
    "run_is_shared": _SHARE,
    "read_run_shared_link": _SHARE,
    "share_dataset": _SHARE,
    "unshare_dataset": _SHARE,
    "read_dataset_shared_schema": _SHARE,
    "read_shared_run": _SHARED,
    "list_shared_runs": _SHARED,
    "read_shared_dataset": _SHARED,
    "list_shared_examples": _SHARED,
    "list_shared_projects": _SHARED,
    "clone_public_dataset": "Download the file and read it with load_dataset(PATH).",
    "create_presigned_feedback_token": _TOKENS,
    "create_presigned_feedback_tokens": _TOKENS,
    "list_presigned_feedback_tokens": _TOKENS,
    "create_feedback_from_token": _TOKENS,
    "list_feedback_formulas": _FORMULAS,
    "get_feedback_formula_by_id": _FORMULAS,
    "create_feedback_formula": _FORMULAS,
    "update_feedback_formula": _FORMULAS,
    "delete_feedback_formula": _FORMULAS,
    "create_feedback_config": _CONFIGS,
    "list_feedback_configs": _CONFIGS,
    "update_feedback_config": _CONFIGS,
    "delete_feedback_config": _CONFIGS,
    "add_feedback_categories": _CONFIGS,
    "remove_feedback_categories": _CONFIGS,
    "pull_agent": _HUB,
    "push_agent": _HUB,
    "delete_agent": _HUB,
    "agent_exists": _HUB,
    "list_agents": _HUB,
    "pull_skill": _HUB,
    "push_skill": _HUB,
    "delete_skill": _HUB,
    "skill_exists": _HUB,
    "list_skills": _HUB,
    "generate_insights": _INSIGHTS,
    "poll_insights": _INSIGHTS,
    "get_insights_report": _INSIGHTS,
    "list_project_issues": _INSIGHTS,
    "create_run": _INGEST,
    "update_run": _INGEST,
    "batch_ingest_runs": _INGEST,
    "multipart_ingest": _INGEST,
    "upload_examples_multipart": _MULTIPART,
    "update_examples_multipart": _MULTIPART,
    "upsert_examples_multipart": _MULTIPART,
    "delete_project": (
        "Runs are only ever added. While no process writes to the project, remove its folder runs/project=NAME in the "
        "store, and experiments/NAME.json of an experiment."
    ),
    "read_dataset_openai_finetuning": "A dataset is a JSON lines file: list_examples() reads it.",
    "create_comparative_experiment": "evaluate((EXPERIMENT, EXPERIMENT), evaluators=[…]) compares two experiments.",
    "request_with_retries": _PLUMBING,
    "api_url": _PLUMBING,
    "api_key": _PLUMBING,
    "headers": _PLUMBING,
    "info": _PLUMBING,
    "session": _PLUMBING,
    "retry_config": _PLUMBING,
    "timeout_ms": _PLUMBING,
    "workspace_id": _PLUMBING,
    "compressed_traces": _PLUMBING,
    "tracing_queue": _PLUMBING,
    "tracing_mode": _PLUMBING,
    "tracing_sample_rate": _PLUMBING,
    "otel_exporter": _PLUMBING,
    "agents": _HUB,
    "public": _SHARED,
    "sandboxes": _SANDBOX,
    "evaluators": "Evaluators are functions of your repository; evaluate() takes them, `llmobs eval` does in a shell.",
    "datasets": "The client's own methods do it: list_datasets(), read_dataset(), create_examples() …",
    "threads": "The client's own methods do it: list_threads(), read_thread().",
    "traces": "The client's own methods do it: runs.query(is_root=True), read_run(ID, load_child_runs=True).",
    "sessions": "The client's own methods do it: list_projects(), read_project() …",
}
"""Name of a method or attribute of LangSmith's client -> what to do instead: sentences that stand by themselves."""


class Refusal:
    """What stands in the place of a method, or of a group of methods, that only a service can do."""

    def __init__(self, name: str) -> None:
        """Name the method."""
        self._name = name

    def __call__(self, *arguments: Any, **keywords: Any) -> NoReturn:
        """Refuse.

        Raises:
            NotSupported: Always; the message says what to do instead.
        """
        raise NotSupported(f"client.{self._name} is not supported. {REFUSED[self._name]}")

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):  # Python asks for such names; nobody means a service's method
            raise AttributeError(name)
        self()

    def __repr__(self) -> str:
        return f"<client.{self._name} is not supported. {REFUSED[self._name]}>"
