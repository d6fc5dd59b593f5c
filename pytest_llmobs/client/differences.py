"""What users of LangSmith's client notice, call by call; the docs page is made of it."""

from __future__ import annotations

from collections.abc import Mapping

OURS: Mapping[str, str] = {
    "redaction": "What takes sensitive parts out of what the client writes.",
    "store": "The store. Naming it makes nothing.",
    "workspace": "The folder that is worked in: rootdir, settings, datasets, prompts.",
}
"""What the client has and LangSmith's hasn't."""
_SAME_AS_FLUSH = (
    "Nothing is pending: it seals what was traced, as `flush` does, and the client can be used on."
)

THIN: Mapping[str, str] = {
    "flush": "Nothing need be waited for: a run can be read the moment its call returned. What was traced is sealed.",
    "flush_compressed_traces": _SAME_AS_FLUSH,
    "close": _SAME_AS_FLUSH,
    "cleanup": _SAME_AS_FLUSH,
    "like_prompt": "Accepted; nobody counts.",
    "unlike_prompt": "Accepted; nobody counts.",
}
"""Calls that are taken and have next to nothing to do -> what they do."""

DIFFERENCES: Mapping[str, str] = {
    "list_runs": (
        "Without a project: every project (theirs raises). No upper limit (theirs answers HTTP 400 above 100), "
        "`limit=0` gives none. An unknown project, field or keyword raises with near names. The runs of judges are "
        "left out unless `evaluator_runs=True` or ids ask for them. `execution_order=1` means root runs; no other "
        "order is kept. `dotted_order` of a run within a trace is read where `select` names it. `child_run_ids` is "
        "filled by `read_run`."
    ),
    "read_run": "Reads what another process has traced a moment ago, too. `load_child_runs` nests the whole trace.",
    "get_run_stats": "Without a project: every project. Tokens and costs are those of model calls: none counts twice.",
    "get_run_url": "A command, `llmobs show ID`: a run is a row of a file, and no page.",
    "read_thread": "Without a project: every project.",
    "list_threads": "Without `start_time`: all conversations (theirs: those of the last day).",
    "runs.query": (
        "May be awaited or not, iterated with `for` or `async for`; iterating goes on with the next pages. Without "
        "`project_ids`: every project; without `min_start_time`: all time (theirs: the last day); without `selects`: "
        "all fields (theirs: the id). Any `page_size`."
    ),
    "runs.retrieve": (
        "May be awaited or not. `status` is `SUCCESS`, `ERROR` or `PENDING`; `run.status` tells a stream that was cut "
        "short, too."
    ),
    "runs.get_url": "May be awaited or not. A command, `llmobs show ID`.",
    "read_project": "`id` is the name. `latency_p50` is a `timedelta`, as theirs; `stats` has it in seconds.",
    "list_projects": "By name.",
    "create_project": "Not needed: a project is there by its first run. A second one of a name: `ConflictError`.",
    "update_project": "A project can't be renamed: its runs carry the name.",
    "create_feedback": (
        "On disk before it returns, in every process; the run need not be stored yet. Scores keep all digits, a bool "
        'stays a bool; `"high"`, NaN and infinity are kept as unscored, with the reason. `correction` may be a text. '
        "An unknown keyword is ignored with a warning."
    ),
    "update_feedback": "Returns the feedback. The history keeps what was said before.",
    "delete_feedback": "The history is kept.",
    "list_feedback": "The scores of trials are among it, as source `model`. Also by `project` and time.",
}
"""Call -> what differs from LangSmith's; none differs in what its parameters mean."""
