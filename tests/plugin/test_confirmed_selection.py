"""A confirming session runs what is in doubt, and nothing else."""

from __future__ import annotations

from tests.plugin.conftest import Project

APP = """
def answer(name):
    return "Sorry." if name == "N3" and {broken} else f"Dear {{name}}"
"""


def test_one_suspect_of_many_is_run_again_alone(empty: Project) -> None:
    empty.write(
        app=APP.format(broken=False),
        test_app="""
        import pytest
        from app import answer

        @pytest.mark.llm_dataset(
            [{"id": f"e{n}", "inputs": {"name": f"N{n}"}} for n in range(20)], target=answer
        )
        def test_answer(example, llm_run):
            assert "Dear" in llm_run.outputs["output"]
        """,
    )
    empty.record()
    empty.write(app=APP.format(broken=True))
    assert empty.experiment().ret == 1
    again = empty.summary["confirmation"]
    ran = [row[again["columns"].index("example_id")] for row in again["rows"]]
    assert set(ran) == {"e3"}
    assert 2 <= len(ran) <= 10
