"""Every extension point.

The same module serves pytest's plugin manager and the standalone one of the command line and ``load_dataset``.
Write a hook in a ``conftest.py`` or in a package with a ``pytest_llmobs`` entry point; mark it with
``pytest_llmobs.hookimpl`` or leave the mark out in a ``conftest.py``. Hooks return values; nothing registers on
import, and the name's prefix is ``pytest_llmobs_``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from pytest_llmobs.datasets.base import DatasetFormat
    from pytest_llmobs.providers.base import Provider
    from pytest_llmobs.reports.base import ReportFormat
    from pytest_llmobs.tracing.redaction.redactors import Redactor

hookspec = pluggy.HookspecMarker("pytest")


@hookspec
def pytest_llmobs_datasets() -> Sequence[DatasetFormat]:  # type: ignore[empty-body]
    """Dataset file formats, each naming the suffixes it reads.

    Example::

        class Toml:
            suffixes = (".toml",)

            def rows(self, path):
                for number, row in enumerate(tomllib.loads(path.read_text())["example"], 1):
                    yield Row(row, f"{path}: example {number}")

        def pytest_llmobs_datasets():
            return [Toml()]
    """


@hookspec
def pytest_llmobs_evaluators() -> Mapping[str, Any]:  # type: ignore[empty-body]
    """Evaluators by the name under which a marker may ask for them (``evaluators=["polite"]``).

    Example::

        def polite(outputs):
            return "please" in outputs["output"].lower()

        def pytest_llmobs_evaluators():
            return {"polite": polite}
    """


@hookspec
def pytest_llmobs_providers() -> Sequence[Provider]:  # type: ignore[empty-body]
    """Model providers whose SDK is instrumented once the user's own code imports it.

    An SDK that Stainless generated, as anthropic's and openai's are, needs only a table: see ``providers.openai``. Its
    calls are recorded and replayed (``llm_cassettes``) where its HTTP client sends them.

    Any other SDK's calls are always made, unless its provider asks for recordings: see ``Engine.recordings``.

    Example::

        from pytest_llmobs.providers.base import Provider, Reply, Request

        class Acme(Provider):
            name = "acme"
            module = "acme._http"   # instrumented right after this module was imported

            def instrument(self, module, engine):
                def wrap(ask):
                    def traced(client, prompt):
                        place = engine.place()
                        if place is None:   # nothing is traced here
                            return ask(client, prompt)
                        request = Request(name="acme.ask", inputs={"prompt": prompt}, provider="acme")
                        exchange = engine.begin(place, request)
                        try:
                            answer = ask(client, prompt)
                        except Exception as error:
                            exchange.end(Reply(error=error))
                            raise
                        exchange.end(Reply(outputs={"text": answer}))
                        return answer
                    return traced

                engine.patch(module.Client, "ask", wrap)

        def pytest_llmobs_providers():
            return [Acme()]
    """


@hookspec
def pytest_llmobs_redact() -> Sequence[Redactor | Callable[[str], str]]:  # type: ignore[empty-body]
    """What takes sensitive parts out of every text before it is written: functions from text to text, or redactors.

    A function is at work as soon as it is offered. A ``pytest_llmobs.tracing.Redactor`` may be ``opt_in``: then
    ``llm_redact`` must name it; its ``prefilters`` let it pass over texts that don't concern it. One that raises costs
    the run the payload, is named there, and never reaches the app.

    Example::

        import re

        def order_numbers(text):
            return re.sub(r"ORD-[0-9]{6}", "[redacted: order]", text)

        def pytest_llmobs_redact():
            return [order_numbers]
    """


@hookspec
def pytest_llmobs_reports() -> Sequence[ReportFormat]:  # type: ignore[empty-body]
    r"""Formats of reports, by the name under which ``--llm-report`` asks for them.

    A format renders a ``reports.digest.experiment.Digest``, which holds all that is told of an experiment, and the
    experiment itself. With a ``suffix`` it is written to ``.llmobs/reports/``, or where the user says
    (``--llm-report csv:means.csv``); with an empty one it is printed. One that raises is a warning and changes no exit
    status. In the ``conftest.py`` of the rootdir, since it is asked for when a session starts.

    Example::

        class Csv:
            name = "csv"
            suffix = ".csv"

            def render(self, digest, page, context):
                lines = ["suite,metric,mean"]
                for suite in digest.metrics.suites:
                    for line in suite.lines:
                        lines.append(f"{suite.suite},{line.row.metric},{line.row.candidate}")
                return "\n".join(lines)

        def pytest_llmobs_reports():
            return [Csv()]
    """


@hookspec
def pytest_llmobs_session_files() -> Sequence[str]:  # type: ignore[empty-body]
    """Options that name a file or a folder which a session writes, beyond those that are known (docs/gate.md).

    Before a build goes red, further sessions of the same command look again at what is in doubt. Whatever this hook
    names gets a path in each one's own folder there, so that the files of the first one stay as they are: a flag
    with its dashes, an ini key as it is written, an environment variable with a ``$``. Wherever the user has set it:
    on the command line, in the ini file, in ``PYTEST_ADDOPTS``. In a plugin, or in the ``conftest.py`` of the rootdir.

    Example::

        def pytest_addoption(parser):
            parser.addoption("--events", help="file that gets a line for every test")

        def pytest_llmobs_session_files():
            return ["--events", "audit_log", "$SCREENSHOT_DIR"]
    """
