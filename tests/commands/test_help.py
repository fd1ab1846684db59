"""What ``--help`` says: whole, without Python's types, in the language that is spoken."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import typer.main

from grader import cli
from grader.i18n.language import language
from tests.programs import environment, run
from tests.programs import grader_here as grader
from tests.quick_run import first_only_when_quick

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GRADER = [sys.executable, "-m", "grader"]
ENGLISH = re.compile(
    r"\b(the|of|with|from|is|are|file|show|where|only|default|required|usage|commands|error)\b",
    re.I,
)


def commands(command: Any = None, *path: str) -> Iterator[tuple[str, ...]]:
    """The words of every command, the program itself first."""
    command = command or typer.main.get_command(cli.app)
    yield path
    for name, one in getattr(command, "commands", {}).items():
        yield from commands(one, *path, name)


def params(command: Any = None) -> Iterator[Any]:
    command = command or typer.main.get_command(cli.app)
    yield from command.params
    for one in getattr(command, "commands", {}).values():
        yield from params(one)


EVERY = [*commands()]


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_help_is_whole_and_names_no_type_of_python(path: tuple[str, ...], tmp_path: Path) -> None:
    done = grader(*path, "-h", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout == grader(*path, "--help", cwd=tmp_path).stdout
    assert not re.search(r"(…|\.\.\.)$", done.stdout.replace("COMMAND …", ""), re.MULTILINE)
    assert not re.search(r"\[[\w ]+: \]", done.stdout)  # a default that is nothing
    assert not re.search(r"[<{]|list\[|range\b|x>=", done.stdout)
    # A name that is copied is not broken at its hyphens.
    assert not re.search(r"\w-$", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
@pytest.mark.parametrize("last", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_help_is_french_where_french_is_asked_for(
    path: tuple[str, ...], last: bool, tmp_path: Path
) -> None:
    words = [*path, "--help", "--lang", "fr"] if last else [*path, "--lang=fr", "--help"]
    done = grader(*words, cwd=tmp_path)
    # Without options, paths and what is quoted.
    said = re.sub(r"--[\w-]+|\S*/\S*|«[^»]*»|lti .* Services", "", done.stdout, flags=re.I)
    assert [line for line in said.splitlines() if ENGLISH.search(line)] == []
    by_environment = grader(*path, "-h", cwd=tmp_path, env=environment(LANG="fr_FR.UTF-8"))
    assert by_environment.stdout == done.stdout


def test_every_help_text_has_a_translation() -> None:
    french = language("fr")
    texts = {text for one in params() for text in (one.help, one.metavar) if text}
    of_both = {"FORMAT", "ID", "POINTS", "URL"}
    assert {text for text in texts if french.translated(text) is None} - of_both == set()


def test_a_terminal_of_few_letters_shows_french_help(tmp_path: Path) -> None:
    env = environment(PYTHONIOENCODING="cp437", PYTHONUTF8="0")
    line = [*GRADER, "--lang", "fr"]
    helped = subprocess.run([*line, "-h"], cwd=tmp_path, env=env, capture_output=True, check=True)
    assert "COMMANDE ..." in helped.stdout.decode("cp437")
    env["PYTHONIOENCODING"] = "ascii"
    refused = subprocess.run(
        [*line, "chek"], cwd=tmp_path, env=env, capture_output=True, check=False
    )
    assert (refused.returncode, refused.stderr.isascii()) == (2, True)
    assert b'"grader --help"' in refused.stderr


# -- usage errors ---------------------------------------------------------------------------------

MISTAKES = [
    (["check", "--seed", "abc"], "--seed takes a whole number from 0 to 9223372036854775807."),
    (["check", "--seed", "-1"], "--seed takes a whole number from 0 to 9223372036854775807."),
    (
        ["batch", "r.csv", "--confirm-silence", "-1"],
        "--confirm-silence takes a whole number, 0 or more.",
    ),
    (["sandbox", "--port", "70000"], "--port takes a whole number from 1 to 65535."),
    (["check", "--lang", "de"], "--lang takes one of these: en, fr."),
    (["batch", "r.csv", "--engine", "x"], "--engine takes one of these: threads, dask."),
    (["check", "--exchange"], "There is no option --exchange. Did you mean --no-exchange?"),
    (["check", "-z"], "There is no option -z."),
    (["check", "--qwfp"], "There is no option --qwfp."),
    (["batch"], "The argument ROSTER is missing."),
    (["export", "results"], "The option --to is missing."),
    (["check", "one", "two"], "These arguments are too many: one two"),
    (["check", "--seed"], "--seed needs a value."),
    (["check", "--quiet=1"], "--quiet takes no value."),
    (["chek"], "There is no command chek. Did you mean check?"),
    (["qwfp"], "There is no command qwfp."),
    (["push", "ltl"], "There is no command ltl. Did you mean lti?"),
]


@pytest.mark.parametrize(("arguments", "said"), first_only_when_quick(MISTAKES, keep=4))
def test_a_usage_error_is_one_sentence_and_how_to_ask_for_help(
    arguments: list[str], said: str, tmp_path: Path
) -> None:
    done = grader(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == f"Error: {said}"


@pytest.mark.parametrize(("arguments", "english"), first_only_when_quick(MISTAKES, keep=4))
def test_a_usage_error_is_french_where_french_is_asked_for(
    arguments: list[str], english: str, tmp_path: Path
) -> None:
    done = grader(*arguments, cwd=tmp_path, env=environment(LANG="fr_FR.UTF-8"))
    assert done.returncode == 2
    said = done.stderr.splitlines()[-1]
    assert said.startswith("Erreur\u00a0: ")
    assert not ENGLISH.search(said.replace("--", ""))
    assert english not in said
    assert "Usage" not in done.stderr


def test_the_language_counts_before_the_mistake_too(tmp_path: Path) -> None:
    done = grader("check", "--bogus", "--lang", "fr", cwd=tmp_path)
    assert "Erreur" in done.stderr
    after_the_end = grader("check", "--", "--lang=fr", cwd=tmp_path)
    assert "These arguments are too many" in after_the_end.stderr


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "It cannot be read (Permission denied). Check the path and its permissions."),
        ("fr", "Il ne peut pas être lu (permission refusée). Vérifiez le chemin et ses droits."),
    ],
)
@pytest.mark.parametrize("words", [["batch"], ["check", "--block"]])
def test_a_file_that_may_not_be_read_is_named_in_the_language_with_what_to_do(
    words: list[str],
    lang: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "it's here.csv"
    path.touch()
    real = os.access
    monkeypatch.setattr(os, "access", lambda file, mode: file != path and real(file, mode))
    assert cli.run([*words, str(path), "--lang", lang]) == 2
    last = capsys.readouterr().err.splitlines()[-1].replace("\u00a0", " ")
    assert last.split(": ", 1)[1].replace(" : ", ": ") == f"{path}: {said}"


# -- completion -----------------------------------------------------------------------------------


def test_a_shell_completes_commands_and_options(tmp_path: Path) -> None:
    for words, number, found in (("grader ch", "1", "check"), ("grader check --no", "2", "--no-e")):
        env = environment(_GRADER_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=number)
        assert found in run(GRADER, cwd=tmp_path, env=env).stdout


@pytest.mark.parametrize(("lang", "said"), [("en", "is installed in"), ("fr", "installée dans")])
def test_completion_is_installed_for_the_shell_in_use(tmp_path: Path, lang: str, said: str) -> None:
    env = environment(HOME=str(tmp_path))
    line = f"{' '.join(GRADER)} --lang {lang} --install-completion; exit $?"
    done = run(["bash", "--norc", "-c", line], cwd=tmp_path, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert said in done.stdout
    assert "bash_completions" in (tmp_path / ".bashrc").read_text()
    shown = run(["bash", "--norc", "-c", f"{' '.join(GRADER)} --show-completion; exit $?"])
    assert "_grader_completion" in shown.stdout


def test_a_shell_that_is_not_known_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shellingham.detect_shell", lambda: ("tcsh", "/bin/tcsh"))
    assert cli.run(["--install-completion"]) == 2
    assert "bash, zsh, fish" in capsys.readouterr().err
