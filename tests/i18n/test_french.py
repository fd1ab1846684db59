"""The whole program in French: from the first line of a demo to the last page."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from grader.rubric.load import default_rubric_path
from tests.pages.reading import page
from tests.programs import environment, grader, grader_here

if TYPE_CHECKING:
    from pathlib import Path

    from grader.sandbox.server import Sandbox

ENGLISH_WORDS = re.compile(
    r"\b(the|of|with|from|graded|student|report|found|missing|points? of|passed|failed|is|are)\b"
)

ENGLISH_SENTENCES = re.compile(
    r"Your function raised|(?i:\b(?:expected|found|the function|permission to)\b)|There is no\b"
    r"|\b(?:passed|partly passed|failed|not checked|not graded)\b"
)


def english_in(text: str) -> list[str]:
    return [line for line in text.splitlines() if ENGLISH_WORDS.search(line)]


@pytest.mark.sandbox
@pytest.mark.slow
def test_the_demo_is_french_from_the_first_line_to_the_last(tmp_path: Path) -> None:
    env = environment(LANG="fr_FR.UTF-8")
    done = grader("demo", cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
    assert english_in(done.stdout + done.stderr) == []
    assert "Déploiement de 13 rendus" in done.stderr
    assert "13 sur 13 conformes." in done.stdout
    reports = [
        json.loads(path.read_bytes())
        for path in sorted((tmp_path / "demo-results/students").glob("*/report.json"))
    ]
    assert len(reports) == 13
    sentences = [
        text
        for report in reports
        for one in report["criteria"]
        for text in (one["title"], one["message"], one["hint"], *(t["name"] for t in one["tests"]))
    ]
    assert [text for text in sentences if ENGLISH_WORDS.search(text)] == []
    students = [*(tmp_path / "demo-results/students").glob("*/index.html")]
    for path in [*students, tmp_path / "demo-results/index.html"]:
        text = page(path).text
        assert ENGLISH_SENTENCES.findall(text) == [], path
    wrong_keys = page(tmp_path / "demo-results/students/wrong-keys/index.html").text
    assert wrong_keys.count("Votre fonction a levé KeyError: 'a' (lambda_function.py") == 2
    english = grader("regrade", "demo-results", "--lang", "en", cwd=tmp_path, env=env)
    assert "13 students, 12 graded, 1 not graded" in english.stdout
    wrong = json.loads((tmp_path / "demo-results/students/wrong-keys/report.json").read_bytes())
    assert "Your function raised KeyError" in str(wrong["criteria"])
    # Reports in English, told in French.
    pushed = grader("export", "demo-results", "--to", "lti", cwd=tmp_path, env=env)
    assert "12 étudiants ont une note." in pushed.stdout
    assert "unreachable (Une adresse où rien ne répond) n'a pas de note" in pushed.stderr
    grader("export", "demo-results", "--to", "lti", "--out", "fr", "--lang=fr", cwd=tmp_path)
    comments = [
        json.loads(line)["comment"]
        for line in (tmp_path / "fr/scores.ndjson").read_text().splitlines()
    ]
    assert [text for text in comments if ENGLISH_WORDS.search(text)] == []
    grader("export", "demo-results", "--to", "html", "--lang=fr", cwd=tmp_path)
    for path in [*students, tmp_path / "demo-results/index.html"]:
        assert ENGLISH_SENTENCES.findall(page(path).text) == [], path
    kept = grader("regrade", "demo-results", cwd=tmp_path, env=env)
    assert "12 graded" in kept.stdout, "a batch keeps its language"


def test_the_option_beats_the_environment_and_speaks_before_anything_is_wrong(
    tmp_path: Path,
) -> None:
    (tmp_path / "class.csv").write_text("student_id,profile\ns1,a\n")
    french = grader("lint", "class.csv", "--lang", "fr", cwd=tmp_path)
    assert "correct, 1 étudiant." in french.stdout
    english = grader(
        "lint", "class.csv", "--lang=en", cwd=tmp_path, env=environment(LANG="fr_FR.UTF-8")
    )
    assert "right, 1 student." in english.stdout
    refused = grader("lint", "class.csv", "--seed=1", "--lang=fr", cwd=tmp_path)
    assert (refused.returncode, "Seul l'examen" in refused.stderr) == (2, True)


@pytest.mark.slow
def test_mistakes_of_authors_are_told_in_french(tmp_path: Path) -> None:
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "test_own.py").write_text("def test_memory(fonction): pass\n")
    (tmp_path / "checks" / "test_worse.py").write_text("import sys; sys.exit()\n")
    done = grader_here("lint", "--checks=checks", "--lang=fr", cwd=tmp_path)
    assert (done.returncode, english_in(done.stderr.replace(str(tmp_path), ""))) == (2, [])
    assert "test_memory n'est liée à aucune vérification." in done.stderr
    assert "Ce fichier arrête le programme quand il est importé." in done.stderr
    text = default_rubric_path().read_text(encoding="utf-8")
    wrong = text.replace("points: 1", "points: yes").replace(
        "check: function_memory", "check: function_memry"
    )
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "rubric.yaml").write_text(wrong, encoding="utf-8")
    done = grader_here("lint", "rubric.yaml", "--lang=fr", cwd=tmp_path / "lab")
    assert (done.returncode, english_in(done.stderr.replace(str(tmp_path), ""))) == (2, [])
    assert "Donnez les points par un nombre de 0 à 1000." in done.stderr
    assert "Vouliez-vous dire" in done.stderr


def test_check_speaks_french_of_an_account_that_lacks_everything(
    aws_sandbox: Sandbox, fresh_account: str, tmp_path: Path
) -> None:
    env = environment(aws_sandbox, fresh_account, LC_ALL="fr_BE.UTF-8")
    done = grader_here("check", "--json", "mine.json", cwd=tmp_path, env=env)
    assert done.returncode == 1, done.stderr
    assert english_in(done.stdout + done.stderr) == []
    assert "Note\u00a0: 0 sur 20\n" in done.stdout
    report = json.loads((tmp_path / "mine.json").read_bytes())
    function = report["criteria"][0]
    assert function["message"].startswith("Il n'y a aucune fonction nommée first_lambda")
    assert function["message_id"] == "There is no function named {name} in {region}."
    assert function["values"] == {"name": "first_lambda", "region": "us-east-1"}
