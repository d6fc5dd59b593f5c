"""A provider of a third party whose SDK speaks no HTTP: recorded as the hook's documentation says."""

from __future__ import annotations

import inspect
import json
import textwrap
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from pytest_llmobs.errors import CassetteError
from pytest_llmobs.providers.base import Engine, Exchange, Provider, Reply, Request
from pytest_llmobs.records.http_calls import ReceivedReply, SentRequest
from tests.unit.providers.replaying.tape import Tape


def _documented() -> Any:
    """Return the documented lines as the function that they are part of."""
    documentation = inspect.getdoc(Engine.recordings) or ""
    _, _, rest = documentation.partition("before it sends anything::\n")
    lines, _, _ = rest.partition("\n``SentRequest``")
    source = "def asked(engine, place, exchange, ask, client, prompt):\n" + textwrap.indent(
        textwrap.dedent(lines), "    "
    )
    names: dict[str, Any] = {"SentRequest": SentRequest, "ReceivedReply": ReceivedReply, "json": json}
    exec(source, names)
    return names["asked"]


class Acme(Provider):
    name, module = "acme", "acme._wire"

    def instrument(self, module: ModuleType, engine: Engine) -> None:
        asked = _documented()

        def wrap(ask: Any) -> Any:
            def traced(client: Any, prompt: str) -> Any:
                place = engine.place()
                assert place is not None
                exchange: Exchange = engine.begin(
                    place, Request(name="acme.ask", inputs={"prompt": prompt}, provider="acme")
                )
                try:
                    answer = asked(engine, place, exchange, ask, client, prompt)
                except Exception as error:
                    exchange.end(Reply(error=error))
                    raise
                exchange.end(Reply(outputs={"text": answer}))
                return answer

            return traced

        engine.patch(module.Client, "ask", wrap)


def test_an_sdk_that_speaks_no_http(tape: Tape) -> None:
    asked = []

    class Client:
        def ask(self, prompt: str) -> str:
            asked.append(prompt)
            return prompt.upper()

    def ask(mode: Any, prompt: str) -> tuple[str, Any]:
        engine = Engine()
        with tape.session(mode) as sink:
            Acme().instrument(SimpleNamespace(Client=Client), engine)  # type: ignore[arg-type]
            try:
                answer: str = Client().ask(prompt)
            finally:
                engine.undo()
        return answer, sink.runs[0]

    before, recorded = ask("reuse", "hello")
    after, replayed = ask("only", "hello")
    assert (before, after, asked) == ("HELLO", "HELLO", ["hello"])
    assert (replayed.replayed, replayed.recording) == (True, recorded.recording)
    with pytest.raises(CassetteError):
        ask("only", "hello?")
    assert ask(None, "hello")[0] == "HELLO"
    assert asked == ["hello", "hello"]
