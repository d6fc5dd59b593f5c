"""The client itself: its arguments, what it refuses, its ending, what importing it costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import pytest_llmobs
from pytest_llmobs.client.client import Client
from pytest_llmobs.client.parameters import UNBOUND
from pytest_llmobs.client.refused import REFUSED
from pytest_llmobs.errors import ArgumentError, LangSmithNotFoundError, LlmobsError, NotSupported


def test_it_is_the_roots(client: Client) -> None:
    assert isinstance(client, pytest_llmobs.Client)


def test_making_one_makes_nothing(tmp_path: Path, client: Client) -> None:
    Client()
    assert not (tmp_path / ".llmobs").exists()


def test_the_store_is_that_of_the_rootdir_unless_one_is_named(
    tmp_path: Path, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = tmp_path / "scripts"
    below.mkdir()
    monkeypatch.chdir(below)
    assert repr(Client()) == f"Client(store={str(tmp_path / '.llmobs')!r})"
    assert Client(store="other").workspace.store_folder == below / "other"
    monkeypatch.setenv("LLMOBS_STORE", str(tmp_path / "named"))
    assert Client().workspace.store_folder == tmp_path / "named"


def test_langsmiths_arguments_have_no_effect(client: Client) -> None:
    made = Client("https://api.example.org", api_key="k", timeout_ms=5, hide_inputs=False, otel_enabled=None)
    assert made.workspace == client.workspace


@pytest.mark.parametrize("name", ["anonymizer", "hide_inputs", "hide_outputs", "hide_metadata"])
def test_what_would_leave_payloads_unredacted_is_refused(client: Client, name: str) -> None:
    arguments: dict[str, Any] = {name: True}
    with pytest.raises(
        NotSupported, match=rf"Client\({name}=…\) is not supported\. What is redacted .* LLMOBS_REDACT"
    ):
        Client(**arguments)


def test_an_unknown_argument_is_told(client: Client) -> None:
    with pytest.raises(
        ArgumentError, match=r"Client\(\) got an unknown keyword 'stor'\. Did you mean 'store'"
    ):
        Client(stor="x")
    with pytest.raises(ArgumentError, match="Did you mean 'api_key'"):
        Client(api_ky="x")


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_needs_a_service_says_what_to_do_instead(client: Client, name: str) -> None:
    with pytest.raises(NotSupported) as caught:
        getattr(client, name)("anything", keyword=1)
    assert str(caught.value) == f"client.{name} is not supported. {REFUSED[name]}"
    assert REFUSED[name].endswith((".", "…"))
    assert isinstance(caught.value, NotImplementedError)


def test_a_group_of_methods_is_refused_by_its_first(client: Client) -> None:
    with pytest.raises(NotSupported, match=r"client\.sandboxes is not supported"):
        client.sandboxes.create()
    assert "not supported" in repr(client.sandboxes)


def test_what_nobody_has_is_an_attribute_error_with_near_names(client: Client) -> None:
    with pytest.raises(AttributeError, match=r"Client has no 'list_run'\. Did you mean 'list_runs'"):
        _ = client.list_run
    assert not hasattr(client, "__no_such_protocol__")


def test_no_method_is_both_there_and_refused() -> None:
    assert not [name for name in REFUSED if hasattr(Client, name)]


def test_every_reason_is_a_sentence() -> None:
    for method, parameters in UNBOUND.items():
        for name, unbound in parameters.items():
            assert unbound.reason.endswith("."), (method, name)


def test_it_ends_as_langsmiths_does(client: Client) -> None:
    with Client() as made:
        made.flush(timeout=1)
        made.flush_compressed_traces()
        made.cleanup()
    made.close()
    assert list(made.list_projects()) == []


def test_errors_are_caught_under_langsmiths_names(client: Client) -> None:
    with pytest.raises(LangSmithNotFoundError):
        client.read_project(project_name="x")
    assert issubclass(LangSmithNotFoundError, LlmobsError)


def test_importing_it_loads_nothing_heavy() -> None:
    code = "import sys; from pytest_llmobs import Client; Client(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {
        "anthropic",
        "openai",
        "pandas",
        "numpy",
        "pyarrow",
        "pytest",
        "httpx",
        "genai_prices",
    }
    # what a method needs is loaded when it is called
    assert not loaded & {"asyncio", "pluggy", "yaml", "pydantic_core", "uuid", "tempfile", "hashlib"}
    rooms = {name.split(".")[1] for name in loaded if name.startswith("pytest_llmobs.")}
    assert rooms <= {"client", "clocks", "errors", "notices", "records", "settings", "wording", "workspace"}
