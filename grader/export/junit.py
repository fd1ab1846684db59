"""JUnit XML: one suite a student, one case a criterion.

Source: ``junit-10.xsd`` of Jenkins's xUnit plug-in. Failed and partial are failures, ungraded is an
error, blocked is skipped. The score is a property of the suite: what the checks earned, whatever made
another score of it. A suite with an error has none, but where they are asked for the points that are
sure, or the 0 of whoever handed in nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import msgspec

from grader.export.formats import File
from grader.safety.printable import printable_lines
from grader.scoring.adjust import as_earned
from grader.scoring.open_by import open_by
from grader.scoring.scale import decimal_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.export.formats import Export
    from grader.model.report import CriterionResult, Report
    from grader.results.read_class import ClassRow
    from grader.scoring.scale import Scale

_FORBIDDEN = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_OUTCOMES = {
    "failed": "failure",
    "partial": "failure",
    "ungraded": "error",
    "blocked": "skipped",
}
_COUNTED = {"failures": "failure", "errors": "error"}


def files(export: Export) -> Iterator[File]:
    """One file with everybody's suites."""
    root = Element("testsuites", {"name": "grader"})
    suites = [_suite(row, export.scale) for row in export.rows]
    root.set("tests", str(sum(len(suite.findall("testcase")) for suite in suites)))
    for attribute, tag in _COUNTED.items():
        root.set(attribute, str(sum(len(suite.findall(f"testcase/{tag}")) for suite in suites)))
    root.set("time", f"{sum(max(0.0, row.report.duration_s) for row in export.rows):.3f}")
    root.extend(suites)
    indent(root)
    text = b'<?xml version="1.0" encoding="UTF-8"?>\n'
    yield File("", text + tostring(root, encoding="utf-8", xml_declaration=False) + b"\n")


def _suite(row: ClassRow, scale: Scale) -> Element:
    report = _as_earned(row.report)
    cases = [_case(row, result) for result in report.criteria]
    suite = Element(
        "testsuite",
        {
            "name": without_forbidden_characters(row.student_id),
            "tests": str(len(cases)),
            **{
                attribute: str(sum(case.find(tag) is not None for case in cases))
                for attribute, tag in [*_COUNTED.items(), ("skipped", "skipped")]
            },
            "time": f"{max(0.0, report.duration_s):.3f}",
            "timestamp": without_forbidden_characters(report.started_at),
            "hostname": without_forbidden_characters(report.region),
        },
    )
    if report.score is not None:
        properties = SubElement(suite, "properties")
        for name, value in (
            ("sure_points" if open_by(report) else "score", scale.total(report)),
            ("max_score", scale.maximum(report.max_score)),
        ):
            SubElement(properties, "property", {"name": name, "value": decimal_text(value)})
    suite.extend(cases)
    return suite


def _as_earned(told: Report) -> Report:
    """What the checks alone gave. Where a score stands for what is ungraded, it is of that too."""
    report = as_earned(told)
    if report.score is None and told.status == "ungraded" and told.score is not None:
        return msgspec.structs.replace(report, score=report.sure_points or 0.0)
    return report


def _case(row: ClassRow, result: CriterionResult) -> Element:
    case = Element(
        "testcase",
        {
            "name": without_forbidden_characters(result.title),
            "classname": without_forbidden_characters(f"{row.student_id}.{result.id}"),
            "time": "0.000",
        },
    )
    if result.status in _OUTCOMES:
        outcome = SubElement(
            case,
            _OUTCOMES[result.status],
            {"message": without_forbidden_characters(result.message or result.status)},
        )
        if result.next_steps:
            outcome.text = without_forbidden_characters("\n".join(result.next_steps))
    return case


def without_forbidden_characters(text: str) -> str:
    """``text`` without the characters that XML 1.0 forbids; what acts on a terminal is made visible."""
    return printable_lines(_FORBIDDEN.sub("", text))
