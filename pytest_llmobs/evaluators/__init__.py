"""Evaluators: what scores a run. Importing this package is cheap; a name loads its family when it is used.

The imports below are the one list of what there is: type checkers follow them, and ``registry`` reads them. Adding a
ready-made evaluator takes its family (a new file, or an object in one) and one line here.
"""
# ruff: noqa: I001, PLE0604 - the order of the lines is the order of the documented tables; the list is computed

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_llmobs.evaluators.registry import EXPORTS
from pytest_llmobs.evaluators.registry import builtin as builtin
from pytest_llmobs.wording import known, nearest

# Evaluators of runs, by family: a marker may ask for them by name.
if TYPE_CHECKING:
    from pytest_llmobs.evaluators.rules.text import required_keywords as required_keywords
    from pytest_llmobs.evaluators.rules.text import forbidden_phrases as forbidden_phrases
    from pytest_llmobs.evaluators.rules.text import min_length as min_length
    from pytest_llmobs.evaluators.rules.text import max_length as max_length
    from pytest_llmobs.evaluators.rules.text import exact_match as exact_match
    from pytest_llmobs.evaluators.rules.patterns import regex_match as regex_match
    from pytest_llmobs.evaluators.rules.patterns import starts_with as starts_with
    from pytest_llmobs.evaluators.rules.patterns import ends_with as ends_with
    from pytest_llmobs.evaluators.rules.similarity import edit_similarity as edit_similarity
    from pytest_llmobs.evaluators.rules.similarity import rouge_l as rouge_l
    from pytest_llmobs.evaluators.rules.similarity import bleu as bleu
    from pytest_llmobs.evaluators.rules.similarity import chrf as chrf
    from pytest_llmobs.evaluators.rules.structure import valid_json as valid_json
    from pytest_llmobs.evaluators.rules.structure import json_schema as json_schema
    from pytest_llmobs.evaluators.rules.structure import pydantic_model as pydantic_model
    from pytest_llmobs.evaluators.rules.structure import required_keys as required_keys
    from pytest_llmobs.evaluators.rules.structure import close_to as close_to
    from pytest_llmobs.evaluators.rules.structure import sql_parses as sql_parses
    from pytest_llmobs.evaluators.rules.structure import python_compiles as python_compiles
    from pytest_llmobs.evaluators.rules.classification import correct_label as correct_label
    from pytest_llmobs.evaluators.rules.classification import correct_labels as correct_labels
    from pytest_llmobs.evaluators.rules.retrieval import recall_at_k as recall_at_k
    from pytest_llmobs.evaluators.rules.retrieval import precision_at_k as precision_at_k
    from pytest_llmobs.evaluators.rules.retrieval import mrr as mrr
    from pytest_llmobs.evaluators.rules.retrieval import ndcg as ndcg
    from pytest_llmobs.evaluators.rules.trajectory import tools_called as tools_called
    from pytest_llmobs.evaluators.rules.trajectory import tool_order as tool_order
    from pytest_llmobs.evaluators.rules.trajectory import tool_arguments as tool_arguments
    from pytest_llmobs.evaluators.rules.trajectory import max_tool_calls as max_tool_calls
    from pytest_llmobs.evaluators.rules.trajectory import no_tool_loop as no_tool_loop
    from pytest_llmobs.evaluators.rules.trajectory import no_tool_errors as no_tool_errors
    from pytest_llmobs.evaluators.rules.operational import max_latency as max_latency
    from pytest_llmobs.evaluators.rules.operational import max_time_to_first_token as max_time_to_first_token
    from pytest_llmobs.evaluators.rules.operational import max_cost as max_cost
    from pytest_llmobs.evaluators.rules.operational import max_tokens as max_tokens
    from pytest_llmobs.evaluators.rules.operational import max_retries as max_retries
    from pytest_llmobs.evaluators.rules.safety import no_secrets as no_secrets
    from pytest_llmobs.evaluators.rules.safety import no_pii as no_pii
    from pytest_llmobs.evaluators.rules.safety import refusal as refusal
    from pytest_llmobs.evaluators.rules.safety import no_canary as no_canary
    from pytest_llmobs.evaluators.rules.safety import no_prompt_leak as no_prompt_leak
    from pytest_llmobs.evaluators.rules.commitments import no_invented_prices as no_invented_prices
    from pytest_llmobs.evaluators.rules.commitments import no_invented_deadlines as no_invented_deadlines
    from pytest_llmobs.evaluators.rules.commitments import no_invented_percentages as no_invented_percentages
    from pytest_llmobs.evaluators.rules.semantic import semantic_similarity as semantic_similarity
    from pytest_llmobs.evaluators.judging.presets import tone as tone
    from pytest_llmobs.evaluators.judging.presets import faithfulness as faithfulness
    from pytest_llmobs.evaluators.judging.presets import relevance as relevance
    from pytest_llmobs.evaluators.judging.presets import correctness as correctness
    from pytest_llmobs.evaluators.judging.presets import helpfulness as helpfulness
    from pytest_llmobs.evaluators.judging.presets import harmlessness as harmlessness

# Evaluators of whole suites: `summary_evaluators` may ask for them by name.
if TYPE_CHECKING:
    from pytest_llmobs.evaluators.suite_measures import confusion_matrix as confusion_matrix
    from pytest_llmobs.evaluators.suite_measures import f1 as f1
    from pytest_llmobs.evaluators.suite_measures import p50_latency as p50_latency
    from pytest_llmobs.evaluators.suite_measures import p95_latency as p95_latency
    from pytest_llmobs.evaluators.suite_measures import precision as precision
    from pytest_llmobs.evaluators.suite_measures import recall as recall

# What evaluators are written with.
if TYPE_CHECKING:
    from pytest_llmobs.evaluators.binding.declaration import BoundEvaluator as BoundEvaluator
    from pytest_llmobs.evaluators.binding.declaration import NotApplicable as NotApplicable
    from pytest_llmobs.evaluators.binding.declaration import Subject as Subject
    from pytest_llmobs.evaluators.binding.declaration import bind as bind
    from pytest_llmobs.evaluators.binding.declaration import evaluator as evaluator
    from pytest_llmobs.evaluators.binding.declaration import find_score as find_score
    from pytest_llmobs.evaluators.binding.declaration import identify as identify
    from pytest_llmobs.evaluators.judging.judge import Judge as Judge
    from pytest_llmobs.evaluators.composition import all_of as all_of
    from pytest_llmobs.evaluators.composition import any_of as any_of
    from pytest_llmobs.evaluators.composition import at_least as at_least
    from pytest_llmobs.evaluators.composition import weighted as weighted
    from pytest_llmobs.evaluators.composition import where as where
    from pytest_llmobs.evaluators.rules.retrieval import retrieved_context as retrieved_context
    from pytest_llmobs.evaluators.pairs import PairwiseJudge as PairwiseJudge
    from pytest_llmobs.evaluators.pairs import compare_pairs as compare_pairs
    from pytest_llmobs.similarity.embedding import minilm as minilm
    from pytest_llmobs.evaluators.judging.cache import FileCache as FileCache

# Type checkers can't read a list that is computed, and would take every name that they miss in it for private.
if not TYPE_CHECKING:
    __all__ = ["builtin", *EXPORTS]


def __getattr__(name: str) -> Any:
    if name not in EXPORTS:
        hint = f"{nearest(name, EXPORTS)} {known(EXPORTS)}"
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}.{hint}")
    return EXPORTS[name]
