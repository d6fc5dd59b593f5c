"""Every call of LangSmith's client is one of ours or refused, and every parameter of ours binds or has a reason.

``make langchain`` runs it, with the version of LangSmith that the tables are about.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from importlib import import_module
from inspect import Parameter, getattr_static, isclass, isfunction, signature
from types import ModuleType
from typing import Any

import pytest

from pytest_llmobs.async_client import AsyncClient
from pytest_llmobs.client.client import Client
from pytest_llmobs.client.differences import OURS
from pytest_llmobs.client.parameters import UNBOUND, keywords_of, unbound_in
from pytest_llmobs.client.queue_items import QueueItems
from pytest_llmobs.client.refused import REFUSED
from pytest_llmobs.client.refused_imports import REFUSED_IMPORTS
from pytest_llmobs.client.v2 import Runs

if "LLMOBS_EXPECT_LANGCHAIN" not in os.environ:
    pytest.importorskip("langsmith", reason="`make langchain` runs it")
import langsmith  # type: ignore[import-not-found,unused-ignore]
from langsmith._types import Omit  # type: ignore[import-not-found,unused-ignore]
from langsmith.resources.annotation_queues.items import (  # type: ignore[import-not-found,unused-ignore]
    AsyncItemsResource,
)
from langsmith.resources.runs import AsyncRunsResource  # type: ignore[import-not-found,unused-ignore]


def public_names(kind: type) -> list[str]:
    """Return the names of a class's methods and attributes for everybody."""
    return [name for name in dir(kind) if not name.startswith("_")]


def methods() -> Iterator[tuple[str, Callable[..., Any], Callable[..., Any]]]:
    """Yield each method that both have: what the table calls it, LangSmith's, ours."""
    yield "Client", langsmith.Client.__init__, Client.__init__
    for name in public_names(langsmith.Client):
        ours = getattr_static(Client, name, None)
        if ours is not None and callable(getattr(langsmith.Client, name)):
            yield name, getattr(langsmith.Client, name), getattr(Client, name)
    yield "runs.query", AsyncRunsResource.query_v2, Runs.query
    yield "runs.retrieve", AsyncRunsResource.retrieve_v2, Runs.retrieve
    yield "runs.get_url", AsyncRunsResource.get_url, Runs.get_url
    for name in public_names(QueueItems):
        yield f"annotation_queues.items.{name}", getattr(AsyncItemsResource, name), getattr(QueueItems, name)


METHODS = list(methods())


@pytest.mark.parametrize("name", public_names(langsmith.Client))
def test_every_method_is_ours_or_refused(name: str) -> None:
    assert hasattr(Client, name) != (name in REFUSED), name


@pytest.mark.parametrize(("name", "theirs", "ours"), METHODS, ids=[name for name, _, _ in METHODS])
def test_every_parameter_binds_or_has_a_reason(
    name: str, theirs: Callable[..., Any], ours: Callable[..., Any]
) -> None:
    taken = {*keywords_of(ours), *unbound_in(name)}
    for parameter in list(signature(theirs).parameters.values())[1:]:
        if parameter.kind is not Parameter.VAR_KEYWORD:
            assert parameter.name in taken, f"{name}({parameter.name}=…)"


@pytest.mark.parametrize(("name", "theirs", "ours"), METHODS, ids=[name for name, _, _ in METHODS])
def test_what_must_be_given_there_may_be_given_by_position_here(
    name: str, theirs: Callable[..., Any], ours: Callable[..., Any]
) -> None:
    by_position = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    there = [
        parameter.name
        for parameter in list(signature(theirs).parameters.values())[1:]
        if parameter.kind in by_position and parameter.default is Parameter.empty
    ]
    here = [
        parameter.name
        for parameter in list(signature(ours).parameters.values())[1:]
        if parameter.kind in by_position
    ]
    assert here[: len(there)] == there


@pytest.mark.parametrize(("name", "theirs", "ours"), METHODS, ids=[name for name, _, _ in METHODS])
def test_what_need_not_be_given_there_need_not_be_given_here(
    name: str, theirs: Callable[..., Any], ours: Callable[..., Any]
) -> None:
    optional = set()
    for parameter in signature(theirs).parameters.values():
        if parameter.default is not Parameter.empty and not isinstance(parameter.default, Omit):
            optional.add(parameter.name)
    for parameter in signature(ours).parameters.values():
        if parameter.name in optional:
            assert parameter.default is not Parameter.empty, f"{name}({parameter.name}=…)"


def test_what_is_ours_alone_is_listed() -> None:
    theirs = {*public_names(langsmith.Client)}
    assert {name for name in public_names(Client) if name not in theirs} | {"workspace"} == {*OURS}


def test_no_reason_is_given_for_what_nobody_has() -> None:
    known = {name: theirs for name, theirs, _ in METHODS}
    for name, parameters in UNBOUND.items():
        if name in known:
            there = signature(known[name]).parameters
            if not any(parameter.kind is Parameter.VAR_KEYWORD for parameter in there.values()):
                assert {*parameters} <= {*there}, name


def test_nothing_is_refused_that_nobody_has() -> None:
    attributes = {"api_key", "api_url", "session", "timeout_ms", "retry_config", "tracing_queue"}
    assert {*REFUSED} - {*public_names(langsmith.Client)} <= attributes


def exported(module: ModuleType) -> set[str]:
    """Return what a module of LangSmith's offers: its ``__all__``, and the functions and classes made in it."""
    names = {*getattr(module, "__all__", ())}
    for name, value in vars(module).items():
        if (isclass(value) or isfunction(value)) and value.__module__ == module.__name__:
            names.add(name)
    return {name for name in names if not name.startswith("_")}


MODULES = [
    *("", "anonymizer", "client", "evaluation", "evaluation.evaluator", "evaluation.string_evaluator"),
    *("middleware", "run_helpers", "run_trees", "schemas", "testing", "utils", "wrappers"),
]


@pytest.mark.filterwarnings("ignore:langsmith.wrappers._openai_agents:DeprecationWarning")
@pytest.mark.parametrize("name", MODULES)
def test_whatever_a_script_imports_is_ours_or_refused(name: str) -> None:
    theirs = import_module(f"langsmith.{name}".removesuffix("."))
    ours = import_module(f"pytest_llmobs.{name}".removesuffix("."))
    refused = REFUSED_IMPORTS.get(name, {})
    for each in exported(theirs):
        if each in refused:
            assert each not in vars(ours), each
        else:
            exec(f"from {ours.__name__} import {each}", {})


@pytest.mark.filterwarnings("ignore:langsmith.wrappers._openai_agents:DeprecationWarning")
def test_no_import_is_refused_that_nobody_has() -> None:
    older = {"LangChainStringEvaluator", "LLMEvaluator"}
    for name, refused in REFUSED_IMPORTS.items():
        theirs = import_module(f"langsmith.{name}".removesuffix("."))
        known = {*exported(theirs), *vars(theirs)}
        assert {*refused} - known <= older, name


@pytest.mark.parametrize("name", public_names(langsmith.AsyncClient))
def test_every_awaitable_method_is_ours_or_refused(name: str) -> None:
    assert hasattr(AsyncClient, name) != (name in REFUSED) or hasattr(Client, name), name


@pytest.mark.parametrize(
    "name", [name for name in public_names(langsmith.AsyncClient) if hasattr(Client, name)]
)
def test_every_parameter_of_an_awaitable_method_binds_or_has_a_reason(name: str) -> None:
    theirs = getattr_static(langsmith.AsyncClient, name)
    if isfunction(theirs):
        taken = {*keywords_of(getattr(Client, name)), *unbound_in(name)}
        for parameter in list(signature(theirs).parameters.values())[1:]:
            if parameter.kind is not Parameter.VAR_KEYWORD:
                assert parameter.name in taken, f"{name}({parameter.name}=…)"
