"""Two languages: the catalogues are whole, and what is said in one can be said in the other."""

from __future__ import annotations

import ast
import json
import re
from gettext import GNUTranslations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from babel.messages.mofile import read_mo
from botocore import exceptions as failures
from hypothesis import given
from hypothesis import strategies as st

import grader as package
from grader.aws.errors import classify_error
from grader.i18n import language as languages
from grader.i18n.language import LANGUAGES, default_language, language
from grader.i18n.message import Message, as_message, message, said, shown
from grader.model.fact import Found, Missing, NotTried, Unknown
from grader.model.observation import Exchange, decode, encode_observation
from grader.model.outcome import Outcome
from grader.model.report import encode_report, read_report
from grader.resources.kinds import KINDS
from grader.scoring.score import score, ungraded_report
from grader.scoring.translate_report import translate
from tests.observations import lab_rubric, reference
from tests.scoring.test_score import CHECKS, Student
from tools.update_catalogues import place, read, template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from babel.messages.catalog import Catalog
    from babel.messages.catalog import Message as Entry

    from grader.model.report import Report

SOURCE = Path(package.__file__).parent
TRANSLATED = [code for code in LANGUAGES if code != "en"]
WRONG_SPACE = re.compile(r"[ ][:;?!»%](?:\s|$)|«[^\u00a0]|[^\u00a0]»")
NO_SPACE = re.compile(r"\w[:;?!»%](?:\s|$)")
QUOTED = re.compile(r"«[^»]*»|\{en: …, fr: …\}")
PLACEHOLDER = re.compile(r"\{(\w+)\}")
TO_DO = "run python -m tools.update_catalogues, which says what is to be translated"


def entries(catalogue: Catalog) -> dict[Any, Entry]:
    """The messages of a catalogue by what is to be translated."""
    return {
        tuple(one.id) if isinstance(one.id, list | tuple) else one.id: one
        for one in catalogue
        if one.id
    }


def texts(string: Any) -> list[str]:
    return [string] if isinstance(string, str) else list(string or ())


@pytest.fixture(scope="module")
def source() -> Catalog:
    return template()


@pytest.fixture(params=TRANSLATED, scope="module")
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    return read(request.param)


# -- the catalogues -------------------------------------------------------------------------------


def test_every_message_of_the_source_is_translated_and_no_other(
    source: Catalog, catalogue: Catalog
) -> None:
    here, there = entries(source), entries(catalogue)
    assert here.keys() - there.keys() == set(), TO_DO
    assert there.keys() - here.keys() == set(), TO_DO
    assert len(here) > 200
    forms = {name: texts(one.string) for name, one in there.items()}
    assert [name for name, strings in forms.items() if not strings or not all(strings)] == [], TO_DO
    plural = [name for name in there if isinstance(name, tuple)]
    assert {len(forms[name]) for name in plural} == {catalogue.num_plurals}


def test_no_translation_is_a_guess(catalogue: Catalog) -> None:
    assert [one.id for one in catalogue if one.id and one.fuzzy] == [], TO_DO


def test_a_translation_has_the_placeholders_of_its_original(catalogue: Catalog) -> None:
    for one in entries(catalogue).values():
        wanted = {name for text in texts(one.id) for name in PLACEHOLDER.findall(text)}
        for text in texts(one.string):
            assert set(PLACEHOLDER.findall(text)) == wanted, one.id


@pytest.mark.parametrize("code", TRANSLATED)
def test_what_is_shipped_is_what_the_translators_wrote(code: str) -> None:
    with place(code, "mo").open("rb") as file:
        shipped = read_mo(file)
    with place(code, "mo").open("rb") as file:
        assert GNUTranslations(file).info()["language"] == code
    # Not byte by byte: a newer Babel names itself in the file.
    said, written = (
        {name: texts(one.string) for name, one in entries(catalogue).items()}
        for catalogue in (shipped, read(code))
    )
    assert said == written, TO_DO


def test_french_is_set_as_french_is(catalogue: Catalog) -> None:
    if catalogue.locale is None or catalogue.locale.language != "fr":
        pytest.skip("another language")
    for one in entries(catalogue).values():
        for text in texts(one.string):
            assert not WRONG_SPACE.search(text), text
            assert not NO_SPACE.search(QUOTED.sub("", text)), text
            assert not re.search(r"(?<![\w{-])(ton|ta|tes|tu|vérifie|mets|regarde)\b", text), text


def test_a_translation_is_no_copy_of_its_original(catalogue: Catalog) -> None:
    same = {name for name, one in entries(catalogue).items() if texts(one.id) == texts(one.string)}
    alike = {
        "CSV",
        "Points",
        "{what} {remedy}",
        "Message",
        "OK",
        "Verdict",
        "actions",
        "points",
        "s",
        "{name} ({how})",
        "{name}, {how}.",
    }
    assert same == {*alike, ("{count} test", "{count} tests")}


SAYING = {"fail", "block", "ungrade", "same", "message", "check_number", "say_both"}
OF_AWS = {"maxReceiveCount"}
"""AWS's own names, which are the same in every language."""


def calls() -> Iterator[tuple[str, ast.Call]]:
    with_checks = [Path(kind.checks) for kind in KINDS if kind.checks]
    for path in [*sorted(SOURCE.glob("checks/*.py")), *with_checks]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield f"{path.name}:{node.lineno}", node


def test_whatever_a_check_of_the_lab_says_is_marked_for_the_catalogues() -> None:
    """A bare text would be said in English to everybody."""
    bare = []
    for where, call in calls():
        if call.func.id not in SAYING:  # type: ignore[attr-defined]
            continue
        first = call.args[:1] if call.func.id in {"fail", "message"} else call.args[1:2]  # type: ignore[attr-defined]
        named = [k.value for k in call.keywords if k.arg in {"hint", "unit", "what"}]
        for node in [*first, *named]:
            branches = [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]
            bare += [
                where
                for branch in branches
                if isinstance(branch, ast.JoinedStr)
                or (isinstance(branch, ast.Constant) and branch.value not in {"", *OF_AWS})
            ]
    assert bare == []


# -- which language -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr"}, "fr"),
        ({"LANG": "fr_CA@euro"}, "fr"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "fr_FR", "LC_ALL": "C"}, "en"),
        ({"LANG": "fr_FR", "LC_MESSAGES": "en_GB"}, "en"),
        ({"LANG": "en_GB", "LC_MESSAGES": "fr_FR", "LC_ALL": ""}, "fr"),
        ({"LANG": "en_GB", "LANGUAGE": "de:fr:en"}, "fr"),
        ({"LC_TIME": "fr_FR"}, "en"),
    ],
)
def test_the_environment_chooses_as_gettext_reads_it(given: dict[str, str], expected: str) -> None:
    assert default_language(given) == expected


def test_a_language_that_is_not_spoken_is_english() -> None:
    assert language("de").say("Score: {score} of {maximum} points", score=1.5, maximum=20.0) == (
        "Score: 1.5 of 20 points"
    )


# -- numbers, plural forms ------------------------------------------------------------------------


def test_numbers_have_the_languages_own_form() -> None:
    french, english = language("fr"), language("en")
    assert (english.number(17.5), french.number(17.5)) == ("17.5", "17,5")
    assert (english.number(20.0), french.number(20.0)) == ("20", "20")
    assert (english.number(2, "0.00"), french.number(2, "0.00")) == ("2.00", "2,00")
    assert (english.percent(0.8), french.percent(0.8)) == ("80%", "80\u00a0%")


@pytest.mark.parametrize(
    ("code", "none", "one", "two"),
    [("en", "0 students", "1 student", "2 students"), ("fr", "0 étudiant", "1 étudiant", "2 étudiants")],
)  # fmt: skip
def test_plural_forms_are_the_languages_own(code: str, none: str, one: str, two: str) -> None:
    said = [language(code).plural(n, "{count} student", "{count} students") for n in (0, 1, 2)]
    assert said == [none, one, two]


# -- messages that are kept -----------------------------------------------------------------------


def test_a_message_within_a_message_is_said_in_the_same_language() -> None:
    failure = message("Your function raised {error}.", error="KeyError: 'a'")
    whole = message(
        "expected {expected}, the sum of {number1} and {number2}, found no answer. {failure}",
        expected=3, number1=1, number2=2, failure=failure,
    )  # fmt: skip
    read = as_message(json.loads(msgspec.json.encode(whole)))
    assert read is not None
    assert said(read, "fr") == (
        "attendu\u00a0: 3, la somme de 1 et 2\u00a0; trouvé\u00a0: aucune réponse."
        " Votre fonction a levé KeyError: 'a'."
    )


@pytest.mark.parametrize("code", TRANSLATED)
def test_what_botocore_says_of_the_network_is_translated(code: str) -> None:
    url = "http://127.0.0.1:9/"
    for error in (
        failures.EndpointConnectionError(endpoint_url=url),
        failures.ConnectTimeoutError(endpoint_url=url),
        failures.ReadTimeoutError(endpoint_url=url),
        failures.ConnectionClosedError(endpoint_url=url),
        failures.ProfileNotFound(profile="lab"),
    ):
        fact = classify_error(error, "sts:GetCallerIdentity")
        assert isinstance(fact, Unknown)
        assert str(error) in fact.detail
        assert str(error) not in said(fact.words, code)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("en", "No AWS credentials were found."),
        ("fr", "Aucun identifiant AWS n'a été trouvé."),
    ],
)
def test_credentials_that_are_missing_are_told_in_words_of_our_own(code: str, words: str) -> None:
    fact = classify_error(failures.NoCredentialsError(), "sts:GetCallerIdentity")
    assert isinstance(fact, Unknown)
    assert said(fact.words, code) == words


def test_what_is_in_no_catalogue_is_said_as_it_is() -> None:
    inner = message("MB")
    assert said(Message("AWS says {x}"), "fr") == "AWS says {x}"
    # Never half in one language and half in the other.
    assert said(message("My own check wants {unit}.", unit=inner), "fr") == "My own check wants MB."


def test_a_fraction_in_a_message_has_the_languages_own_sign() -> None:
    late = message("The check took longer than {limit} s.", limit=2.5)
    assert (str(late)[-6:], said(late, "fr")[-6:]) == ("2.5 s.", "2,5\u00a0s.")


def test_a_number_in_a_message_keeps_every_digit() -> None:
    wrong = message("expected {expected}, found {actual}.", expected=7.0, actual=7.00001)
    assert str(wrong) == "expected 7.0, found 7.00001."
    assert said(wrong, "fr") == "attendu\u00a0: 7,0\u00a0; trouvé\u00a0: 7,00001."
    tiny = message("expected {expected}, found {actual}.", expected=0, actual=1.5e-07)
    assert said(tiny, "fr") == "attendu\u00a0: 0\u00a0; trouvé\u00a0: 1,5e-07."


hostile = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("message_id"), inner),
)


@given(hostile)
def test_a_hostile_value_is_bounded_and_cannot_become_a_template(value: Any) -> None:
    for evil in (
        value,
        {"message_id": "{x}{x}", "values": {"x": value}},
        "{expected}{0.__class__}",
    ):
        one = message("expected {expected}, found {actual}.", expected=1, actual=evil)
        again = as_message(json.loads(msgspec.json.encode(one)))
        assert again is not None
        for code in LANGUAGES:
            text = said(again, code)
            assert len(text) <= 1000
            assert text.startswith(("expected 1, found", "attendu\u00a0: 1\u00a0; trouvé"))
            assert "class '" not in text


LIKE_A_MESSAGE = {"message_id": "expected {a}, found nothing.", "values": {"a": "{b}"}}


@pytest.mark.parametrize("data", [LIKE_A_MESSAGE, [LIKE_A_MESSAGE], {"body": LIKE_A_MESSAGE}])
def test_data_that_looks_like_a_message_is_said_as_data(data: Any) -> None:
    one = message("expected {expected}, found {actual}.", expected=1, actual=data)
    again = as_message(json.loads(msgspec.json.encode(message("{one}", one=one))))
    assert again is not None
    for whole in (one, again, message("{one}", one=again)):
        for code in LANGUAGES:
            assert "message_id = expected {a}, found nothing., values = a = {b}" in said(
                whole, code
            )
    assert "message_id = expected {a}" in shown(data)


def test_a_message_that_went_through_json_stays_one_in_another() -> None:
    template = "expected {expected}, found {actual}."
    parts = [message("Your function raised {error}.", error="KeyError")]
    one = message(template, expected=1, actual=parts)
    kept = as_message(json.loads(msgspec.json.encode(one)))
    text = said(message(template, expected=2, actual=kept), "fr")
    inner = "attendu\u00a0: 1\u00a0; trouvé\u00a0: Votre fonction a levé KeyError"
    assert text == f"attendu\u00a0: 2\u00a0; trouvé\u00a0: {inner}..."


# -- facts ----------------------------------------------------------------------------------------


def test_a_fact_keeps_its_template_and_values_in_the_file() -> None:
    gone = Missing.saying("There is no queue named {name} in {region}.", name="in", region="eu")
    seen = reference(
        queues={"input": gone},
        mappings={"input": NotTried.after("queues.input", gone)},
        handler=Unknown.saying("time-limit", "The check took longer than {limit} s.", limit=3),
    )
    again = decode(encode_observation(seen))
    assert again == seen
    for fact in (again.queues["input"], again.mappings["input"]):
        assert isinstance(fact, Missing | NotTried)
        assert fact.reason == "There is no queue named in in eu."
        assert said(fact.words, "fr") == "Il n'y a aucune file nommée in en eu."


def test_an_older_observation_has_only_the_text() -> None:
    seen = reference(queues={"input": Missing("There is no queue.")})
    text = encode_observation(seen)
    assert b'"said"' not in text
    fact = decode(text).queues["input"]
    assert isinstance(fact, Missing)
    assert said(fact.words, "fr") == "There is no queue."


# -- reports --------------------------------------------------------------------------------------


def report(outcome: Outcome, lang: str) -> Report:
    others = [
        Outcome(one.id, "", "passed")
        for one in lab_rubric().criteria
        if one.id != outcome.criterion
    ]
    return score(Student(), reference(), [*others, outcome], lab_rubric(), CHECKS, lang=lang)


def french(outcome: Outcome, lang: str = "fr") -> Any:
    graded = report(outcome, lang)
    return next(one for one in graded.criteria if one.id == outcome.criterion)


MEMORY = Outcome(
    "memory",
    "The function has 128 MB of memory.",
    "failed",
    "expected 128 MB, found 256 MB.",
    hint="Set memory_size in your stack, then deploy again.",
    expected=128,
    actual=256,
    template="expected {expected} {unit}, found {actual} {unit}.",
    values={"unit": {"message_id": "MB", "values": {}}},
    named=message("The function has {expect} MB of memory.", expect=128),
    advice=Message("Set memory_size in your stack, then deploy again."),
)


def test_a_report_is_in_the_language_that_is_asked_for() -> None:
    one, (test,) = french(MEMORY), french(MEMORY).tests
    assert (
        one.message
        == test.message
        == "attendu\u00a0: 128\u00a0Mo\u00a0; trouvé\u00a0: 256\u00a0Mo."
    )
    assert one.hint == "Mettez memory_size dans votre stack, puis déployez à nouveau."
    assert test.name == "La fonction a 128\u00a0Mo de mémoire."
    assert french(MEMORY, "en").message == "expected 128 MB, found 256 MB."


def test_a_report_is_told_in_the_other_language_as_it_would_be_written_in_it() -> None:
    unknown = Outcome("memory", "", "ungraded", "It is not known.", because="throttled")
    blocked = Outcome("memory", "", "blocked", because="functions.sum")
    own = msgspec.structs.replace(
        MEMORY, hint="Do {it} otherwise.", advice=Message("Do {it} otherwise.")
    )
    for outcome in (MEMORY, unknown, blocked, own):
        told = {code: report(outcome, code) for code in LANGUAGES}
        for code in LANGUAGES:
            assert translate(told["en"], lab_rubric(), code) == told[code]
            assert translate(told["fr"], lab_rubric(), code) == told[code]


def test_a_report_without_an_observation_is_told_in_the_other_language_too() -> None:
    why = Unknown.saying("unreachable", "The check took longer than {limit} s.", limit=3)
    told = {
        code: ungraded_report(Student(), lab_rubric(), why, seed=1, region="us-east-1", lang=code)
        for code in LANGUAGES
    }
    for code in LANGUAGES:
        assert translate(told["en"], lab_rubric(), code).criteria == told[code].criteria


def test_a_report_of_an_earlier_version_is_read_and_told_in_the_other_language(
    tmp_path: Path,
) -> None:
    new = {"name_id", "name_values", "hint_id", "hint_values"}
    old = json.loads(encode_report(report(MEMORY, "en")))
    for result in old["criteria"]:
        for one in [result, *result["tests"]]:
            for key in new & one.keys():
                del one[key]
    path = tmp_path / "report.json"
    path.write_text(json.dumps(old))
    one = next(
        one
        for one in translate(read_report(path), lab_rubric(), "fr").criteria
        if one.id == "memory"
    )
    assert one.message == "attendu\u00a0: 128\u00a0Mo\u00a0; trouvé\u00a0: 256\u00a0Mo."
    assert one.hint == "Mettez memory_size dans votre stack, puis déployez à nouveau."


def test_message_ids_and_values_are_the_same_in_every_language() -> None:
    results = [french(MEMORY, code) for code in LANGUAGES]
    for one in results:
        assert said(Message(one.hint_id, one.hint_values), "fr") == french(MEMORY).hint
        (test,) = one.tests
        assert said(Message(test.name_id, test.name_values), "fr") == french(MEMORY).tests[0].name
    for one in [*results, *(result.tests[0] for result in results)]:
        assert one.message_id == "expected {expected} {unit}, found {actual} {unit}."
        assert one.values == {
            "expected": 128, "actual": 256, "unit": {"message_id": "MB", "values": {}}
        }  # fmt: skip
        assert said(Message(one.message_id, one.values), "fr") == french(MEMORY).message


def test_a_share_of_several_tests_is_said_in_the_language_too() -> None:
    others = [Outcome("memory", "", "passed")]
    graded = score(
        Student(),
        reference(),
        [Outcome(c.id, "", "passed") for c in lab_rubric().criteria if c.id != "memory"]
        + [*others, MEMORY],
        lab_rubric(),
        CHECKS,
        lang="fr",
    )
    one = next(result for result in graded.criteria if result.id == "memory")
    assert (
        one.message
        == "Validé\u00a0: 1 sur 2. attendu\u00a0: 128\u00a0Mo\u00a0; trouvé\u00a0: 256\u00a0Mo."
    )
    assert said(Message(one.message_id, one.values), "fr") == one.message


def test_an_authors_own_words_stay_as_they_are() -> None:
    own = Outcome(
        "memory", "Ma vérification", "failed", "trop {peu", hint="Regardez mieux.", template="trop {peu"
    )  # fmt: skip
    one = french(own)
    assert (one.message, one.tests[0].name) == ("trop {peu", "Ma vérification")


def test_a_loop_is_explained_in_the_language_too() -> None:
    why = message("{queue} is both the input and the output queue.", queue="totals")
    loop = Exchange((), unsafe=str(why), unsafe_said=why)
    assert msgspec.json.decode(msgspec.json.encode(loop), type=Exchange) == loop
    assert isinstance(Found(loop).value.unsafe_said, Message)


def test_speaking_is_for_the_whole_program() -> None:
    languages.speak("fr")
    assert languages._("Not graded.") == "Non noté."
    assert languages.plural(2, "{count} report", "{count} reports") == "2 rapports"
    languages.speak("en")
    assert languages._("Not graded.") == "Not graded."
