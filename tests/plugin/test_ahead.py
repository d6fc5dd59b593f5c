"""Targets run ahead of their tests, wherever that is honest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.plugin.conftest import ASYNCIO, SUITE, Project

Query = Callable[[Project, str], list[tuple[Any, ...]]]

OVERLAPPING = """
import threading
import pytest

barrier = threading.Barrier(3, timeout=20)

def answer(name, query):
    barrier.wait()  # passes only where three targets run at once
    return name

@pytest.mark.llm_dataset("golden.jsonl", target=answer)
def test_answer(example, llm_run{fixtures}):
    assert llm_run.outputs["output"] == example.inputs["name"]
"""


def test_targets_of_coming_trials_run_at_once(project: Project) -> None:
    project.write(test_app=OVERLAPPING.format(fixtures=""))
    project.run().assert_outcomes(passed=3)


def test_async_targets_run_at_once(project: Project) -> None:
    project.write(
        test_app="""
        import asyncio
        import pytest

        arrived = []

        async def answer(name, query):
            arrived.append(name)
            while len(arrived) < 3:
                await asyncio.sleep(0)
            return name

        @pytest.mark.llm_dataset("golden.jsonl", target=answer)
        def test_answer(example, llm_run):
            assert llm_run.outputs["output"] == example.inputs["name"]
        """
    )
    project.run("-o", "llm_timeout=20").assert_outcomes(passed=3)


def test_a_fixture_of_the_tests_own_keeps_the_target_inline_and_the_report_says_so_once(
    project: Project,
) -> None:
    project.write(
        test_app="""
        import os
        import pytest

        def answer(name, query):
            return os.environ["GREETING"] + name

        @pytest.fixture(autouse=True)
        def greeting(monkeypatch, example):
            monkeypatch.setenv("GREETING", "Dear " if example.id == "ada" else "Hello ")

        @pytest.mark.llm_dataset("golden.jsonl", target=answer)
        def test_answer(example, llm_run):
            expected = "Dear Ada" if example.id == "ada" else f"Hello {example.inputs['name']}"
            assert llm_run.outputs["output"] == expected
        """
    )
    result = project.experiment()
    result.assert_outcomes(passed=3)
    assert result.stdout.str().count("ran inside its tests") == 1
    assert "'greeting'" in result.stdout.str()


def test_module_and_session_fixtures_are_up_before_the_first_target_starts(project: Project) -> None:
    project.write(
        test_app="""
        import pytest

        ready = []

        def answer(name, query):
            return list(ready)

        @pytest.fixture(scope="module", autouse=True)
        def server():
            ready.append("server")
            yield
            ready.clear()

        @pytest.mark.llm_dataset("golden.jsonl", target=answer)
        def test_answer(llm_run):
            assert llm_run.outputs["output"] == ["server"]
        """
    )
    project.run().assert_outcomes(passed=3)


def test_a_target_may_be_the_name_of_a_fixture(project: Project) -> None:
    project.write(
        test_app="""
        import pytest

        @pytest.fixture(scope="session")
        def agent():
            return lambda name, query: name.upper()

        @pytest.mark.llm_dataset("golden.jsonl", target="agent")
        def test_answer(example, llm_run):
            assert llm_run.outputs["output"] == example.inputs["name"].upper()
        """
    )
    project.run().assert_outcomes(passed=3)


def test_a_fixture_that_can_not_take_the_inputs_is_named(project: Project) -> None:
    project.write(
        test_app="""
        import pytest

        @pytest.fixture(scope="session")
        def agent():
            return lambda nome, query: nome

        @pytest.mark.llm_dataset("golden.jsonl", target="agent")
        def test_answer(example, llm_run):
            pass
        """
    )
    result = project.run()
    assert result.ret == 1
    assert "the fixture 'agent' is its target" in result.stdout.str()
    assert "Did you mean 'nome'?" in result.stdout.str()


def test_an_exception_of_the_target_is_shown_with_the_targets_own_frames(project: Project) -> None:
    project.write(
        test_app="""
        import pytest

        def deeper(name):
            raise ValueError(f"no answer for {name}")

        def answer(name, query):
            return deeper(name)

        @pytest.mark.llm_dataset("golden.jsonl", target=answer)
        def test_answer(llm_run):
            pass
        """
    )
    result = project.run("-k", "ada")
    text = result.stdout.str()
    assert "raise ValueError" in text
    assert "def answer(name, query):" in text
    assert "pytest_llmobs/" not in text


def test_a_worker_thread_of_the_target_stays_in_its_trace(project: Project) -> None:
    project.write(
        test_app="""
        from concurrent.futures import ThreadPoolExecutor
        import pytest
        from pytest_llmobs import traceable

        @traceable
        def look_up(name):
            return name

        def answer(name, query):
            with ThreadPoolExecutor(2) as pool:
                return list(pool.map(look_up, [name, name]))

        @pytest.mark.llm_dataset("golden.jsonl", target=answer)
        def test_answer(example, llm_run):
            assert [run.inputs for run in llm_run.child_runs] == [{"name": example.inputs["name"]}] * 2
        """
    )
    project.run().assert_outcomes(passed=3)


def test_what_a_test_calls_itself_is_traced_without_a_target(project: Project) -> None:
    project.write(
        test_app="""
        import pytest
        from app import answer

        @pytest.mark.llm_dataset("golden.jsonl", evaluators=["min_length"])
        def test_answer(example, llm_run):
            answer(**example.inputs)
            assert "Dear" in llm_run.outputs["output"]
            assert [run.name for run in llm_run.llm_calls] == ["complete"]
            assert llm_run.latency < 10
        """
    )
    project.run().assert_outcomes(passed=3)


def test_async_tests_are_traced_by_pytest_asyncio_and_by_anyio(empty: Project) -> None:
    pytest.importorskip("pytest_asyncio")
    empty.write(
        test_app="""
        import asyncio
        from concurrent.futures import ThreadPoolExecutor
        import anyio
        import pytest
        from pytest_llmobs import traceable

        POOL = ThreadPoolExecutor(1)  # older than every trace

        @traceable
        async def answer(name):
            return f"Dear {name}"

        @traceable
        def look_up(name):
            return name

        async def everywhere(name):
            async with asyncio.TaskGroup() as group:
                group.create_task(answer(name))
            await asyncio.get_running_loop().run_in_executor(POOL, look_up, name)
            async with anyio.create_task_group() as group:
                group.start_soon(answer, name)
            await anyio.to_thread.run_sync(look_up, name)

        @pytest.mark.asyncio
        async def test_asyncio(llm_run):
            assert await answer("Ada") == "Dear Ada"
            assert llm_run.outputs == {"output": "Dear Ada"}

        @pytest.mark.asyncio(loop_scope="module")
        class TestOneLoop:
            async def test_first(self, llm_run):
                await everywhere("first")
                assert {run.inputs["name"] for run in llm_run.child_runs} == {"first"}
                assert len(llm_run.child_runs) == 4

            async def test_second(self, llm_run):
                await everywhere("second")
                assert {run.inputs["name"] for run in llm_run.child_runs} == {"second"}
                assert len(llm_run.child_runs) == 4

        @pytest.mark.anyio
        @pytest.mark.parametrize("anyio_backend", ["asyncio"])
        async def test_anyio(llm_run, anyio_backend):
            await answer("Grace")
            assert [run.inputs for run in llm_run.child_runs] == [{"name": "Grace"}]
        """
    )
    empty.run(*ASYNCIO, "-p", "anyio").assert_outcomes(passed=4)


def test_log_functions_reach_the_current_test(empty: Project) -> None:
    empty.write(
        test_app="""
        import pytest
        from pytest_llmobs import LlmobsError, log_feedback, log_inputs, log_outputs, log_reference_outputs, trace
        from pytest_llmobs import testing as t

        def app():
            log_inputs({"question": "2+2"})
            log_outputs({"answer": "4"})
            log_reference_outputs({"answer": "4"})
            log_feedback("human", 1.0, comment="fine")

        def test_it(llm_run):
            app()
            assert llm_run.inputs == {"question": "2+2"}
            assert llm_run.outputs == {"answer": "4"}
            assert llm_run.score("exact_match") == 1
            assert llm_run.score("human") == 1.0

        def test_as_langsmiths_tests_do(llm_run):
            t.log_inputs({"question": "2+2"})
            t.log_outputs({"answer": "4"})
            with t.trace_feedback(), trace("judge", "llm"):
                t.log_feedback([{"key": "right", "score": True}, {"key": "tone", "value": "calm"}])
            assert llm_run.score("right") == 1
            assert llm_run.score("tone").value == "calm"
            assert llm_run.child_runs == ()  # what judges is no part of the app's trace

        def test_outside():
            with pytest.raises(LlmobsError, match="outside a traced test"):
                log_outputs("x")
        """
    )
    empty.run().assert_outcomes(passed=3)


def test_a_trial_without_outputs_is_unscored_and_says_why(empty: Project) -> None:
    empty.write(
        test_app="""
        import pytest

        def test_it(llm_run):
            assert llm_run.score("exact_match") == 1

        def greets(outputs):
            return True

        @pytest.mark.llm_dataset([{"inputs": {"name": "Ada"}}], target=lambda name: name, evaluators=[greets])
        def test_typo(example, llm_run):
            assert llm_run.score("greet")
        """
    )
    result = empty.run()
    result.assert_outcomes(failed=2)
    output = result.stdout.str()
    assert "No outputs to score: the test logged none and its trace has no traced run." in output
    assert "The marker has no evaluator 'greet'. Did you mean 'greets'? Known: greets." in output
    for ours in ("scores.py", "llm_run.py"):  # the traceback ends at the user's own line
        assert ours not in output


def test_documents_and_columns_say_which_trials_were_cold(project: Project, parquet: Query) -> None:
    project.write(
        test_app="""
        import pytest
        from app import answer

        @pytest.mark.llm_dataset("golden.jsonl", target=answer)
        def test_answer(example, llm_run):
            pass

        @pytest.mark.llm_dataset("golden.jsonl")
        def test_without_a_target(example, llm_run):
            answer(**example.inputs)
        """
    )
    assert project.experiment("-o", "llm_concurrency=1").ret == 0
    columns = project.summary["trials"]["columns"]
    rows = [dict(zip(columns, row, strict=True)) for row in project.summary["trials"]["rows"]]
    told = [row["cold"] for row in rows]
    stored = parquet(project, "select cold from RUNS where suite is not null order by start_time")
    assert told == [cold for (cold,) in stored] == [True, False, False, True, False, False]


RECORDING = """
import pytest

def pytest_addoption(parser):
    parser.addoption("--block-network", action="store_true")

def pytest_configure(config):
    config.addinivalue_line("markers", "block_network: blocks")

@pytest.fixture
def vcr_markers(request):
    return []

@pytest.fixture(autouse=True)
def block_network(request, vcr_markers):
    yield
"""
"""What pytest-recording brings along: a fixture in every test that acts where a marker or an option says so."""


@pytest.mark.parametrize(
    ("marks", "arguments", "runs_ahead"),
    [
        ("", (), True),
        ("", ("--block-network",), False),
        ("@pytest.mark.block_network", (), False),
        ("@pytest.mark.usefixtures('block_network')", (), False),
        ("@pytest.mark.usefixtures('monkeypatch')", (), False),
        ("@pytest.mark.usefixtures('monkeypatch')", ("-o", "llm_ignore_fixtures=monkeypatch"), True),
    ],
)
def test_a_fixture_that_merely_exists_leaves_the_target_ahead(
    project: Project, marks: str, arguments: tuple[str, ...], runs_ahead: bool
) -> None:
    project.write(
        pytest_recording=RECORDING,
        test_app=f"""
import pytest

def answer(name, query):
    return name

{marks}
@pytest.mark.llm_dataset("golden.jsonl", target=answer)
def test_answer(example, llm_run):
    pass
""",
    )
    project.pytester.syspathinsert()
    result = project.experiment("-p", "pytest_recording", *arguments)
    assert result.ret == 0
    told = "ran inside its tests, not ahead, because of the fixture" in result.stdout.str()
    assert told is not runs_ahead


def test_a_target_that_names_no_fixture_says_what_goes_there(project: Project) -> None:
    project.write(test_app=SUITE.replace("target=answer", "target='answr'"))
    result = project.run("-q")
    result.assert_outcomes(failed=3)
    said = " ".join(result.stdout.str().split())
    assert "target='answr' is the name of a fixture, and there is none of that name" in said
    assert "available fixtures" not in said
    assert "pytest_llmobs/plugin" not in said  # its own code tells a user nothing
