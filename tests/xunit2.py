"""What Jenkins's schema for ``junit_family=xunit2`` (junit-10) demands of a file, and that its counts add up."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

_SECONDS = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")
_OUTPUT = {"system-out", "system-err"}
_OUTCOMES = {"failure", "error", "skipped"}
_CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"testsuite", "properties", "testcase", *_OUTPUT},
    "testcase": {"rerunFailure", "rerunError", "flakyFailure", "flakyError", *_OUTCOMES, *_OUTPUT},
    "properties": {"property"},
}
_NEEDED = {
    "testsuite": {"name", "tests", "failures", "errors"},
    "testcase": {"name"},
    "property": {"name", "value"},
}
_ALLOWED = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
    "testcase": {"time", "classname", "group"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"type", "message"},
}


def check(root: ET.Element) -> None:
    """Fail where a file breaks a rule, or counts other tests than it has."""
    assert root.tag in ("testsuites", "testsuite")
    assert list(_mistakes(root)) == []
    for suite in root.iter("testsuite"):
        check_counts(suite)


def check_counts(suite: ET.Element) -> None:
    """Fail where a suite counts other tests than it has; one that failed and raised an error counts as both."""
    cases = suite.findall("testcase")
    counts = {"tests": len(cases)}
    for tag, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        counts[name] = sum(case.find(tag) is not None for case in cases)
    assert {name: int(suite.attrib[name]) for name in counts} == counts


def _mistakes(element: ET.Element) -> Iterator[str]:
    needed, allowed = _NEEDED.get(element.tag, set()), _ALLOWED.get(element.tag, set())
    yield from (f"{element.tag} lacks {name}" for name in needed - set(element.attrib))
    yield from (f"{element.tag} has {name}" for name in set(element.attrib) - needed - allowed)
    if element.tag.startswith("testsuite") and not _SECONDS.fullmatch(element.get("time", "")):
        yield f"{element.tag} took {element.get('time')}"
    for child in element:
        if child.tag not in _CHILDREN.get(element.tag, ()):
            yield f"{child.tag} stands in {element.tag}"
        yield from _mistakes(child)
