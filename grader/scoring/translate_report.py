"""A report said in another language than it was written in, as far as its words are known in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET

from grader.i18n.language import language
from grader.i18n.message import Message, said
from grader.rubric.load import text_in
from grader.scoring.adjustment_words import why

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.model.report import CriterionResult, Report, TestResult
    from grader.rubric.rubric import Criterion, Rubric, Text


def translate(report: Report, rubric: Rubric | None, lang: str) -> Report:
    """The report in the language ``lang``.

    Titles and hints are the rubric's where the report has them from it. What only its author has
    words for stays as it is.
    """
    asked = {criterion.id: criterion for criterion in rubric.criteria} if rubric is not None else {}
    titles = {
        title: text_in(criterion.title, lang)
        for criterion in asked.values()
        if isinstance(criterion.title, dict)
        for title in criterion.title.values()
    }
    return msgspec.structs.replace(
        report,
        criteria=tuple(
            _retold(criterion, asked.get(criterion.id), titles, lang)
            for criterion in report.criteria
        ),
        adjustments=tuple(
            msgspec.structs.replace(adjustment, why=why(adjustment, lang))
            for adjustment in report.adjusted
        )
        or UNSET,
        found_as={
            role: msgspec.structs.replace(
                judged,
                how=said(Message(judged.how_id, judged.how_values), lang)
                if judged.how_id
                else judged.how,
            )
            for role, judged in report.found_as.items()
        },
    )


def _retold(
    result: CriterionResult, asked: Criterion | None, titles: Mapping[str, str], lang: str
) -> CriterionResult:
    return msgspec.structs.replace(
        result,
        title=_other(result.title, asked.title if asked is not None else "", lang),
        message=_message(result, titles, lang),
        hint=_hint(result, asked.hint if asked is not None else "", lang),
        author_hint=_other(result.author_hint, asked.hint if asked is not None else "", lang),
        tests=tuple(
            msgspec.structs.replace(
                test, name=_name(test, lang), message=_message(test, titles, lang)
            )
            for test in result.tests
        ),
    )


def _message(result: CriterionResult | TestResult, titles: Mapping[str, str], lang: str) -> str:
    if not result.message or not _knows(result.message_id, lang):
        return result.message
    # A message may name another criterion by its title.
    values = {
        name: titles.get(value, value) if isinstance(value, str) else value
        for name, value in result.values.items()
    }
    return said(Message(result.message_id, values), lang)


def _name(test: TestResult, lang: str) -> str:
    if not _knows(test.name_id, lang):
        return test.name
    return said(Message(test.name_id, test.name_values), lang)


def _hint(result: CriterionResult, asked: Text, lang: str) -> str:
    if _knows(result.hint_id, lang):
        return said(Message(result.hint_id, result.hint_values), lang)
    if result.hint_id and isinstance(asked, dict) and lang in asked:
        return asked[lang]
    other = _other(result.hint, asked, lang)
    # An earlier version kept no id; a check's own advice without values is its template.
    return other if other != result.hint else language(lang).translated(other) or other


def _knows(template: str, lang: str) -> bool:
    return bool(language(lang).translated(template))


def _other(text: str, asked: Text, lang: str) -> str:
    """``text`` in the language, if it is what the rubric says in one of its languages."""
    return text_in(asked, lang) if isinstance(asked, dict) and text in asked.values() else text
