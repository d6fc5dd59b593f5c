"""What every registered provider must do."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from pytest_llmobs.extensions import Extensions, standalone_manager
from pytest_llmobs.providers.base import Engine, Exchange, Provider, Reply, Request
from pytest_llmobs.tracing import trace
from pytest_llmobs.tracing.active import install, uninstall
from pytest_llmobs.tracing.tracer import Tracer
from tests.unit.tracing.memory import MemorySink

PROVIDERS = Extensions(standalone_manager()).providers


@pytest.fixture(params=PROVIDERS, ids=lambda provider: provider.name)
def provider(request: pytest.FixtureRequest) -> Provider:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def kept() -> Iterator[MemorySink]:
    """Tracing switched on."""
    sink = MemorySink()
    install(Tracer(project="unit", sink=sink))
    yield sink
    uninstall()


def test_it_says_who_it_is(provider: Provider) -> None:
    assert provider.name
    assert provider.module
    assert type(provider).__doc__


def test_it_instruments_its_module_and_everything_can_be_put_back(provider: Provider) -> None:
    module = pytest.importorskip(provider.module)
    engine = _Recording()
    provider.instrument(module, engine)
    assert engine.replaced
    for owner, attribute, original in engine.replaced:
        assert vars(owner)[attribute] is not original
    engine.undo()
    for owner, attribute, original in engine.replaced:
        assert vars(owner)[attribute] is original


class _Recording(Engine):
    def __init__(self) -> None:
        super().__init__()
        self.replaced: list[tuple[Any, str, Any]] = []

    def patch(self, owner: Any, attribute: str, wrap: Any) -> None:
        self.replaced.append((owner, attribute, vars(owner)[attribute]))
        super().patch(owner, attribute, wrap)


class Acme(Provider):
    """A provider as a third party writes one: this is all of it."""

    name = "acme"
    module = "acme"

    def instrument(self, module: ModuleType, engine: Engine) -> None:
        def wrap(ask: Any) -> Any:
            def traced(prompt: str) -> str:
                place = engine.place()
                if place is None:
                    return str(ask(prompt))
                request = Request(name="acme.ask", inputs={"prompt": prompt}, provider="acme", model="a-1")
                exchange = engine.begin(place, request)
                try:
                    answer = str(ask(prompt))
                except Exception as error:
                    exchange.end(Reply(error=error))
                    raise
                exchange.end(Reply(outputs={"text": answer}, columns={"output_tokens": 3}))
                return answer

            return traced

        engine.patch(module, "ask", wrap)


def _acme(ask: Any) -> ModuleType:
    module = ModuleType("acme")
    module.ask = ask  # type: ignore[attr-defined]
    Acme().instrument(module, Engine())
    return module


def test_a_third_partys_provider_in_one_class(kept: MemorySink) -> None:
    module = _acme(str.upper)
    with trace("agent"):
        assert module.ask("hi") == "HI"
    run = kept.run("acme.ask")
    assert (run.run_type, run.provider, run.model, run.usage.output_tokens) == ("llm", "acme", "a-1", 3)
    assert (run.inputs, run.outputs) == ({"prompt": "hi"}, {"text": "HI"})
    assert kept.parent_of("acme.ask") == "agent"


def test_what_it_raises_is_logged_and_raised(kept: MemorySink) -> None:
    def ask(prompt: str) -> str:
        raise ConnectionError("down")

    with pytest.raises(ConnectionError, match="down"):
        _acme(ask).ask("hi")
    assert kept.run("acme.ask").status == "error"


def test_an_exchange_ends_once(kept: MemorySink) -> None:
    engine = Engine()
    place = engine.place()
    assert place is not None
    exchange: Exchange = engine.begin(place, Request(name="x", inputs={}, provider="acme"))
    exchange.end(Reply(outputs={"first": True}))
    exchange.end(Reply(outputs={"second": True}))
    exchange.abandon()
    assert [run.outputs for run in kept.runs] == [{"first": True}]


def test_a_reply_that_cannot_be_read_never_reaches_the_call(kept: MemorySink) -> None:
    engine = Engine()
    place = engine.place()
    assert place is not None
    exchange = engine.begin(place, Request(name="x", inputs={}, provider="acme"))
    exchange.end_with(lambda: Reply(outputs=1 / 0))
    assert kept.run("x").metadata == {"not_captured": "ZeroDivisionError while reading the reply"}
