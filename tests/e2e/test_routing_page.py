"""The table of conditions in docs/review.md is made of the kinds there are."""

from __future__ import annotations

import os
import re

from pytest_llmobs.review.routing import kinds
from tests.e2e.test_readme import ROOT, UPDATE

PATH = ROOT / "docs" / "review.md"


def test_the_conditions_are_those_there_are() -> None:
    page = PATH.read_text(encoding="utf-8")
    (found,) = re.findall(r"<!-- generated: conditions -->\n(.*?)<!-- end -->", page, re.DOTALL)
    if os.environ.get(UPDATE):
        PATH.write_text(
            page.replace(f"conditions -->\n{found}", f"conditions -->\n{kinds.markdown()}"), "utf-8"
        )
    else:
        assert found == kinds.markdown(), f"{UPDATE}=1 writes it anew"
