"""What is handed out and deployed has a runtime that AWS still creates."""

from __future__ import annotations

from tools.generate_reference import DOCS

ROOT = DOCS.parent
OLD = "python3" + ".8"
"""AWS refuses to create functions with it from 2027-02-01; it stays accepted."""

DEPLOYING = ("grader", "labs", "student_template", "reference_solution", "benchmarks", "tools")
SAYS_THAT_IT_IS_ACCEPTED = {"student_template/README.md"}


def test_the_old_runtime_stands_only_where_it_is_accepted() -> None:
    written = [ROOT / "rubric.yaml"]
    for folder in DEPLOYING:
        written += [
            path
            for path in (ROOT / folder).rglob("*")
            if path.suffix in {".py", ".json", ".yaml", ".tf", ".md"}
            # What somebody's work left there: virtual environments, synthesized stacks.
            and not {".venv", "cdktf.out", ".terraform"} & set(path.parts)
        ]
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in written
        if path.relative_to(ROOT).as_posix() not in SAYS_THAT_IT_IS_ACCEPTED
        for line in path.read_text(encoding="utf-8").splitlines()
        if OLD in line and "at_least" not in line
    ]
    assert found == []
