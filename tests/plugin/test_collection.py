"""Each example is an ordinary pytest item."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Project


def test_each_example_is_an_item_named_after_it(project: Project) -> None:
    result = project.run("--collect-only", "-q")
    result.stdout.fnmatch_lines(
        [
            "test_app.py::test_answer[[]ada[]]",
            "test_app.py::test_answer[[]grace[]]",
            "test_app.py::test_answer[[]edsger[]]",
        ]
    )


def test_plain_pytest_runs_them_and_writes_nothing(project: Project) -> None:
    result = project.run()
    result.assert_outcomes(passed=3)
    assert "LLM experiment" not in result.stdout.str()
    assert not project.path.joinpath(".llmobs").exists()


def test_a_failed_assertion_fails_its_test_in_plain_pytest(project: Project) -> None:
    project.prompt(BROKEN := "Hello there.")
    result = project.run()
    result.assert_outcomes(failed=3)
    assert BROKEN in result.stdout.str()


@pytest.mark.parametrize("selection", [("-k", "grace"), ("test_app.py::test_answer[grace]",)])
def test_selection_by_name_and_node_id(project: Project, selection: tuple[str, ...]) -> None:
    project.run(*selection).assert_outcomes(passed=1, deselected=2 if selection[0] == "-k" else 0)


def test_k_finds_ids_that_are_not_ascii_as_they_are_written(project: Project) -> None:
    project.dataset([{"id": "zoë-größe", "inputs": {"name": "Zoë", "query": "?"}}])
    project.run("-k", "größe").assert_outcomes(passed=1)


def test_last_failed_runs_the_failed_example_only(project: Project) -> None:
    project.write(
        test_app="""
        import pytest

        @pytest.mark.llm_dataset("golden.jsonl", target=lambda name, query: name)
        def test_answer(example, llm_run):
            assert llm_run.outputs["output"] != "Grace"
        """
    )
    project.run().assert_outcomes(passed=2, failed=1)
    project.run("--lf").assert_outcomes(failed=1)


def test_x_stops_at_the_first_failure(project: Project) -> None:
    project.prompt("Hello there.")
    project.run("-x").assert_outcomes(failed=1)


def test_a_test_without_arguments_still_runs_once_an_example(project: Project) -> None:
    project.write(
        test_app="""
        import pytest

        @pytest.mark.llm_dataset("golden.jsonl")
        def test_answer():
            pass
        """
    )
    project.run().assert_outcomes(passed=3)


def test_repeats_are_items_of_their_own(project: Project) -> None:
    result = project.run("--collect-only", "-q", "--llm-repeat", "2", "-k", "ada")
    result.stdout.fnmatch_lines(["*test_answer[[]ada[]]", "*test_answer[[]ada-r2[]]"])


@pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["alone", "worker"])
def test_a_node_id_selects_all_repeats_of_its_example(project: Project, workers: tuple[str, ...]) -> None:
    project.write(test_other="def test_a(llm_run):\n    pass\n\ndef test_b(llm_run):\n    pass\n")
    chosen = ("test_app.py::test_answer[ada]", "test_other.py::test_a")
    project.experiment("--llm-repeat", "3", *chosen, *workers).assert_outcomes(passed=6)
    project.record(*workers)
    project.record(*chosen, *workers).assert_outcomes(passed=10)
    texts = [path.read_text() for path in project.baselines if "texts" not in path.name]
    assert [text.count('"pass": [1, 1, 1, 1, 1]') for text in texts] == [3, 2]


@pytest.mark.parametrize(("named", "left"), [("ada", 6), ("ada-r2", 8), ("ada-r3", 8)])
def test_deselecting_leaves_out_all_repeats_by_the_first_and_a_later_one_alone(
    project: Project, named: str, left: int
) -> None:
    result = project.experiment("--llm-repeat", "3", "--deselect", f"test_app.py::test_answer[{named}]")
    result.assert_outcomes(passed=left, deselected=9 - left)


def test_repeats_of_node_ids_run_beside_them_and_set_a_modules_fixtures_up_once(empty: Project) -> None:
    module = """
    import pytest

    @pytest.fixture(scope="module", autouse=True)
    def index():
        print("index is built")

    def test_it(llm_run):
        pass
    """
    empty.write(test_one=module, test_two=module)
    result = empty.experiment("--llm-repeat", "3", "-s", "test_one.py::test_it", "test_two.py::test_it")
    result.assert_outcomes(passed=6)
    assert result.stdout.str().count("index is built") == 2


def test_an_example_may_be_called_like_another_ones_repeat(project: Project) -> None:
    ids = ("refund", "refund-r2", "refund-r2-r3")
    project.dataset({"id": example, "inputs": {"name": example, "query": "?"}} for example in ids)
    project.record().assert_outcomes(passed=15)
    assert [path.name for path in project.baselines] == [
        "test_app--test_answer.json",
        "test_app--test_answer.texts.json",
    ]
    result = project.experiment("--llm-repeat", "3")
    assert "GREEN" in result.stdout.str()
    assert project.summary["suites"][0]["total"] == 3


def test_a_test_without_a_dataset_is_repeated_too(empty: Project) -> None:
    empty.write(test_app="def test_it(llm_run):\n    llm_run.log_outputs('x')")
    result = empty.run("--collect-only", "-q", "--llm-repeat", "2")
    result.stdout.fnmatch_lines(["test_app.py::test_it", "test_app.py::test_it[[]r2[]]"])


def test_own_parameters_belong_to_the_suite(project: Project) -> None:
    project.write(
        test_app="""
        import pytest

        @pytest.mark.parametrize("model", ["small", "large-2"])
        @pytest.mark.llm_dataset("golden.jsonl", target=lambda name, query: name)
        def test_answer(example, llm_run, model):
            assert model
        """
    )
    project.experiment().assert_outcomes(passed=6)
    assert [suite["name"] for suite in project.summary["suites"]] == [
        "test_app.py::test_answer[small]",
        "test_app.py::test_answer[large-2]",
    ]


MISTAKES = {
    "a cluster that no example names": (
        '@pytest.mark.llm_dataset("golden.jsonl", cluster_by="customer")',
        "llm_dataset(cluster_by='customer'): example 'ada' in golden.jsonl has no such metadata. None is known.",
    ),
    "missing file": (
        '@pytest.mark.llm_dataset("goldn.jsonl")',
        "No dataset 'goldn.jsonl'. Did you mean 'golden.jsonl'?",
    ),
    "misspelt marker argument": (
        '@pytest.mark.llm_dataset("golden.jsonl", evaluator=[])',
        "llm_dataset has no argument 'evaluator'. Did you mean 'evaluators'?",
    ),
    "unknown evaluator": (
        '@pytest.mark.llm_dataset("golden.jsonl", evaluators=["exact_mach"])',
        "Unknown evaluator 'exact_mach'. Did you mean 'exact_match'?",
    ),
    "target that can't take the inputs": (
        '@pytest.mark.llm_dataset("golden.jsonl", target=lambda nme, query: 1)',
        "Name the parameters like the keys, or take them all as one parameter called 'inputs'. Did you mean 'nme'?",
    ),
    "gate with an unknown rule": (
        '@pytest.mark.llm_gate("pass", rule="paird")\n@pytest.mark.llm_dataset("golden.jsonl")',
        "Unknown rule 'paird' in llm_gate('pass'). Did you mean 'paired'? Known: mean, off, paired.",
    ),
    "gate with a negative drop": (
        '@pytest.mark.llm_gate("pass", max_drop=-1)\n@pytest.mark.llm_dataset("golden.jsonl")',
        "max_drop=-1 in llm_gate('pass') is negative; a drop is given as a positive number.",
    ),
    "gate with a percentage": (
        '@pytest.mark.llm_gate("pass", min_mean=90)\n@pytest.mark.llm_dataset("golden.jsonl")',
        "min_mean=90 in llm_gate('pass') is no share: it must be between 0 and 1. 90 % is 0.9.",
    ),
    "gate that no share can miss": (
        '@pytest.mark.llm_gate("pass", min_mean=-1)\n@pytest.mark.llm_dataset("golden.jsonl")',
        "min_mean=-1 in llm_gate('pass') is no share: it must be between 0 and 1.",
    ),
    "two gates about one metric": (
        '@pytest.mark.llm_gate("pass", rule="off")\n@pytest.mark.llm_gate("pass", min_mean=0.9)\n'
        '@pytest.mark.llm_dataset("golden.jsonl")',
        "Two llm_gate markers are about 'pass'. Say it all in one.",
    ),
    "two datasets": (
        '@pytest.mark.llm_dataset([])\n@pytest.mark.llm_dataset("golden.jsonl")',
        "Two llm_dataset markers are on one test.",
    ),
    "gate on a parameter": (
        '@pytest.mark.parametrize("_m", [pytest.param(1, marks=pytest.mark.llm_gate("pass", min_mean=0.9))])\n'
        '@pytest.mark.llm_dataset("golden.jsonl")',
        "llm_gate is on a pytest.param, where nothing reads it. Put it on the test.",
    ),
    "two evaluators of one name": (
        '@pytest.mark.llm_dataset("golden.jsonl", evaluators=["exact_match", "exact_match"])',
        "exact_match",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_a_collection_error_without_a_traceback(project: Project, mistake: str) -> None:
    source, message = MISTAKES[mistake]
    project.write(test_app=f"import pytest\n{source}\ndef test_x(example): pass")
    result = project.run()
    result.assert_outcomes(errors=1)
    text = result.stdout.str()
    assert message in text
    assert "Traceback" not in text
    assert "pytest_llmobs/" not in text


def test_a_gate_on_a_test_that_is_no_trial_is_a_mistake(empty: Project) -> None:
    empty.write(test_app="import pytest\n@pytest.mark.llm_gate('pass', min_mean=1)\ndef test_plain(): pass")
    result = empty.run()
    result.assert_outcomes(errors=1)
    assert (
        "test_app.py::test_plain: llm_gate gates nothing here, since this test is no trial."
        in result.stdout.str()
    )


def test_a_gate_of_the_module_leaves_plain_tests_alone_and_gives_way_to_a_tests_own(empty: Project) -> None:
    empty.write(
        test_app="""
        import pytest

        pytestmark = pytest.mark.llm_gate("pass", min_mean=0.1)

        def test_plain():
            pass

        @pytest.mark.llm_gate("pass", min_mean=0.9)
        @pytest.mark.llm_dataset([{"id": "a", "inputs": {"x": 1}}, {"id": "b", "inputs": {"x": 2}}], target=lambda x: x)
        def test_it(example, llm_run):
            assert example.id == "a"
        """
    )
    result = empty.experiment()
    assert "pass: mean 0.5 is below min_mean=0.9" in result.stdout.str()


LATE = {
    "a hook of the conftest": (
        """
        import pytest

        def pytest_collection_modifyitems(items):
            items[-1].add_marker(pytest.mark.llm_gate("greets", min_mean=0.9))
        """,
        "",
        "test_app.py::test_answer[edsger]: nothing reads this llm_gate: it was added after the test was collected; "
        "put it on the test, its class or its module.",
    ),
    "a method of unittest": (
        "",
        """
        import pytest, unittest

        class TestIt(unittest.TestCase):
            @pytest.mark.llm_gate("pass", min_mean=0.9)
            def test_more(self): pass
        """,
        "test_it.py::TestIt::test_more: nothing reads this llm_gate: a unittest.TestCase runs its methods by itself; "
        "make it a plain class.",
    ),
    "a class of unittest": (
        "",
        """
        import pytest, unittest

        @pytest.mark.llm_dataset([{"id": "a", "inputs": {}}])
        class TestIt(unittest.TestCase):
            def test_more(self): pass
        """,
        "test_it.py::TestIt::test_more: nothing reads this llm_dataset: ",
    ),
}


@pytest.mark.parametrize(
    ("way", "workers"),
    [*((way, ()) for way in LATE), ("a hook of the conftest", ("-n1",))],
    ids=[*LATE, "in a worker"],
)
def test_a_marker_that_nothing_reads_is_refused(project: Project, way: str, workers: tuple[str, ...]) -> None:
    conftest, tests, message = LATE[way]
    project.write(conftest=conftest, test_it=tests)
    result = project.experiment(*workers)
    assert result.ret == (pytest.ExitCode.TESTS_FAILED if workers else pytest.ExitCode.INTERRUPTED)
    assert message in result.stdout.str()


def test_a_modules_doctests_need_not_read_its_markers(empty: Project) -> None:
    empty.write(
        test_it="""
        '''
        >>> 1 + 1
        2
        '''
        import pytest

        pytestmark = pytest.mark.llm_dataset([{"id": "a", "inputs": {"n": 1}}], target=lambda n: n)

        def test_it(llm_run): pass
        """
    )
    empty.experiment("--doctest-modules").assert_outcomes(passed=2)


def test_example_without_a_dataset_says_how_to_get_one(empty: Project) -> None:
    empty.write(test_app="def test_x(example): pass")
    result = empty.run()
    assert "uses the fixture 'example' without a dataset" in result.stdout.str()


def test_an_evaluator_of_the_conftest_hides_a_built_in_of_its_name(project: Project) -> None:
    project.path.joinpath("conftest.py").write_text(
        "def pytest_llmobs_evaluators():\n"
        "    def shout(outputs):\n"
        "        return outputs['output'].isupper()\n"
        "    return {'shout': shout, 'exact_match': shout}\n"
    )
    project.write(
        test_app="""
        import pytest

        @pytest.mark.llm_dataset("golden.jsonl", target=lambda name, query: name.upper(), evaluators=["shout"])
        def test_answer(example, llm_run):
            assert llm_run.score("shout") == 1
            assert llm_run.score("exact_match") == 1
        """
    )
    project.run().assert_outcomes(passed=3)


def test_llm_run_by_getfixturevalue_says_what_to_do(empty: Project) -> None:
    empty.write(test_late="def test_late(request):\n    request.getfixturevalue('llm_run')\n")
    for result in (empty.experiment(), empty.run()):
        assert result.ret == 1
        assert "Name the fixture in the parameters of the test" in " ".join(result.stdout.str().split())
        assert "KeyError" not in result.stdout.str()


@pytest.mark.parametrize("arguments", [(), ("--llm-experiment",)], ids=["plain", "experiment"])
@pytest.mark.parametrize("case", ["TestCase", "IsolatedAsyncioTestCase"])
def test_a_marker_on_a_method_of_unittest_is_refused(
    project: Project, case: str, arguments: tuple[str, ...]
) -> None:
    project.write(
        test_app=f"""
        import unittest
        import pytest
        from app import answer

        class TestAnswers(unittest.{case}):
            @pytest.mark.llm_dataset("golden.jsonl", target=answer)
            def test_answer(self):
                pass
        """
    )
    result = project.run(*arguments)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(
        [
            "test_app.py::TestAnswers::test_answer: nothing reads this llm_dataset: a unittest.TestCase runs its "
            "methods by itself; make it a plain class."
        ]
    )


def test_a_missing_target_is_named(project: Project) -> None:
    project.write(
        test_app="""
        import pytest

        @pytest.mark.llm_dataset("golden.jsonl", limit=1)
        def test_outputs(example, llm_run):
            assert llm_run.outputs["output"]

        @pytest.mark.llm_dataset("golden.jsonl", limit=1, evaluators=["min_length"])
        def test_score(example, llm_run):
            assert llm_run.score("min_length")

        @pytest.mark.llm_dataset("golden.jsonl", limit=1)
        def test_that_logs(example, llm_run):
            llm_run.log_outputs("an answer")
            raise ValueError("of the test's own")
        """
    )
    result = project.run()
    result.assert_outcomes(failed=3)
    assert (
        result.stdout.str().count("llm_dataset has no target=, and the test called no traced function.") == 2
    )


@pytest.mark.parametrize(
    ("mark", "hint"),
    [
        ("llm_dataset([{'inputs': {'n': 1}}], len)", "as in target=…"),
        ("llm_gate('pass', 0.9)", "as in min_mean=…"),
    ],
)
def test_a_positional_argument_too_many_is_to_be_named(empty: Project, mark: str, hint: str) -> None:
    empty.write(
        test_app=f"""
        import pytest

        @pytest.mark.llm_dataset([{{"inputs": {{"n": 1}}}}], target=lambda n: n)
        def test_good(example, llm_run): pass

        @pytest.mark.{mark}
        def test_bad(example, llm_run): pass
        """
    )
    assert hint in empty.run().stdout.str()


STARS = """
import pytest

def stars(outputs):
    return 4

@pytest.mark.llm_dataset([{{"id": "a", "inputs": {{"q": "?"}}}}], target=lambda q: q, evaluators=[stars])
{gate}
def test_stars(example, llm_run): pass
"""


def test_must_pass_needs_to_know_from_which_score_on_a_trial_passes(empty: Project) -> None:
    empty.write(test_stars=STARS.format(gate=""))
    assert empty.record().ret == 0
    empty.write(test_stars=STARS.format(gate='@pytest.mark.llm_gate("stars", must_pass={})'))
    result = empty.experiment()
    assert result.ret == 2
    said = " ".join(result.stdout.str().split())
    assert "test_stars.py::test_stars: must_pass of llm_gate('stars') needs scores between 0 and 1" in said
    assert "Say what its scores lie between, such as scale=(1, 5)." in said
    empty.write(test_stars=STARS.format(gate='@pytest.mark.llm_gate("stars", must_pass={}, scale=(1, 5))'))
    assert empty.experiment().ret == 0
