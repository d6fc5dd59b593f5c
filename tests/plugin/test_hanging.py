"""Targets that hang, and servers that will not answer: an error trial, and the session ends."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import ASYNCIO, PLUGINS, Project


def test_a_hung_target_is_an_error_trial_and_the_session_ends(project: Project) -> None:
    project.write(
        test_app="""
        import threading
        import pytest

        def answer(name, query):
            if name == "Ada":
                threading.Event().wait()
            return name

        @pytest.mark.llm_dataset("golden.jsonl", target=answer)
        def test_answer(llm_run):
            pass
        """
    )
    result = project.experiment("-o", "llm_timeout=0.5")
    result.assert_outcomes(passed=2, failed=1)
    assert "Target 'answer' did not end within 0.5 s (llm_timeout)." in result.stdout.str()


@pytest.mark.parametrize("way", ["inline", "in the test", "in an async test"])
def test_what_hangs_in_the_main_thread_is_an_error_trial_too(project: Project, way: str) -> None:
    target = ", target=answer" if way == "inline" else ""
    body = {
        "inline": "def test_answer(llm_run, own):\n    pass",
        "in the test": "def test_answer(example, llm_run):\n    answer(**example.inputs)",
        "in an async test": "@pytest.mark.asyncio\nasync def test_answer(example, llm_run):\n"
        "    await asyncio.sleep(60 if example.id == 'ada' else 0)",
    }[way]
    project.path.joinpath("test_app.py").write_text(
        "import asyncio, time\nimport pytest\n\n"
        "def answer(name, query):\n    time.sleep(60 if name == 'Ada' else 0)\n    return name\n\n"
        "@pytest.fixture\ndef own():\n    pass\n\n"
        f'@pytest.mark.llm_dataset("golden.jsonl"{target})\n{body}\n'
    )
    plugins = ASYNCIO if "async" in way else ()
    result = project.experiment("-o", "llm_timeout=0.3", *plugins)
    result.assert_outcomes(passed=2, failed=1)
    assert "did not end within 0.3 s (llm_timeout)." in result.stdout.str()
    assert "pytest_llmobs/" not in result.stdout.str()


def test_the_process_ends_though_a_thread_pool_hangs(project: Project) -> None:
    project.write(
        test_app="""
        import asyncio
        import threading
        import pytest

        async def answer(name, query):
            if name == "Ada":
                await asyncio.to_thread(threading.Event().wait)
            return name

        @pytest.mark.llm_dataset("golden.jsonl", target=answer)
        def test_answer(llm_run):
            pass
        """
    )
    result = project.pytester.runpytest_subprocess(
        *PLUGINS, "--llm-experiment", "-o", "llm_timeout=0.5", timeout=30
    )
    result.assert_outcomes(passed=2, failed=1)
    assert result.ret == 1
    assert "Target 'answer' did not end within 0.5 s (llm_timeout)." in result.stdout.str()
    assert "CancelledError" not in result.stdout.str()


@pytest.mark.parametrize("wait", ["3600", "inf"])
def test_a_server_that_wants_to_be_left_alone_longer_than_a_trial_may_take_is_not_waited_for(
    project: Project, wait: str
) -> None:
    project.write(
        test_app=f"""
        import pytest

        class Rejection(Exception):
            status_code = 429
            class response:
                headers = {{"retry-after": "{wait}"}}

        def answer(name, query):
            if name == "Ada":
                raise Rejection("too many tokens today")
            return name

        @pytest.mark.llm_dataset("golden.jsonl", target=answer)
        def test_answer(llm_run):
            pass
        """
    )
    result = project.pytester.runpytest_subprocess(*PLUGINS, "-o", "llm_timeout=5", timeout=30)
    result.assert_outcomes(passed=2, failed=1)
    assert "too many tokens today" in result.stdout.str()


def test_the_first_refusal_by_the_provider_stops_the_suite(project: Project) -> None:
    project.dataset({"id": f"e{n:03}", "inputs": {"name": f"N{n}", "query": "?"}} for n in range(100))
    project.write(
        test_app="""
        import pytest

        class Refusal(Exception):
            status_code = 401

        calls = []

        def answer(name, query):
            calls.append(name)
            raise Refusal("invalid x-api-key")

        @pytest.mark.llm_dataset("golden.jsonl", target=answer)
        def test_answer(llm_run):
            pass

        def test_few_calls_were_made():
            assert 1 <= len(calls) <= 32
        """
    )
    result = project.run()
    assert result.parseoutcomes() == {"failed": 100, "passed": 1}
    assert "not run: invalid x-api-key" in result.stdout.str()
