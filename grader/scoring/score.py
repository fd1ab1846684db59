"""Outcomes and a rubric make a report: what was earned, and why no more."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import msgspec

from grader.i18n.language import ENGLISH, language
from grader.i18n.message import Message, message, said
from grader.model.fact import NOT_OBSERVED
from grader.model.report import CriterionResult, FoundResource, Report, TestResult
from grader.rubric.exercised import ONLY_LOOK
from grader.rubric.load import text_in
from grader.rubric.rules import route
from grader.scoring.blank_report import blank_report
from grader.scoring.late import due_of, with_lateness
from grader.scoring.open_by import settled_by
from grader.scoring.phrases import (
    ALL,
    BLOCKED_BY,
    LEFT_OUT,
    NOT_CHECKED,
    SHARE_PASSED,
    what_next,
)
from grader.scoring.points import exact_fraction, rounded, share

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from grader.model.batch import Student
    from grader.model.fact import Unknown
    from grader.model.observation import Observation
    from grader.model.outcome import CheckInfo, Outcome
    from grader.model.report import Status
    from grader.rubric.rubric import Criterion, Rubric

_UNSAID = Message("")


def score(
    student: Student,
    observation: Observation,
    outcomes: Sequence[Outcome],
    rubric: Rubric,
    checks: Mapping[str, CheckInfo],
    *,
    lang: str = "en",
    only: Collection[str] | None = None,
    due: str | None = None,
) -> Report:
    """The report of one student: what the checks said of one observation, in points.

    ``checks`` say which criterion explains a missing fact. ``only`` are the ids of the criteria that
    were looked at: all others, but for what explains these, stay ungraded, and so does the report.
    ``due`` is the time of ``--due``; what it costs to be late is taken off.
    """
    scoring = _Scoring(rubric, checks, outcomes, lang)
    criteria = tuple(map(scoring.result, rubric.criteria))
    looked = scoring.with_causes(criteria, only)
    if looked is not None:
        criteria = tuple(
            result if result.id in looked else scoring.left_out(criterion)
            for result, criterion in zip(criteria, rubric.criteria, strict=True)
        )
    ungraded = looked is not None or any(result.status == "ungraded" for result in criteria)
    sure = scoring.total(looked)
    report = Report(
        student_id=student.student_id,
        name=student.name,
        email=student.email,
        group=student.group,
        account_id=observation.account_id or student.account_id,
        region=observation.region,
        status="ungraded" if ungraded else "graded",
        score=None if ungraded else sure,
        sure_points=sure,
        max_score=float(rubric.max_score),
        criteria=criteria,
        found_as={
            role: FoundResource(
                found_as.name,
                said(found_as.said, lang),
                found_as.said.message_id,
                found_as.said.values,
            )
            for role, found_as in observation.found_as.items()
        },
        looked_at=msgspec.UNSET if looked is None else looked,
        flags=tuple(sorted({*observation.flags})),
        seed=observation.seed,
        attempt=observation.attempt,
        rubric_sha256=rubric.sha256,
        grader_version=observation.grader_version,
        started_at=observation.started_at,
        finished_at=observation.finished_at,
        duration_s=float(observation.duration_s),
    )
    return with_lateness(report, observation, rubric, due_of(student, due, rubric))


def ungraded_report(
    student: Student, rubric: Rubric, why: Unknown, *, seed: int, region: str, lang: str = "en"
) -> Report:
    """The report of a student of whom there is no observation: nothing is graded, and it says why.

    It begins and ends now.
    """
    scoring = _Scoring(rubric, {}, (), lang)
    criteria = (
        scoring.ungraded(criterion, why.words, None, [why.kind]) for criterion in rubric.criteria
    )
    return blank_report(student, rubric, criteria, seed=seed, region=region)


class _Scoring:
    """One student's criteria: each is judged alone, then what is blocked is traced to its cause."""

    def __init__(
        self,
        rubric: Rubric,
        checks: Mapping[str, CheckInfo],
        outcomes: Sequence[Outcome],
        lang: str,
    ) -> None:
        self.rubric, self.checks, self.lang = rubric, checks, lang
        self.outcomes: dict[str, list[Outcome]] = {
            criterion.id: [] for criterion in rubric.criteria
        }
        for outcome in outcomes:
            self.outcomes.setdefault(outcome.criterion, []).append(outcome)
        self.alone = {name: _status(found) for name, found in self.outcomes.items()}

    def result(self, criterion: Criterion) -> CriterionResult:
        """What this criterion came to."""
        status = self.alone[criterion.id]
        if status == "blocked":
            return self._blocked(criterion)
        if status == "ungraded":
            return self.ungraded(criterion, *self._reason(criterion))
        if status == "passed":
            return self._criterion_result(criterion, "passed")
        tests = self.outcomes[criterion.id]
        passed = sum(test.outcome == "passed" for test in tests)
        first = next(test for test in tests if test.outcome != "passed")
        why, text = first.said, self._text(first)
        if len(tests) > 1:
            why = message(SHARE_PASSED, passed=passed, tests=len(tests), first=why)
            # The text of an author's check may be another than its template's.
            text = language(self.lang).say(
                SHARE_PASSED, passed=passed, tests=len(tests), first=text
            )
        return self._criterion_result(criterion, status, why, text.rstrip(), of=first)

    def total(self, only: Collection[str] | None = None) -> float:
        """The points of all criteria together, or ``only`` of some, as far as their tests passed. They
        are added exactly, and rounded once."""
        counted = (
            criterion for criterion in self.rubric.criteria if only is None or criterion.id in only
        )
        return rounded(sum(map(self._share, counted), Fraction(0)))

    def with_causes(
        self, results: Sequence[CriterionResult], only: Collection[str] | None
    ) -> tuple[str, ...] | None:
        """The ids of ``only`` some criteria, and of those that explain what blocks them."""
        if only is None:
            return None
        causes = {result.because for result in results if result.id in only}
        return tuple(result.id for result in results if result.id in only or result.id in causes)

    def left_out(self, criterion: Criterion) -> CriterionResult:
        """What a criterion came to that nobody asked about."""
        self.outcomes[criterion.id] = []
        result = self._criterion_result(
            criterion, "ungraded", Message(LEFT_OUT), advice=Message(ALL)
        )
        return msgspec.structs.replace(result, open_by="grader")

    def _share(self, criterion: Criterion) -> Fraction:
        return share(criterion.points, self.outcomes[criterion.id])

    def _blocked(self, criterion: Criterion) -> CriterionResult:
        root = self._root(criterion)
        if root is None:
            first = self.outcomes[criterion.id][0]
            return self._criterion_result(
                criterion, "blocked", first.said, self._text(first), of=first
            )
        if self.alone[root.id] == "passed":
            return self.ungraded(criterion, Message(NOT_OBSERVED), None, ["not-observed"])
        if self.alone[root.id] == "ungraded":
            return self.ungraded(criterion, *self._reason(root))
        title = text_in(root.title, self.lang)
        return self._criterion_result(
            criterion, "blocked", message(BLOCKED_BY, title=title), because=root.id
        )

    def _root(self, criterion: Criterion) -> Criterion | None:
        """The criterion at the end of the chain of causes; ``None`` if no criterion explains it."""
        root: Criterion | None = None
        seen = {criterion.id}
        while True:
            cause = self._cause(self.outcomes[criterion.id][0].because or "")
            if cause is None or cause.id in seen:
                return root
            root = criterion = cause
            seen.add(cause.id)
            if self.alone[cause.id] != "blocked":
                return root

    def _cause(self, path: str) -> Criterion | None:
        family, _, name = path.partition(".")
        explaining = [
            criterion
            for criterion in self.rubric.criteria
            if self.checks[criterion.check].explains == family
            and name in {"", route(criterion.on)[0]}
        ]
        failed = [criterion for criterion in explaining if self.alone[criterion.id] != "passed"]
        return next(iter(failed or explaining), None)

    def _reason(self, criterion: Criterion) -> tuple[Message, str | None, list[str]]:
        """Why it is ungraded, the same as text where that is known, and the kinds of Unknown, that of
        the reason first.

        What the grader is to settle comes before what the student is: theirs alone would not end it.
        """
        unknown = [
            (test.because or "unexpected", test)
            for test in self.outcomes[criterion.id]
            if test.outcome == "ungraded"
        ]
        if not unknown:
            return Message(NOT_CHECKED), None, ["unexpected"]
        unknown.sort(key=lambda pair: settled_by([pair[0]]) == "student")
        first = unknown[0][1]
        return first.said, self._text(first), [kind for kind, _test in unknown]

    def _knows(self, template: Message) -> bool:
        return bool(language(self.lang).translated(template.message_id))

    def _text(self, outcome: Outcome) -> str:
        """The outcome's message in the report's language; an author's own words as they are."""
        if self.lang == ENGLISH or not self._knows(outcome.said):
            return outcome.message
        return said(outcome.said, self.lang)

    def _name(self, outcome: Outcome) -> str:
        if self.lang == ENGLISH or outcome.named is None or not self._knows(outcome.named):
            return outcome.test
        return said(outcome.named, self.lang)

    def _hint(self, criterion: Criterion, outcome: Outcome) -> str:
        """The outcome's hint, which knows more, unless only the rubric's is in the report's language."""
        if outcome.advice is not None and self._knows(outcome.advice):
            return said(outcome.advice, self.lang)
        translated = isinstance(criterion.hint, dict) and self.lang in criterion.hint
        if outcome.hint and (self.lang == ENGLISH or not translated):
            return outcome.hint
        return text_in(criterion.hint, self.lang)

    def ungraded(
        self, criterion: Criterion, why: Message, text: str | None, kinds: Sequence[str]
    ) -> CriterionResult:
        """What a criterion came to that could not be checked, because of Unknowns of these ``kinds``;
        ``why`` is of the first."""
        result = self._criterion_result(
            criterion, "ungraded", why, text, advice=what_next(kinds[0], why)
        )
        return msgspec.structs.replace(result, open_by=settled_by(kinds))

    def _criterion_result(
        self,
        criterion: Criterion,
        status: Status,
        why: Message = _UNSAID,
        text: str | None = None,
        *,
        advice: Message = _UNSAID,
        because: str | None = None,
        of: Outcome | None = None,
    ) -> CriterionResult:
        hint = said(advice, self.lang)
        if of is not None:
            hint, advice = self._hint(criterion, of), of.advice or _UNSAID
        return CriterionResult(
            id=criterion.id,
            title=text_in(criterion.title, self.lang),
            status=status,
            points=None if status == "ungraded" else rounded(self._share(criterion)),
            max_points=rounded(exact_fraction(criterion.points)),
            message=said(why, self.lang) if text is None else text,
            message_id=why.message_id,
            values=why.values,
            hint=hint,
            hint_id=advice.message_id,
            hint_values=advice.values,
            author_hint="" if of is None else text_in(criterion.hint, self.lang),
            evidence=None if of is None else of.evidence,
            expected=None if of is None else of.expected,
            actual=None if of is None else of.actual,
            because=because,
            tests=tuple(
                TestResult(
                    name=self._name(test),
                    name_id=(test.named or _UNSAID).message_id,
                    name_values=(test.named or _UNSAID).values,
                    outcome=test.outcome,
                    message=self._text(test),
                    message_id=test.said.message_id,
                    values=test.said.values,
                )
                for test in self.outcomes[criterion.id]
            ),
            only_looks=self._only_looks(criterion),
        )

    def _only_looks(self, criterion: Criterion) -> bool | msgspec.UnsetType:
        info = self.checks.get(criterion.check)
        unknown = info is None or info.name in ONLY_LOOK or not info.only_looks
        return msgspec.UNSET if unknown else True


def _status(outcomes: Sequence[Outcome]) -> Status:
    outcomes_present = {outcome.outcome for outcome in outcomes}
    if not outcomes_present or "ungraded" in outcomes_present:
        return "ungraded"
    if outcomes_present == {"blocked"}:
        return "blocked"
    if outcomes_present == {"passed"}:
        return "passed"
    return "partial" if "passed" in outcomes_present else "failed"
