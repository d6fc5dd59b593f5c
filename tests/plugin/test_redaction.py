"""Nothing that a session writes holds what its redactors take out."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.plugin.conftest import Project

LEAKS = ("sk-ant-api03-AbCdEfGhIjKlMnOp", "ann.lee@mail.example", "TCK-774411-zz", "MIIEpAIBAAKCAQEA7")
"""A key, an e-mail address, what the project's own redactor knows, and the second line of a private key."""

CONFTEST = """
import re

def tickets(text):
    return re.sub("TCK-[0-9]{6}-[a-z]{2}", "[redacted: ticket]", text)

def pytest_llmobs_redact():
    return [tickets]
"""

LEAKY = f"""
from pytest_llmobs import get_current_run_tree, traceable

ALL = {LEAKS[:3]!r}
TEXT = " ".join(ALL)
PEM = "-----BEGIN RSA PRIVATE KEY-----\\n{LEAKS[3]}\\n-----END RSA PRIVATE KEY-----"

def deep(value, levels=30):
    for _ in range(levels):
        value = {{"in": [value]}}
    return value

@traceable(metadata={{"static": ALL}}, tags=ALL)
def step(query, **more):
    run = get_current_run_tree()
    run.add_metadata({{text: deep(text) for text in ALL}})
    run.add_tags([f"tag {{text}}" for text in ALL])
    run.create_child(f"child {{TEXT}}", inputs={{text: deep(text) for text in ALL}}).end(error=TEXT)
    return {{text: deep(text) for text in ALL}}

@traceable
def stream():
    for text in ALL:
        yield from (text[:5], text[5:], " ")

@traceable(run_type="llm")
def complete(system, messages):
    return {{"content": TEXT}}

@traceable
def fail():
    raise ValueError(TEXT, PEM)

def answer(query):
    step(query, **{{text: deep(text) for text in ALL}})
    list(stream())
    complete(TEXT, [{{"role": "user", "content": deep(TEXT)}}])
    try:
        fail()
    except ValueError:
        if "crash" in query:
            raise
    return f"You said {{query}}: {{TEXT}}"
"""

TESTS = """
import warnings

import pytest
from app import ALL, PEM, TEXT, answer, step
from pytest_llmobs import log_feedback, log_inputs, log_outputs, log_reference_outputs

def told(outputs):
    return {"score": 1.0, "value": TEXT, "comment": TEXT}

def broken(outputs):
    raise ValueError(TEXT)

ROWS = [
    {"id": word, "inputs": {"query": f"{word} {TEXT}"}, "outputs": {"x": ALL},
     "metadata": {"who": list(ALL), "customer": ALL[1]}}
    for word in ("good", "bad", "crash")
]

@pytest.mark.llm_gate("broken", rule="off")
@pytest.mark.llm_gate("pass", must_pass={"customer": ALL[1]})
@pytest.mark.llm_dataset(ROWS, target=answer, evaluators=[told, broken], cluster_by="customer")
def test_answer(example, llm_run):
    print(TEXT)
    assert "bad" not in example.inputs["query"], f"{TEXT} {PEM}"
    assert llm_run.score(told) == 1.0

@pytest.mark.parametrize("number", [1])
def test_direct(llm_run, number, record_property):
    record_property("said", TEXT)
    log_inputs({"a": ALL})
    step("q")
    log_outputs({"b": TEXT})
    log_reference_outputs({"b": ALL})
    log_feedback("mine", 0.5, value=TEXT, comment=TEXT)
    llm_run.add_metadata({"m": ALL})
    assert llm_run.score(told) > 2

def test_reasons(llm_run, record_testsuite_property):
    step("q")
    warnings.warn(TEXT)
    record_testsuite_property("said", TEXT)
    pytest.xfail(TEXT)
"""


@pytest.fixture
def leaky(empty: Project) -> Project:
    empty.write(app=LEAKY, conftest=CONFTEST, test_app=TESTS)
    empty.pytester.makeini(
        "[pytest]\nllm_redact = secrets, pii\nasyncio_default_fixture_loop_scope = function"
    )
    return empty


def written(folder: Path) -> dict[str, bytes]:
    """Everything below a folder but what the user wrote, Parquet read by DuckDB."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix not in (".py", ".pyc", ".ini"):
            found[str(path.relative_to(folder))] = path.read_bytes()
            if path.suffix == ".parquet":
                rows = duckdb.sql(
                    f"select * from read_parquet('{path}', hive_partitioning = true)"
                ).fetchall()
                found[f"{path.name} as read"] = repr(rows).encode()
    return found


def leaks(files: dict[str, bytes]) -> list[tuple[str, str]]:
    return [(name, text) for name, data in files.items() for text in LEAKS if text.encode() in data]


@pytest.mark.parametrize("workers", [0, 1], ids=["alone", "xdist"])
def test_no_file_and_no_report_holds_what_is_redacted(leaky: Project, workers: int) -> None:
    printed = leaky.record("-vv", "--junitxml=recorded.xml", "-n", str(workers)).stdout.str()
    if not workers:
        printed += leaky.experiment("-vv", "--junitxml=compared.xml", "--llm-confirm=1").stdout.str()
    files = written(leaky.path)
    assert leaks({**files, "printed": printed.encode()}) == []
    for mark in (b"[redacted: anthropic key]", b"[redacted: email]", b"[redacted: ticket]"):
        for kind in ("as read", ".llmobs/experiments", "test_app--test_answer.texts", "recorded.xml"):
            assert any(mark in data for name, data in files.items() if kind in name), (mark, kind)


def test_tests_and_evaluators_see_the_real_outputs(empty: Project) -> None:
    empty.pytester.makeini("[pytest]\nllm_redact = pii")
    empty.write(
        test_it="""
        import pytest
        from pytest_llmobs import traceable
        from pytest_llmobs.evaluators import no_pii, no_secrets

        @traceable
        def answer(name):
            return {"text": f"{name}: ann@mail.example, sk-ant-api03-AbCdEfGhIjKlMnOp"}

        @pytest.mark.llm_dataset([{"id": "a", "inputs": {"name": "Ann"}}], target=answer, evaluators=[no_pii])
        def test_it(example, llm_run):
            assert "ann@mail.example, sk-ant-api03" in llm_run.outputs["text"]
            assert not llm_run.score(no_pii)
            assert not llm_run.score(no_secrets)

        def test_direct(llm_run):
            answer("Bob")
            assert "ann@mail.example, sk-ant-api03" in llm_run.outputs["text"]
            assert not llm_run.score(no_pii)
            assert not llm_run.score(no_secrets)
        """
    )
    empty.experiment().assert_outcomes(passed=2)
    assert [name for name, data in written(empty.path).items() if b"ann@mail" in data] == []


def test_a_failing_redactor_costs_the_payload_and_names_itself(empty: Project) -> None:
    empty.write(
        conftest="""
        def picky(text):
            if "Ann" in text:
                raise LookupError(text)
            return text

        def pytest_llmobs_redact():
            return [picky]
        """,
        test_it="""
        import pytest

        @pytest.mark.llm_dataset([{"id": "a", "inputs": {"name": "Ann"}}], target=lambda name: f"Dear {name}")
        def test_it(example, llm_run):
            assert example.inputs["name"] == "Ann"
        """,
    )
    empty.experiment().assert_outcomes(passed=1)
    files = written(empty.path)
    assert [name for name, data in files.items() if b"Ann" in data] == []
    (rows,) = [data for name, data in files.items() if "as read" in name]
    assert b"dropped: redactor \\'picky\\' raised LookupError" in rows.replace(b"\\\\", b"\\")
    assert b'"redaction_failed":["picky"]' in rows


def test_a_redactor_that_always_fails_leaves_the_verdict_and_the_report(empty: Project) -> None:
    empty.write(
        conftest="""
        def nothing(text):
            return None

        def pytest_llmobs_redact():
            return [nothing]
        """,
        test_it="""
        import pytest

        @pytest.mark.llm_dataset([{"id": "a", "inputs": {"name": "Ann"}}], target=lambda name: f"Dear {name}")
        def test_it(example, llm_run):
            assert example.inputs["name"] == "Ann"
        """,
    )
    result = empty.experiment("--llm-report=html:page.html")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["report html: page.html"])
    assert result.ret == 0


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (
            "llm_redact = secrets, pi",
            "Unknown redactor 'pi' in llm_redact. Did you mean 'pii'? Known: pii, secrets.",
        ),
        ("llm_redact = mine:clean", "llm_redact names the redactor 'mine:clean', which can't be imported"),
        (
            "llm_keep = error",
            "Unknown rule 'error' in llm_keep. Known: errors, tag:NAME, metadata:KEY=VALUE.",
        ),
        ("llm_sample_rate = 2", "llm_sample_rate is 2.0; it must be between 0 and 1."),
        ("llm_max_payload = 10", "llm_max_payload is 10; it must be at least 1000."),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_at_the_start(
    empty: Project, setting: str, message: str
) -> None:
    empty.pytester.makeini(f"[pytest]\n{setting}")
    empty.write(test_it="def test_it(): pass")
    result = empty.experiment()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {message}*"])


def test_names_that_hold_a_secret_are_pointed_out(empty: Project) -> None:
    empty.write(
        test_it=f"""
        import pytest

        @pytest.mark.parametrize("key", ["{LEAKS[0]}"])
        def test_it(llm_run, key): pass
        """
    )
    result = empty.experiment()
    result.stdout.fnmatch_lines(
        ["! node ids are stored as they are, and 1 of 1 hold what llm_redact takes out*"]
    )
