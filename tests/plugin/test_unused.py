"""A session that doesn't use the plugin pays next to nothing for it and sees nothing of it."""

from __future__ import annotations

from tests.plugin.conftest import Project


def test_neither_anthropic_nor_pyarrow_nor_our_own_packages_are_imported(empty: Project) -> None:
    empty.write(
        test_it="""
        import sys

        def test_it():
            heavy = {"anthropic", "openai", "opentelemetry", "pyarrow", "pydantic_core"}
            heavy |= {"tabulate", "filelock", "genai_prices"}
            assert heavy & set(sys.modules) == set()

        def test_what_is_loaded_is_small():
            ours = sorted(name for name in sys.modules if name.startswith("pytest_llmobs"))
            assert ours == [
                "pytest_llmobs",
                "pytest_llmobs.errors",
                "pytest_llmobs.hookspecs",
                "pytest_llmobs.plugin",
                "pytest_llmobs.plugin.options",
                "pytest_llmobs.settings",
                "pytest_llmobs.settings.checks",
                "pytest_llmobs.settings.folders",
            ]
        """
    )
    result = empty.process()
    result.assert_outcomes(passed=2)
    assert "LLM" not in result.stdout.str()
    assert not empty.path.joinpath(".llmobs").exists()


def test_options_are_listed_in_the_help_and_markers_among_the_markers(empty: Project) -> None:
    help_text = empty.run("--help").stdout.str()
    for option in ("--llm-experiment", "--llm-update-baseline", "--llm-repeat=K", "llm_timeout (float)"):
        assert option in help_text
    assert "@pytest.mark.llm_dataset(source, *" in empty.run("--markers").stdout.str()


def test_a_suite_without_the_plugin_says_what_is_missing(project: Project) -> None:
    result = project.process("-p", "no:llmobs")  # in this process an unknown mark is an error already
    assert result.ret != 0
    assert "fixture 'example' not found" in result.stdout.str()
