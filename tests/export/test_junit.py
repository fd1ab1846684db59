from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from junitparser import Error, Failure, JUnitXml, Skipped

from grader import cli
from grader.export.junit import without_forbidden_characters
from grader.model.report import Adjustment
from grader.results.directory import Results
from grader.scoring.absent import absent_report
from grader.scoring.adjust import adjusted
from tests.export.results_folders import (
    ANN,
    CY,
    RUBRIC,
    a_graded_class,
    a_report,
    an_open_report,
)

if TYPE_CHECKING:
    from pathlib import Path

# The attributes of junit-10.xsd, and what its patterns allow of a time.
ATTRIBUTES = {
    "testsuites": {"name", "time", "tests", "failures", "errors", "disabled"},
    "testsuite": {
        *("name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname"),
        *("disabled", "id", "package", "group", "file", "log", "url", "version"),
    },
    "testcase": {"name", "classname", "time", "assertions", "status", "class", "file", "line"},
    "failure": {"message", "type"},
    "error": {"message", "type"},
    "skipped": {"message", "type"},
    "properties": set(),
    "property": {"name", "value"},
}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase"},
    "testcase": {"failure", "error", "skipped"},
    "properties": {"property"},
}
TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]{0,3})?")


def junit(root: Path, *more: str) -> Path:
    assert cli.run(["export", str(root), "--to", "junit", *more]) == 0
    return root / "exports/junit.xml"


def test_each_status_is_what_a_test_runner_calls_it(tmp_path: Path) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: 0.5, CY: None})
    report = a_report(ANN, 0.5)
    blocked = msgspec.structs.replace(report.criteria[1], status="blocked", message="Not checked.")
    criteria = (report.criteria[0], blocked, *report.criteria[2:])
    Results(root).write_report(msgspec.structs.replace(report, criteria=criteria))
    ann, cy = list(JUnitXml.fromfile(str(junit(root))))
    kinds = [[type(result) for result in case.result] for case in ann]
    assert kinds[:3] == [[Failure], [Skipped], [Failure]]
    assert (ann.failures, ann.skipped, ann.errors, ann.tests) == (11, 1, 0, 12)
    assert next(iter(ann)).result[0].message == "expected <more>."
    assert [type(result) for result in next(iter(cy)).result] == [Error]
    assert {one.name: one.value for one in cy.properties()} == {}


def test_the_authors_hint_follows_the_next_step(tmp_path: Path) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: 0.5})
    report = a_report(ANN, 0.5)
    first = msgspec.structs.replace(report.criteria[0], hint="Do this.", author_hint="Read that.")
    Results(root).write_report(
        msgspec.structs.replace(report, criteria=(first, *report.criteria[1:]))
    )
    (ann,) = list(JUnitXml.fromfile(str(junit(root))))
    assert next(iter(ann)).result[0].text == "Do this.\nRead that."


def test_the_file_has_the_shape_of_the_schema(tmp_path: Path) -> None:
    root = ElementTree.parse(junit(a_graded_class(tmp_path / "results"))).getroot()
    assert root.tag == "testsuites"
    for element in root.iter():
        assert {*element.attrib} <= ATTRIBUTES[element.tag]
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
        if "time" in element.attrib:
            assert TIME.fullmatch(element.attrib["time"])
    for count in ("tests", "failures", "errors"):
        suites = root.findall("testsuite")
        assert int(root.attrib[count]) == sum(int(suite.attrib[count]) for suite in suites)


def test_what_is_sure_and_the_0_of_the_absent_are_of_what_was_earned(tmp_path: Path) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: None, CY: None})
    late = Adjustment(kind="late", points=0.0, why="Late.", share=0.5)
    gone = absent_report(CY, RUBRIC, seed=1, region="us-east-1", lang="en")
    Results(root).write_report(adjusted(an_open_report(ANN, arrived=3), late, ()))
    Results(root).write_report(gone)
    bonus = ["override", str(root), "s3", "bonus", "2", "--why", "Helped.", "--quiet"]
    assert cli.run(bonus) == 0
    asked = ["--open-by-student", "sure", "--absent", "zero"]
    ann, cy = (
        {one.name: one.value for one in suite.properties()}
        for suite in JUnitXml.fromfile(str(junit(root, *asked)))
    )
    assert ann == {"sure_points": "15.4", "max_score": "20"}
    assert cy == {"score": "0", "max_score": "20"}


@given(st.text())
def test_any_text_can_be_written_and_read(text: str) -> None:
    element = ElementTree.Element("x", {"message": without_forbidden_characters(text)})
    element.text = without_forbidden_characters(text)
    ElementTree.fromstring(ElementTree.tostring(element, encoding="utf-8"))


def test_what_xml_forbids_is_left_out_and_the_rest_stays() -> None:
    assert without_forbidden_characters("\x7f\x9b31m\u202e") == "\\x7f\\x9b31m\\u202e"
    assert without_forbidden_characters("a\x00\x1b[31m\ufffe\ud800b\t\n😀") == "a[31mb\t\n😀"


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    root = a_graded_class(tmp_path / "results", {ANN: 0.0})
    report = a_report(ANN, 0.0)
    first = msgspec.structs.replace(report.criteria[0], message="]]><x/>&\x1b\"'")
    changed = msgspec.structs.replace(report, criteria=(first, *report.criteria[1:]))
    Results(root).write_report(changed)
    (suite,) = JUnitXml.fromfile(str(junit(root)))
    assert next(iter(suite)).result[0].message == "]]><x/>&\"'"
