from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from grader.checks import fail
from grader.checks.raised import Failure
from grader.i18n.message import message
from grader.i18n.message import said as sentence_of
from grader.model.batch import Student
from grader.model.fact import Found, Missing, NotTried, Unknown
from grader.model.observation import Answer, Exchange, Invocation, Pair
from grader.model.report import TestResult
from grader.pages.speech import Speech
from grader.pages.student_page import student_page
from grader.pages.words import YOUR_FLAGS
from grader.pages.writing import write_pages
from grader.results.directory import Results
from grader.scoring.absent import absent_report
from grader.scoring.phrases import SHARE_PASSED
from grader.scoring.summary import summarise
from tests.exchanges import calculator
from tests.observations import a_pair, an_exchange, lab_rubric, reference, silent_pair
from tests.pages.classes_shown import failing, graded, report, result, written
from tests.pages.reading import Page, page

if TYPE_CHECKING:
    from pathlib import Path

    from grader.model.observation import Observation
    from grader.model.report import Report

LAB = lab_rubric()
FIRST = LAB.criteria[0]


@pytest.fixture
def made(tmp_path: Path) -> Any:
    def page_of(report: Report, seen: Observation | None = None, lang: str = "en") -> Page:
        path = tmp_path / "student.html"
        path.write_text(student_page(report, seen, "A lab", Speech(lang)), encoding="utf-8")
        return page(path)

    return page_of


def test_it_gives_the_score_date_seed_and_attempt(made: Any) -> None:
    text = made(report(1), reference(attempt=3)).text
    assert "Score: 20 / 20" in text
    assert "Everything passed." in text
    assert "Checked May 1, 2024" in text
    assert "Seed 7" in text
    assert "Attempt 3" in text


def test_a_failure_says_what_was_expected_what_was_found_and_what_to_do(made: Any) -> None:
    failed = result(FIRST, "failed", message="It is wrong.", expected=128, actual=[256])
    text = made(graded([failed])).text
    assert "failed 0 / 1" in text
    assert "It is wrong. Expected 128 Found [256] Next step: Look at function." in text


def test_the_authors_hint_follows_the_next_step(made: Any) -> None:
    failed = result(FIRST, "failed", hint="Do this.", author_hint="And read <that>.")
    text = made(graded([failed])).text
    assert "Next step: Do this. From your instructor: And read <that>." in text
    alone = result(FIRST, "failed", hint="Do this.", author_hint="Do this.")
    assert "From your instructor" not in made(graded([alone])).text


def test_what_a_silent_function_returned_is_shown(made: Any) -> None:
    silent = Invocation((silent_pair(),), returned='{"statusCode": "<b>500"}')
    text = made(report(0), reference(handler=Found(silent))).text
    assert 'Your function returned: {"statusCode": "<b>500"}' in text
    answered = msgspec.structs.replace(silent, pairs=(a_pair(),))
    assert "returned" not in made(report(0), reference(handler=Found(answered))).text


def test_what_the_sentence_says_is_not_said_twice(made: Any) -> None:
    sentence = "expected 128 MB, found 256 MB."
    text = made(graded([result(FIRST, "failed", message=sentence, expected=128, actual=256)])).text
    assert "Expected 128 MB, found 256 MB. Next step:" in text


def test_a_blocked_criterion_sends_to_its_cause_alone(made: Any) -> None:
    blocked = result(FIRST, "blocked", because="x", message="Not checked: see x.", hint="Do y.")
    text = made(graded([blocked])).text
    assert "Not checked: see x." in text
    assert "Do y." not in text


def test_tests_of_a_criterion_are_told_apart(made: Any) -> None:
    tests = (
        TestResult(name="1 + 2", outcome="passed"),
        TestResult(name="3 + 4", outcome="failed", message="found 34"),
    )
    text = made(graded([result(FIRST, "partial", tests=tests)])).text
    assert "2 tests ✓ 1 + 2 passed ✗ 3 + 4 failed: found 34" in text


def test_an_ungraded_student_reads_that_first_and_what_to_do(made: Any) -> None:
    text = made(report(1, ("passed", "ungraded"))).text
    assert "You have no grade yet" in text
    assert text.index("What to do: Look at runtime.") < text.index("Criteria")
    assert "Score:" not in text


def test_pairs_are_shown_with_their_answers_verdicts_and_times(made: Any) -> None:
    text = made(report(1), failing()).text
    for said in (
        '100 + 1000 1100 ✓ right {"body": 1100} 0.5\xa0s 10:00:00\u202fAM',
        '120 + 1050 1170 ✗ wrong: the two numbers joined as text {"body": "120 1050"}',
        '140 + 1100 1240 ✗ wrong {"body": 1240} 0.5',
        "160 + 1150 1310 ✗ no answer – – 10:00:00",
    ):
        assert " ".join(said.split()) in text
    assert "answers nothing that was sent: hello" in text
    assert "waited up to 2 min" in text


@pytest.mark.parametrize(
    ("decimals", "said"),
    [("0", "rounded to a whole number"), ("1", "rounded to one decimal"), ("3", "to 3 decimals")],
)
def test_a_rounded_answer_says_to_what(made: Any, decimals: str, said: str) -> None:
    rounded = Answer('{"body": 11}', "rounded", 0.5, detail=decimals)
    pairs = (msgspec.structs.replace(a_pair(0), answers=(rounded,)),)
    assert said in made(report(1), reference(exchange=Found(an_exchange(0, pairs=pairs)))).text


def test_a_function_that_raised_is_quoted_with_its_last_log_lines(made: Any) -> None:
    one = made(report(1), failing())
    assert "Your function raised KeyError: 'number1' (lambda_function.py, line 6)." in one.text
    assert one.one("pre").text.splitlines()[-1] == "KeyError: 'number1'"


def test_the_log_of_a_function_that_answered_is_not_shown(made: Any) -> None:
    quiet = Found(Invocation((a_pair(1),), log_tail="nothing to see"))
    assert "nothing to see" not in made(report(1), reference(handler=quiet)).text


def test_only_the_last_lines_of_a_log_are_shown(made: Any) -> None:
    loud = Invocation((), failure="timed-out", log_tail="\n".join(map(str, range(1000))))
    one = made(report(1), reference(handler=Found(loud)))
    assert one.one("pre").text.splitlines() == [str(line) for line in range(970, 1000)]
    assert "still running when its time was over" in one.text


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "its reserved concurrency leaves it no room."),
        ("fr", "sa simultanéité réservée ne lui laisse pas de place."),
    ],
)
def test_a_failure_is_said_in_the_words_of_the_check(made: Any, lang: str, words: str) -> None:
    refused = Found(Invocation((), failure="refused"))
    assert words in made(report(1), reference(handler=refused), lang).text


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        (Missing("There is none."), "There is none."),
        (NotTried("handler", "It failed."), "Not tried: It failed."),
        (Unknown("throttled", "Rate exceeded"), "This could not be found out: Rate exceeded"),
        (Found(Exchange((), unsafe="A loop is near.")), "A loop is near."),
    ],
)
def test_an_exchange_that_did_not_happen_says_why(made: Any, fact: Any, said: str) -> None:
    assert said in made(report(1), reference(exchange=fact)).text


def test_one_reason_for_everything_is_given_once(made: Any) -> None:
    gone = Unknown("unreachable", "Nobody answers")
    seen = reference(handler=gone, records=gone, exchange=gone)
    assert made(report(1), seen).text.count("Nobody answers") == 1


def test_flags_are_told_to_the_student_without_naming_anybody(made: Any) -> None:
    flags = ("foreign-messages", "raises-after-answer")
    text = made(report(1, flags=flags)).text
    assert "Your output queue held messages" in text
    assert "then raises an exception" in text
    assert "They cost no points by themselves." in text


def test_no_page_of_a_student_names_another(tmp_path: Path) -> None:
    people = [
        {"student_id": "e101", "name": "Ann Archer", "email": "ann@example.org"},
        {"student_id": "e102", "name": "Bo Baker", "email": "bo@example.org"},
    ]
    reports = [msgspec.structs.replace(report(), **person) for person in people]
    root = written(tmp_path / "results", reports, failing())
    summary = summarise(reports, LAB, "en")
    write_pages(Results(root), reports, summary, LAB, lang="en")
    # That of the class says whose account it is.
    assert "The same AWS account was handed in" in (root / "index.html").read_text()
    for one, other in (people, people[::-1]):
        source = (root / "students" / one["student_id"] / "index.html").read_text()
        assert one["name"] in source
        assert "same AWS account" not in source
        assert "Noted" not in source
        assert not [told for told in other.values() if told in source]


def test_without_an_observation_there_is_still_a_page(made: Any) -> None:
    assert "was not kept" in made(report(1), None).text


def test_a_flag_that_has_no_words_is_shown_by_its_name(made: Any) -> None:
    assert "new-flag" in made(report(1, flags=("new-flag",))).text


def test_numbers_of_a_pair_are_written_as_they_were_sent(made: Any) -> None:
    pair = msgspec.structs.replace(a_pair(0), number1=4321, number2=1234567)
    text = made(report(1), reference(exchange=Found(an_exchange(pairs=(pair,))))).text
    assert "4321 + 1234567 1238888" in text


def test_another_message_is_shown_with_the_answer_that_it_asked_for(tmp_path: Path) -> None:
    fields = {"number1": 6, "number2": 4, "operation": "-"}
    answer = Answer('{"result": 10}', "other", 0.5, "+", {"result": "10"})
    pair = Pair(None, None, "2024-05-01T10:00:00.000Z", (answer,), fields)
    seen = reference(exchange=Found(an_exchange(pairs=(pair,))))
    file = tmp_path / "page.html"
    file.write_text(student_page(report(1), seen, "L", Speech("en"), rules=calculator()))
    text = page(file).text
    assert '{"number1": 6, "number2": 4, "operation": "-"} 2' in text
    assert "wrong: the answer of “+”" in text
    assert "Right answer" in text


FOUND_THERE = "The answer was found on your function's own input queue."


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_lab_that_asks_for_no_sum_is_not_told_of_one(tmp_path: Path, lang: str) -> None:
    silent = Pair(None, None, "2024-05-01T10:00:00.000Z", (), {"operation": "-"})
    seen = reference(handler=Found(Invocation((silent,), own_queue=True, inconclusive=True)))
    file = tmp_path / "page.html"
    noted = report(1, flags=("several-answers",))
    file.write_text(student_page(noted, seen, "L", Speech(lang), rules=calculator()))
    told = " ".join(page(file).text.split())
    for sentence in (FOUND_THERE, YOUR_FLAGS["several-answers"]):
        words = " ".join(Speech(lang).say(sentence).split())
        assert words in told
        assert not re.search(r"\bsums?\b|\bsommes?\b", words)


def test_what_the_rubric_hides_is_on_the_class_page_only(tmp_path: Path) -> None:
    from grader.pages.writing import pages
    from grader.results.directory import Results
    from grader.scoring.summary import summarise

    secret = msgspec.structs.replace(FIRST, visibility="hidden")
    rubric = msgspec.structs.replace(LAB, criteria=(secret, *LAB.criteria[1:]))
    reports = [report(1, ("ungraded", "failed"))]
    summary = summarise(reports, rubric, "en")
    made = pages(Results(tmp_path), None, reports, summary, rubric, lang="en")
    (_, student), (_, whole) = made
    assert "Look at function." not in student
    assert "Look at runtime." in student
    assert "Look at function." in whole


def test_what_depends_on_a_hidden_criterion_does_not_name_it(tmp_path: Path) -> None:
    from grader.pages.writing import pages
    from grader.results.directory import Results
    from grader.scoring.summary import summarise

    secret = msgspec.structs.replace(FIRST, visibility="hidden")
    rubric = msgspec.structs.replace(LAB, criteria=(secret, *LAB.criteria[1:]))
    named = "Not checked: depends on “The secret one”, which did not pass."
    blocked = result(LAB.criteria[1], "blocked", message=named, because=FIRST.id)
    reports = [graded([result(FIRST, "failed"), blocked])]
    summary = summarise(reports, rubric, "fr")
    (_, student), _ = pages(Results(tmp_path), None, reports, summary, rubric, lang="fr")
    assert "dépend d&#39;un autre point" in student
    assert "The secret one" not in student


@pytest.mark.parametrize(
    "check", ["handler_adds", "handler_reads_all_records", "sums_arrive", "own_sums", ""]
)
def test_what_was_sent_for_a_hidden_criterion_is_not_on_the_student_s_page(check: str) -> None:
    known = [one for one in LAB.criteria if one.check == check]
    secret = known[0] if known else msgspec.structs.replace(FIRST, check=check)
    flags = ("account-mismatch", "direct-inconclusive", "raises-after-answer")
    text = student_page(report(1, flags=flags), failing(), "A lab", Speech("en"), [secret])
    for shown in (
        "1050",
        "KeyError",
        "lines of your function's log",
        "What was sent",
        "How your function failed",
        "hello",
    ):
        assert shown not in text
    assert "another AWS account than" in text
    assert "directly showed nothing" not in text
    assert "Attempt</dt><dd>1" in text


def test_what_was_sent_is_shown_where_a_hidden_criterion_has_nothing_to_do_with_it() -> None:
    text = student_page(report(1), failing(), "A lab", Speech("en"), [FIRST])
    assert "1050" in text
    assert "KeyError" in text


def test_what_was_sent_is_shown_where_the_author_s_hidden_check_only_looks() -> None:
    secret = msgspec.structs.replace(FIRST, check="log_format_is_json")
    told = report(1)
    first, *others = told.criteria
    looks = msgspec.structs.replace(first, only_looks=True)
    told = msgspec.structs.replace(told, criteria=(looks, *others))
    assert first.id == secret.id
    assert "1050" in student_page(told, failing(), "A lab", Speech("en"), [secret])


def test_whoever_handed_in_nothing_reads_that_and_what_to_do(made: Any) -> None:
    gone = absent_report(Student("s9", "Zoe Zed"), LAB, seed=1, region="us-east-1", lang="en")
    text = made(gone).text
    assert "You have no grade yet" in text
    assert "Nothing was handed in." in text
    assert "Hand in your credentials block where your course asks for it." in text
    for said in ("Sure so far", "could not be checked", "was not kept", "costs no points"):
        assert said not in text


def test_a_french_page_has_a_no_break_space_before_a_colon() -> None:
    tests = (
        TestResult(name="1 + 2", outcome="passed"),
        TestResult(name="3 + 4", outcome="failed", message="trouvé 34"),
    )
    partly = graded([result(FIRST, "partial", tests=tests)])
    text = student_page(partly, None, "Un TP", Speech("fr"))
    assert "Note\u00a0: </span>" in text
    assert "non validé\u00a0: trouvé 34" in text


def test_a_sentence_among_the_values_is_said_once_and_in_the_page_s_language(made: Any) -> None:
    raised = message("Your function raised {error}.", error="KeyError: 'a'")
    first = message(
        "expected {expected}, the sum of {number1} and {number2}, found no answer. {failure}",
        expected=3, number1=1, number2=2, failure=raised,
    )  # fmt: skip
    share = message(SHARE_PASSED, passed=1, tests=2, first=first)
    changes: dict[str, Any] = {"message_id": share.message_id, "values": share.values}
    changes |= {"expected": 3, "actual": str(raised)}
    once = result(FIRST, "failed", **changes, message=sentence_of(share, "fr"))
    text = made(graded([once]), lang="fr").text
    assert text.count("Votre fonction a levé KeyError: 'a'.") == 1
    assert "Your function raised" not in text
    english = result(FIRST, "failed", **changes, message=str(share))
    assert "Trouvé" not in made(graded([english]), lang="fr").text
    aside = result(FIRST, "failed", **changes, message="Faux.")
    text = made(graded([aside]), lang="fr").text
    assert "Trouvé Votre fonction a levé KeyError: 'a'." in text


def test_a_value_that_the_message_does_not_fill_in_is_kept_to_be_translated(made: Any) -> None:
    with pytest.raises(Failure) as failure:
        fail("The rule is not allowed.", expected=message("permission to invoke the function"))
    verdict = failure.value.verdict
    one = result(
        FIRST, "failed", message="Interdit.", message_id=verdict.template,
        values=verdict.values, expected=verdict.expected,
    )  # fmt: skip
    assert "Attendu le droit d'invoquer la fonction" in made(graded([one]), lang="fr").text
