"""Evaluators: what scores a run. Importing this package is cheap; a name loads its family when it is used."""
# ruff: noqa: F401 - the imports below tell type checkers what __getattr__ hands out

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pytest_llmobs.wording import known, nearest

if TYPE_CHECKING:
    from pytest_llmobs.evaluators.binding.declaration import (
        BoundEvaluator,
        NotApplicable,
        Subject,
        bind,
        bind_all,
        evaluator,
        find_score,
        identify,
    )
    from pytest_llmobs.evaluators.composition import all_of, any_of, at_least, weighted, where
    from pytest_llmobs.evaluators.judging.cache import FileCache
    from pytest_llmobs.evaluators.judging.judge import Judge
    from pytest_llmobs.evaluators.judging.presets import (
        correctness,
        faithfulness,
        harmlessness,
        helpfulness,
        relevance,
        tone,
    )
    from pytest_llmobs.evaluators.pairs import PairwiseJudge, compare_pairs
    from pytest_llmobs.evaluators.rules.classification import correct_label, correct_labels
    from pytest_llmobs.evaluators.rules.commitments import (
        no_invented_deadlines,
        no_invented_percentages,
        no_invented_prices,
    )
    from pytest_llmobs.evaluators.rules.embedding import minilm
    from pytest_llmobs.evaluators.rules.operational import (
        max_cost,
        max_latency,
        max_retries,
        max_time_to_first_token,
        max_tokens,
    )
    from pytest_llmobs.evaluators.rules.patterns import ends_with, regex_match, starts_with
    from pytest_llmobs.evaluators.rules.retrieval import (
        mrr,
        ndcg,
        precision_at_k,
        recall_at_k,
        retrieved_context,
    )
    from pytest_llmobs.evaluators.rules.safety import no_canary, no_pii, no_prompt_leak, no_secrets, refusal
    from pytest_llmobs.evaluators.rules.semantic import semantic_similarity
    from pytest_llmobs.evaluators.rules.similarity import bleu, chrf, edit_similarity, rouge_l
    from pytest_llmobs.evaluators.rules.structure import (
        close_to,
        json_schema,
        pydantic_model,
        python_compiles,
        required_keys,
        sql_parses,
        valid_json,
    )
    from pytest_llmobs.evaluators.rules.text import (
        exact_match,
        forbidden_phrases,
        max_length,
        min_length,
        required_keywords,
    )
    from pytest_llmobs.evaluators.rules.trajectory import (
        max_tool_calls,
        no_tool_errors,
        no_tool_loop,
        tool_arguments,
        tool_order,
        tools_called,
    )
    from pytest_llmobs.evaluators.suites import (
        confusion_matrix,
        f1,
        p50_latency,
        p95_latency,
        precision,
        recall,
    )

_FAMILIES: Mapping[str, str] = {
    "rules.text": "required_keywords forbidden_phrases min_length max_length exact_match",
    "rules.patterns": "regex_match starts_with ends_with",
    "rules.similarity": "edit_similarity rouge_l bleu chrf",
    "rules.structure": "valid_json json_schema pydantic_model required_keys close_to sql_parses python_compiles",
    "rules.classification": "correct_label correct_labels",
    "rules.retrieval": "recall_at_k precision_at_k mrr ndcg",
    "rules.trajectory": "tools_called tool_order tool_arguments max_tool_calls no_tool_loop no_tool_errors",
    "rules.operational": "max_latency max_time_to_first_token max_cost max_tokens max_retries",
    "rules.safety": "no_secrets no_pii refusal no_canary no_prompt_leak",
    "rules.commitments": "no_invented_prices no_invented_deadlines no_invented_percentages",
    "rules.semantic": "semantic_similarity",
    "judging.presets": "tone faithfulness relevance correctness helpfulness harmlessness",
}
"""Ready-made evaluators by family: a module of this package, and the objects in it."""

_OTHERS: Mapping[str, str] = {
    "binding.declaration": "BoundEvaluator NotApplicable Subject bind bind_all evaluator find_score identify",
    "judging.judge": "Judge",
    "composition": "all_of any_of at_least weighted where",
    "rules.retrieval": "retrieved_context",
    "suites": "confusion_matrix f1 p50_latency p95_latency precision recall",
    "pairs": "PairwiseJudge compare_pairs",
    "rules.embedding": "minilm",
    "judging.cache": "FileCache",
}
"""What else is exported, by module."""

_READY = {name: module for module, names in _FAMILIES.items() for name in names.split()}
_MODULES = {**_READY, **{name: module for module, names in _OTHERS.items() for name in names.split()}}

__all__ = ["builtin", *_MODULES]  # noqa: PLE0604 - the tables are the list


def builtin() -> Mapping[str, Any]:
    """Return every ready-made evaluator by the name under which a marker may ask for it; each loads when used."""
    return _Builtin()


class _Builtin(Mapping[str, Any]):
    def __getitem__(self, name: str) -> Any:
        if name not in _READY:
            raise KeyError(name)
        return __getattr__(name)

    def __iter__(self) -> Iterator[str]:
        return iter(_READY)

    def __len__(self) -> int:
        return len(_READY)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        hint = f"{nearest(name, _MODULES)} {known(_MODULES)}"
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}.{hint}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
