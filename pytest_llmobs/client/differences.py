"""What users of LangSmith's client notice, call by call; the docs page is made of it."""

from __future__ import annotations

from collections.abc import Mapping

OURS: Mapping[str, str] = {
    "curate": "Plans which runs become examples, without duplicates and leaks; `.apply()` writes them.",
    "preference_pairs": "What the reviewers of a queue corrected, as pairs for preference training.",
    "redaction": "What takes sensitive parts out of what the client writes.",
    "route_queues": "Adds runs to the queues whose rules they fulfil.",
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
    "read_project": (
        "`id` is the name. `latency_p50` is a `timedelta`, as theirs; `stats` has it in seconds. `run_count`, "
        "`error_rate` and latencies are about traces, tokens and costs about all their runs; judges' traces are left "
        "out. `get_run_stats` is about every run that its arguments choose."
    ),
    "list_projects": "By name.",
    "create_project": "Not needed: a project is there by its first run. A second one of a name: `ConflictError`.",
    "update_project": "A project can't be renamed: its runs carry the name.",
    "evaluate": (
        "A pair of experiments gives one row an example: `evaluation_results` has `runs` (A's before B's, repeat by "
        "repeat) and `feedback.KEY`, whose `scores` has every run of the row. An evaluator that fails leaves `scores` "
        "empty and an `error`. There is no page: `url` is None. Ours besides: `.preferences`, `.comparison`, `len()`."
    ),
    "evaluate_run": (
        "The evaluator is any that `evaluate()` takes. One that fails gives an unscored score whose `error` says why, "
        "and no feedback. The run's own example is known from the run of a trial."
    ),
    "get_experiment_results": (
        "`filters` takes the experiment's name. An expected example that never ran is there, without runs."
    ),
    "get_test_results": "The data frame of `results.to_pandas()`: columns `inputs.*` (theirs: `input.*`).",
    "create_feedback": (
        "On disk before it returns, in every process; the run need not be stored yet. Scores keep all digits, a bool "
        'stays a bool; `"high"`, NaN and infinity are kept as unscored, with the reason. `correction` may be a text. '
        "An unknown keyword is ignored with a warning."
    ),
    "update_feedback": "Returns the feedback. The history keeps what was said before.",
    "delete_feedback": "The history is kept.",
    "list_feedback": "The scores of trials are among it, as source `model`. Also by `project` and time.",
    "create_dataset": "`id` is the name; a slash in it is a folder. A name that can be no file's is refused.",
    "create_example": (
        "`id` is derived from the inputs (`i-was-charged-twice-98ea66fe`), and so the same on every machine; any text "
        "may be given. `created_at` is kept where it is given, so that a script that is run again writes the same file."
    ),
    "create_examples": "All or none. Any number at once.",
    "create_example_from_run": "The example names its run: `source_run_id`.",
    "read_example": "Where several datasets have an example of that id: `dataset_name=` says which.",
    "list_examples": (
        "An unknown split, id, field or keyword raises with near names (theirs: ignored). An example without a split "
        "belongs to none (theirs: to `base`). `as_of` takes a version's hash, too."
    ),
    "update_example": "Also with `dataset_name=`. An update that changes nothing writes nothing.",
    "delete_example": "An unknown id raises.",
    "delete_examples": "An unknown id raises, and then none is removed.",
    "read_dataset": "Also `name@version`, or with `as_of=`. Ours besides: `.version`, `.examples`.",
    "delete_dataset": "Parquet and JSON lists, which the client doesn't edit, are refused.",
    "list_dataset_versions": "Ours besides: `.version`, the hash of the content.",
    "update_dataset_tag": "`as_of` takes a hash, a tag or `latest`, too.",
    "diff_dataset_versions": "Takes hashes, too.",
    "upload_csv": "Cells that are numbers, booleans or JSON are read as such; an empty cell leaves its key out.",
    "push_prompt": (
        "A text, messages, or a template of LangChain (only that needs langchain-core). What somebody wrote into the "
        "file meanwhile gets a commit of its own first. `commit_hash` of what is returned has the hash."
    ),
    "pull_prompt": (
        "Without a commit: what the file holds now, pushed or not (`commit_hash` is then None). A variable that isn't "
        "given, or a name that is none, raises."
    ),
    "list_prompts": "Iterable itself. Nobody counts likes, downloads and views.",
    "add_runs_to_annotation_queue": "`queue_id` takes the queue's name, too. The run need not be stored.",
    "create_annotation_queue": (
        "Ours besides: `failure_modes`, `overlap`, `calibration`, `least_agreement`, `rules`. A queue may be a "
        "committed file, too: see [Human review](review.md)."
    ),
    "update_annotation_queue": "Ours besides, as for creating. A committed queue is changed in its file.",
    "delete_annotation_queue": "A committed queue is deleted by deleting its file.",
    "get_run_from_annotation_queue": "`index` counts the runs that wait for the reviewer. Ours besides: `reviewer`.",
    "list_runs_from_annotation_queue": (
        'Also `queue_id="NAME:disagreements"`. Ours besides: `reviewer`, who "my" means in `needs_my_review`.'
    ),
    "annotation_queues.items.create": "May be awaited or not. Threads are refused.",
    "annotation_queues.items.create_status": "May be awaited or not. Takes the item itself, too.",
    "annotation_queues.items.list": (
        "May be awaited or not; all at once. Without `status`: all items. Ours besides: `reviewer`."
    ),
    "annotation_queues.items.delete_all": "May be awaited or not. Returns what is left.",
    "annotation_queues.items.retrieve_count": "May be awaited or not.",
}
"""Call -> what differs from LangSmith's; none differs in what its parameters mean."""
