"""The elements of a JUnit file."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from pytest_llmobs.reports.text.xml import xml_text

Fact = tuple[str, str]
"""Name and value of one thing that is told of a test."""

_HEADING = " llm_run ".center(80, "-")
"""Stands above facts as pytest's own headings stand above captured output."""


def case_names(nodeid: str) -> tuple[str, str]:
    """Return the ``classname`` and the ``name`` that pytest gives to the testcase of a node id.

    ``tests/test_bot.py::TestBot::test_reply[e1]`` is ``test_reply[e1]`` of ``tests.test_bot.TestBot``.
    """
    function, bracket, parameters = nodeid.partition("[")
    path, *names = function.split("::")
    parts = [path.removesuffix(".py").replace("/", "."), *names]
    return ".".join(parts[:-1]), parts[-1] + bracket + parameters


def new_case(nodeid: str, seconds: float | None = None) -> ET.Element:
    """Return the testcase of a node id, without anything in it.

    Args:
        nodeid: Of a test, a suite, or something else.
        seconds: What it took, where that is known.
    """
    classname, name = case_names(xml_text(nodeid))
    case = ET.Element("testcase", classname=classname, name=name)
    set_time(case, seconds)
    return case


def set_time(element: ET.Element, seconds: float | None) -> None:
    """Say what a test or a suite took, where that is known; clocks that were set back leave a time below zero."""
    if seconds is not None and 0 <= seconds < math.inf:
        element.set("time", f"{seconds:.3f}")


def add_outcome(case: ET.Element, tag: str, message: str, details: Sequence[str] = ()) -> None:
    """Say in a testcase what became of it.

    Args:
        case: The testcase.
        tag: ``failure``, ``error`` or ``skipped``.
        message: All of it in a line.
        details: Further lines.
    """
    outcome = ET.SubElement(case, tag, message=xml_text(message))
    outcome.text = xml_text("\n".join([message, *details]))


def add_facts(case: ET.Element, facts: Sequence[Fact], *, as_properties: bool) -> None:
    """Tell in a testcase what is known of its trial, in the place of what pytest has told of that by the same names.

    Args:
        case: The testcase.
        facts: Names and values.
        as_properties: Whether the file's family allows properties in a testcase; else they are lines of its
            ``system-out``, below what was captured.
    """
    _remove(case, {xml_text(name) for name, _ in facts})
    if not facts:
        return
    if as_properties:
        properties = case.find("properties")
        if properties is None:
            properties = ET.Element("properties")
            case.insert(0, properties)
        add_properties(properties, facts)
    else:
        _print(case, facts)


def add_properties(properties: ET.Element, facts: Sequence[Fact]) -> None:
    """Add facts to an element ``properties``."""
    for name, value in facts:
        ET.SubElement(properties, "property", name=xml_text(name), value=xml_text(value))


def _remove(case: ET.Element, names: set[str]) -> None:
    properties = case.find("properties")
    if properties is None:
        return
    for told in list(properties):
        if told.get("name") in names:
            properties.remove(told)
    if len(properties) == 0:
        case.remove(properties)


def _print(case: ET.Element, facts: Sequence[Fact]) -> None:
    lines = [_HEADING]
    for name, value in facts:
        # one line each, so that a reader of lines isn't told what a model made up
        lines.append(f"{_in_a_line(name)}={_in_a_line(value)}")
    output = case.find("system-out")
    # readers that show one of them take the first
    if output is None:
        output = ET.SubElement(case, "system-out")
    if output.text:
        lines.insert(0, output.text.rstrip("\n"))
    output.text = "\n".join(lines) + "\n"


def _in_a_line(text: str) -> str:
    return xml_text(text).replace("\r", "\\r").replace("\n", "\\n")
