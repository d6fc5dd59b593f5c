"""The one table of what LangSmith's modules offer and ours don't; the docs page is made of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pytest_llmobs.errors import NotSupported
from pytest_llmobs.wording import nearest

_REDACTED = (
    "What is redacted is decided for all tracing: LLMOBS_REDACT=pii, or LLMOBS_REDACT=module:function for a function "
    "of your own (llm_redact for pytest). Secrets are always cut out."
)
_AGENTS = "Runs are addressed by project and id; there are no agents to address."
_CACHE = "A prompt is read from its file: leave the cache out."
_GENERATED = (
    "There is one client: Client has `runs.query()` and `annotation_queues.items`, too, and AsyncClient is its "
    "awaitable twin."
)
_REQUESTS = "There is no service, and so no request to describe: leave it out."
_CONFIGURED = (
    "LLMOBS_TRACING=true and LLMOBS_PROJECT=NAME configure tracing, tracing_context(…) one block of it."
)
_TESTS = (
    "Tests are ordinary ones here: `def test_x(llm_run):` is traced under `pytest --llm-experiment`, and "
    '@pytest.mark.llm_dataset("FILE", target=…, evaluators=[…]) runs one for each example.'
)
_EXPECT = "Write `assert`; what is scored is an evaluator, such as edit_similarity or semantic_similarity."
_SECRET = "Secrets are cut out of whatever is logged, by what they look like."
_UUIDS = "Runs are written once, to one store: there are no replicas."
_SOURCE_CODE = "It serves LangSmith's own code; nothing here has a use for it."
_SERVICE = "There is no service to ask: leave it out."
_RUNNABLE = "A decorated function is called as it is: langchain_core's RunnableLambda(function) makes a Runnable of it."
_PAIRS = "evaluate((EXPERIMENT, EXPERIMENT), evaluators=[…]) takes functions of runs and example that compare a pair."
_JUDGE = "`Judge(key, rubric=…)` from pytest_llmobs.evaluators asks a model."
_FUNCTIONS = "evaluate() takes functions as they are."
_ATTACHMENTS = (
    "A dataset is a text file: put the file beside it, its path into the inputs, and let the target read it."
)
_SHARED = "Nothing is published: hand on the folder of the store."
_INSIGHTS = (
    "No service reads your traces: `llmobs runs FILTER` and the Parquet files under runs/ answer questions."
)
_FORMULAS = "Compute it where it is used: list_runs() and list_feedback() have the numbers."
_HUB = "Agents and skills are files of your repository: read and write them there."
_PLAIN_DICT = "It is a plain dict here: see what the client's method returns."
_FORMATS = "pull_prompt() gives messages of roles and contents, which the SDKs take."
_CALLED = (
    "Clients of OpenAI and Anthropic are logged as they are; decorate what calls another: @traceable('llm')."
)

REFUSED_IMPORTS: Mapping[str, Mapping[str, str]] = {
    "": {
        "set_runtime_overrides": _REDACTED,
        **dict.fromkeys(
            (
                *("address", "Address", "AgentAddress", "EvaluatorAddress", "ExperimentAddress"),
                *("agent_address", "experiment_address", "evaluator_address"),
            ),
            _AGENTS,
        ),
        **dict.fromkeys(
            (
                *("AsyncCache", "AsyncPromptCache", "Cache", "PromptCache"),
                *("configure_global_async_prompt_cache", "configure_global_prompt_cache"),
            ),
            _CACHE,
        ),
        **dict.fromkeys(("configure", "TracingMode"), _CONFIGURED),
        **dict.fromkeys(("test", "unit"), _TESTS),
        "expect": _EXPECT,
        "LangSmithSecret": _SECRET,
        "compute_run_id_for_secondary_replica": _UUIDS,
        **dict.fromkeys(("AsyncLangsmith", "Langsmith", "resources", "types", "BaseModel"), _GENERATED),
        **dict.fromkeys(
            (
                *("APIResponse", "AsyncAPIResponse", "AsyncStream", "Stream", "RequestOptions", "Timeout"),
                *("DEFAULT_CONNECTION_LIMITS", "DEFAULT_MAX_RETRIES", "DEFAULT_TIMEOUT", "Transport"),
                *("DefaultAioHttpClient", "DefaultAsyncHttpxClient", "DefaultHttpxClient", "ProxiesTypes"),
                *("NOT_GIVEN", "NoneType", "NotGiven", "Omit", "not_given", "omit", "file_from_path"),
            ),
            _REQUESTS,
        ),
    },
    "anonymizer": dict.fromkeys(
        (
            *("create_anonymizer", "create_secret_anonymizer", "CallableNodeProcessor", "ReplacerOptions"),
            *("RuleNodeProcessor", "StringNode", "StringNodeProcessor", "StringNodeRule", "ReplacerType"),
        ),
        _REDACTED,
    ),
    "client": {
        "TracingMode": _CONFIGURED,
        **dict.fromkeys(("convert_prompt_to_openai_format", "convert_prompt_to_anthropic_format"), _FORMATS),
        **dict.fromkeys(
            ("close_session", "dump_model", "prep_obj_for_push", "ListThreadsItem", "ReplicaAuth"),
            _SOURCE_CODE,
        ),
    },
    "evaluation.evaluator": {
        **dict.fromkeys(("Category", "FeedbackConfig"), "Feedback keys need no configuration."),
        **dict.fromkeys(("DynamicRunEvaluator",), _FUNCTIONS),
        **dict.fromkeys(
            ("ComparisonEvaluationResult", "DynamicComparisonRunEvaluator", "comparison_evaluator"), _PAIRS
        ),
    },
    "evaluation": {
        "LangChainStringEvaluator": _JUDGE,
        "LLMEvaluator": _JUDGE,
    },
    "run_helpers": {"as_runnable": _RUNNABLE},
    "run_trees": {
        "configure": _CONFIGURED,
        **dict.fromkeys(("ApiKeyAuth", "AuthHeaders", "ServiceAuth", "WriteReplica"), _SERVICE),
        "validate_extracted_usage_metadata": _SOURCE_CODE,
    },
    "schemas": {
        **dict.fromkeys(
            (
                *("Attachment", "AttachmentInfo", "Attachments", "AttachmentsOperations", "BinaryIOLike"),
                *("ExampleUploadWithAttachments", "ExampleUpsertWithAttachments"),
                "ExampleUpdateWithAttachments",
            ),
            _ATTACHMENTS,
        ),
        **dict.fromkeys(("DatasetShareSchema", "FeedbackIngestToken"), _SHARED),
        **dict.fromkeys(
            (
                *("InsightsReport", "InsightsHighlightedTrace", "InsightsSummaryReport", "InsightsCluster"),
                "InsightsReportResult",
            ),
            _INSIGHTS,
        ),
        **dict.fromkeys(
            (
                *("FeedbackFormula", "FeedbackFormulaCreate", "FeedbackFormulaUpdate"),
                "FeedbackFormulaWeightedVariable",
            ),
            _FORMULAS,
        ),
        **dict.fromkeys(
            (
                *("AgentContext", "AgentEntry", "DirectoryCommitInfo", "DirectoryCommitResponse"),
                *("FileEntry", "SkillContext", "SkillEntry"),
            ),
            _HUB,
        ),
        **dict.fromkeys(
            (
                *("ComparativeExperiment", "DatasetTransformation", "ExampleWithRuns", "ExperimentResults"),
                *("ExperimentRunStats", "FeedbackCategory", "FeedbackConfigSchema", "FeedbackCreate"),
                *("RubricItemConditionRule", "RubricItemConditions", "RunEvent", "RunKey", "RunLikeDict"),
                *("RunWithAnnotationQueueInfo", "TimeDeltaInput", "UpsertExamplesResponse"),
            ),
            _PLAIN_DICT,
        ),
        **dict.fromkeys(("BatchIngestConfig", "LangSmithInfo", "LangSmithSettings"), _SERVICE),
    },
    "utils": {
        **dict.fromkeys(
            (
                *("get_api_key", "get_api_url", "get_host_url", "get_workspace_id", "LangSmithRetry"),
                *("FilterLangSmithRetry", "FilterPoolFullWarning", "filter_request_headers"),
                *("raise_for_status_with_text", "with_cache", "with_optional_cache", "get_cache_dir"),
            ),
            _SERVICE,
        ),
        "test_tracking_is_disabled": "Nothing is tracked without `--llm-experiment`.",
        **dict.fromkeys(("get_env_var", "is_env_var_truish"), _CONFIGURED),
        **dict.fromkeys(
            (
                *("convert_langchain_message", "deepish_copy", "filter_logs", "get_docker_compose_command"),
                *("get_enum_value", "get_invalid_prompt_identifier_msg", "get_llm_generation_from_outputs"),
                *("get_message_generation_from_outputs", "get_messages_from_inputs", "xor_args"),
                *("get_prompt_from_inputs", "is_base_message_like", "is_truish", "log_once"),
                *("is_version_greater_or_equal", "parse_hub_identifier", "parse_prompt_identifier"),
            ),
            _SOURCE_CODE,
        ),
    },
    "wrappers": dict.fromkeys(("wrap_gemini", "OpenAIAgentsTracingProcessor"), _CALLED),
}
"""Module of LangSmith's ("" is its root) -> name -> what to do instead: sentences that stand by themselves."""


def missing(module: str, name: str, choices: Iterable[str]) -> Exception:
    """Return the error for a name that a module of ours hasn't, for its ``__getattr__``.

    Args:
        module: Below ``pytest_llmobs``; "" for the package itself.
        name: What was asked for.
        choices: What the module has.

    Returns:
        ``NotSupported`` for a name of LangSmith's, with what to do instead; ``AttributeError`` for any other.
    """
    owner = f"pytest_llmobs.{module}".removesuffix(".")
    reason = REFUSED_IMPORTS[module].get(name) if module in REFUSED_IMPORTS else None
    if reason is not None:
        return NotSupported(f"{owner} has no {name!r}. {reason}")
    if name.startswith("__"):  # Python and pytest ask for such names; nobody has mistyped one
        return AttributeError(f"{owner} has no {name!r}.")
    return AttributeError(f"{owner} has no {name!r}.{nearest(name, choices)}")
