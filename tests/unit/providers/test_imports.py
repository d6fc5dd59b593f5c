"""An SDK is instrumented once the user's own code imports it, and put back as it was."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from types import ModuleType

import pytest

from pytest_llmobs.providers.base import Engine, Provider
from pytest_llmobs.providers.imports import instrument_on_import, uninstrument


class Acme(Provider):
    name = "acme"
    module = "llmobs_acme.transport"

    def instrument(self, module: ModuleType, engine: Engine) -> None:
        engine.patch(module, "send", lambda send: lambda text: f"traced {send(text)}")


class Broken(Acme):
    name = "broken"

    def instrument(self, module: ModuleType, engine: Engine) -> None:
        raise AttributeError("no attribute 'send_all'")


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """A package that can be imported, and no provider instrumented."""
    package = tmp_path / "llmobs_acme"
    package.mkdir()
    (package / "__init__.py").write_text("from llmobs_acme.transport import send as early\n")
    (package / "transport.py").write_text("import inspect\ndef send(text):\n    return text\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    uninstrument()
    for name in ("llmobs_acme", "llmobs_acme.transport"):
        sys.modules.pop(name, None)


def test_right_after_the_import_before_anybody_takes_a_reference(acme: object) -> None:
    instrument_on_import([Acme()])
    import llmobs_acme  # type: ignore[import-not-found]

    assert llmobs_acme.early("x") == "traced x"
    assert llmobs_acme.transport.__spec__.loader is llmobs_acme.transport.__loader__
    assert type(llmobs_acme.transport.__loader__).__module__.startswith("_frozen_importlib")
    import inspect

    assert "def send" in inspect.getsource(llmobs_acme.transport)


def test_at_once_where_it_is_imported_already(acme: object) -> None:
    import llmobs_acme.transport

    instrument_on_import([Acme()])
    assert llmobs_acme.transport.send("x") == "traced x"


def test_twice_is_once(acme: object) -> None:
    import llmobs_acme.transport

    instrument_on_import([Acme()])
    instrument_on_import([Acme()])
    assert llmobs_acme.transport.send("x") == "traced x"


def test_all_is_put_back(acme: object) -> None:
    import llmobs_acme.transport

    before = (llmobs_acme.transport.send, list(sys.meta_path))
    instrument_on_import([Acme()])
    uninstrument()
    assert (llmobs_acme.transport.send, sys.meta_path) == before


def test_the_hook_leaves_when_nothing_waits(acme: object) -> None:
    before = list(sys.meta_path)
    instrument_on_import([Acme()])
    assert sys.meta_path != before
    import llmobs_acme

    assert llmobs_acme
    assert sys.meta_path == before


def test_a_version_that_is_not_understood_is_reported_and_works(
    acme: object, caplog: pytest.LogCaptureFixture
) -> None:
    instrument_on_import([Broken()])
    import llmobs_acme

    assert llmobs_acme.early("x") == "x"
    (record,) = caplog.records
    assert record.getMessage() == (
        "pytest-llmobs can't trace broken: this version of llmobs_acme.transport is not understood. "
        "Calls work, but are not logged."
    )


_SLOW = """
import llmobs_gates
llmobs_gates.begun.set()
assert llmobs_gates.listening.wait(30)
{rest}
def send(text):
    return text
"""


@pytest.mark.parametrize("rest", ["", "if llmobs_gates.fails: raise ImportError('not today')"])
def test_while_another_thread_is_in_the_middle_of_importing_it(
    acme: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rest: str
) -> None:
    gates = ModuleType("llmobs_gates")
    gates.begun, gates.listening, gates.fails = threading.Event(), threading.Event(), True  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "llmobs_gates", gates)
    (tmp_path / "llmobs_acme" / "transport.py").write_text(_SLOW.format(rest=rest))
    received: list[str] = []

    def use() -> None:
        try:
            from llmobs_acme import early
        except ImportError:  # fails once, as where a file is being replaced
            gates.fails = False
            from llmobs_acme import early
        received.append(early("x"))

    user = threading.Thread(target=use)
    user.start()
    assert gates.begun.wait(30)  # type: ignore[attr-defined]
    instrument_on_import([Acme()])
    gates.listening.set()  # type: ignore[attr-defined]
    user.join(30)
    assert received == ["traced x"]
    spec = sys.modules["llmobs_acme.transport"].__spec__
    assert type(spec).__name__ == "ModuleSpec"


def test_no_sdk_is_ever_imported_by_us() -> None:
    code = textwrap.dedent(
        """
        import sys
        from pytest_llmobs import defaults
        from pytest_llmobs.providers.imports import instrument_on_import, uninstrument
        instrument_on_import(defaults.pytest_llmobs_providers())
        assert not {"anthropic", "openai", "genai_prices"} & set(sys.modules)
        import anthropic
        assert "openai" not in sys.modules
        import openai
        clients = [getattr(sdk._base_client, kind) for sdk in (anthropic, openai) for kind in
                   ("SyncAPIClient", "AsyncAPIClient")]
        wrapped = [client.request for client in clients]
        for sdk, request in zip(("anthropic", "anthropic", "openai", "openai"), wrapped):
            assert request.__wrapped__.__module__ == f"{sdk}._base_client"
        uninstrument()
        assert [client.request for client in clients] == [request.__wrapped__ for request in wrapped]
        print("fine")
        """
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (run.stdout.strip(), run.stderr) == ("fine", "")
