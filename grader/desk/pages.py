"""The desk's own pages: a student's, the board, and those with one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from grader.desk.state import WAITING_IN_LINE, desk_state_of
from grader.desk.tokens import form_token
from grader.i18n.language import N_
from grader.i18n.message import said
from grader.pages.class_page import class_page
from grader.pages.document import Inside, render
from grader.pages.speech import Speech
from grader.pages.text import page_text
from grader.roster.load import student_of
from grader.rubric.load import text_in
from grader.scoring.summary import summarise_class

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.desk.desk import Desk
    from grader.desk.seat import SeatStage, View
    from grader.results.desk_file import Claim
    from grader.roster.load import RosterEntry

_STYLES = ("page.css", "desk.css")
STUDENT_LAYOUT = Inside(("desk.js",), _STYLES, served=True)
SENTENCE = Inside((), _STYLES, served=True)
BOARD = Inside(("class.js", "board.js"), _STYLES, served=True)

_NAME = 120
STAGES: Mapping[SeatStage, str] = {
    "idle": N_("not here yet"),
    "queued": N_("waiting"),
    "looking": N_("being checked"),
    "done": N_("checked"),
    "refused": N_("not accepted"),
}
_ORDER: tuple[SeatStage, ...] = ("refused", "looking", "queued", "done", "idle")
_WAITING_WORDS = N_("waiting")


class PageText(NamedTuple):
    """A page, and the policy that its answer's head repeats."""

    html: str
    policy: str


class Seated(NamedTuple):
    """A student on the board."""

    student_id: str
    name: str
    group: str
    stage: SeatStage
    state: str
    account: str
    score: str
    tries: str
    message: str


class Claimed(NamedTuple):
    """A claim on the board: who handed in the account, and whose it is, by the roster or because it was
    graded first. ``owner_id`` is who can be released of it."""

    account: str
    who: str
    who_id: str
    owner: str
    owner_id: str
    by_roster: bool
    at: str


def sentence_page(lang: str, title: str, sentences: list[str]) -> PageText:
    """A page with one thing to say."""
    html = render(
        "desk-sentence.html",
        Speech(lang),
        inside=SENTENCE,
        title=title,
        sentences=sentences,
        button=None,
        csrf="",
    )
    return PageText(html, SENTENCE.policy)


def enter_page(desk: Desk, lang: str, who: str | None, cookie: str) -> PageText:
    """The page of a link: one button. ``who`` is the student's name, ``None`` for the instructor."""
    speech = Speech(lang)
    title = text_in(desk.setup.rubric.title, lang)
    told = speech.say("The board of this desk.") if who is None else page_text(who, _NAME)
    html = render(
        "desk-sentence.html",
        speech,
        inside=SENTENCE,
        title=page_text(title, _NAME),
        sentences=[told, speech.say("This link is yours alone: do not pass it on.")],
        button=speech.say("Go to the board") if who is None else speech.say("Go to my page"),
        csrf=form_token(cookie),
    )
    return PageText(html, SENTENCE.policy)


def desk_student_page(desk: Desk, view: View, lang: str, cookie: str, note: str = "") -> PageText:
    """A student's page: where they are, what came of it, and the form to hand in."""
    speech, rubric = Speech(lang), desk.setup.rubric
    state = desk_state_of(view, rubric, lang)
    entry = view.entry
    html = render(
        "desk.html",
        speech,
        inside=STUDENT_LAYOUT,
        title=page_text(text_in(rubric.title, lang), _NAME),
        name=page_text(entry.name, _NAME).strip() or page_text(entry.student_id, _NAME),
        row=entry,
        partners=[
            page_text(partner.name or partner.student_id, _NAME)
            for partner in desk.account_claims.party(entry)
            if partner.student_id != entry.student_id
        ],
        state=state,
        stage=speech.say(STAGES[view.stage]),
        busy=view.stage in {"queued", "looking"},
        waiting=WAITING_IN_LINE,
        waiting_words=speech.say(_WAITING_WORDS),
        has_report=view.counting_report is not None and not view.counting_report.absent,
        is_open=desk.is_open,
        until=speech.moment(desk.until.isoformat(timespec="seconds")) if desk.until else "",
        note=note,
        csrf=form_token(cookie),
    )
    return PageText(html, STUDENT_LAYOUT.policy)


def board_page(desk: Desk, lang: str, cookie: str) -> PageText:
    """The instructor's page: who is where, who claims what is another's, and the class below."""
    speech = Speech(lang)
    views = desk.tries.seats.views()
    names = {view.entry.student_id: _name(view) for view in views}
    known = desk.class_run.known
    counts = desk.tries.seats.stage_counts
    html = class_page(
        [result.report for result in known],
        summarise_class(known, desk.setup.rubric, lang),
        None,
        speech,
        students=[student_of(entry) for entry in desk.rows],
        template="board.html",
        inside=BOARD,
        csrf=form_token(cookie),
        is_open=desk.is_open,
        until=speech.moment(desk.until.isoformat(timespec="seconds")) if desk.until else "",
        stages=[(stage, speech.say(STAGES[stage]), counts[stage]) for stage in _ORDER],
        seated=[_seated(view, speech) for view in _in_order(views)],
        claims=[
            _claimed(claim, holders, names, speech)
            for claim, holders in reversed(desk.account_claims.disputes())
        ],
    )
    return PageText(html, BOARD.policy)


def _claimed(
    claim: Claim, holders: list[RosterEntry], names: Mapping[str, str], speech: Speech
) -> Claimed:
    by_roster = any(entry.account_id == claim.account_id for entry in holders)
    return Claimed(
        claim.account_id,
        names.get(claim.student_id, claim.student_id),
        claim.student_id,
        ", ".join(names[entry.student_id] for entry in holders),
        # What the roster gives stays theirs.
        "" if by_roster else holders[0].student_id,
        by_roster,
        speech.moment(claim.at),
    )


def _name(view: View) -> str:
    return page_text(view.entry.name, _NAME).strip() or page_text(view.entry.student_id, _NAME)


def _in_order(views: list[View]) -> list[View]:
    return sorted(views, key=lambda view: _ORDER.index(view.stage))


def _seated(view: View, speech: Speech) -> Seated:
    report = view.counting_report
    return Seated(
        page_text(view.entry.student_id, _NAME),
        _name(view),
        page_text(view.entry.group or "", _NAME),
        view.stage,
        speech.say(STAGES[view.stage]),
        page_text(view.account_id or "", 40),
        speech.number(report.score if report is not None else None),
        speech.number(view.tries) if view.tries else "",
        page_text(said(view.words, speech.lang), 300)
        if view.words and view.stage == "refused"
        else "",
    )
