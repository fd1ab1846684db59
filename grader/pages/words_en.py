"""The words of the pages in English."""

from __future__ import annotations

from typing import Final

from grader.pages.plural import Plural, Words

ENGLISH: Final[Words] = {
    # what both pages say
    "colon": ": ",
    "status.passed": "passed",
    "status.partial": "partly passed",
    "status.failed": "failed",
    "status.blocked": "not checked",
    "status.ungraded": "not graded",
    "points": "{points} of {most} points",
    "no-points": "no grade yet, of {most} points",
    "made-with": "Made by grader {version}.",
    # the class page
    "class.results": "Results",
    "class.students": Plural(
        "{n} student",
        "{n} students",
    ),
    "class.graded": "{n} graded",
    "class.ungraded": "{n} not graded",
    "state.starting": "This batch is not finished: what follows is what there is so far.",
    "state.running": "This batch is not finished: what follows is what there is so far.",
    "state.interrupted": (
        "This batch was interrupted. Run it again with --resume for whoever is missing."
    ),
    "class.missing": Plural(
        "{n} student of the roster has no report yet.",
        "{n} students of the roster have no report yet.",
    ),
    "class.mean": "Mean",
    "class.median": "Median",
    "class.range": "Lowest and highest",
    "class.to": "{low} to {high}",
    "class.of": "of {most}",
    "class.took": "Time taken",
    "class.nobody": "Nobody has a grade yet.",
    "scores": "Scores",
    "scores.caption": Plural(
        "How many students have which score. A bar counts the scores from its number up to "
        "the next; {n} student is graded.",
        "How many students have which score. A bar counts the scores from its number up to "
        "the next; {n} students are graded.",
    ),
    "scores.numbers": "The same in numbers",
    "scores.score": "Score",
    "scores.students": "Students",
    "wrong": "What went wrong most often",
    "wrong.nothing": "Nobody lost a point.",
    "wrong.next": "Next step",
    "wrong.more": Plural(
        "{n} rarer mistake is on the students' pages.",
        "{n} rarer mistakes are on the students' pages.",
    ),
    "unknown": "Who could not be graded, and why",
    "criteria": "Criteria",
    "criteria.criterion": "Criterion",
    "criteria.rate": "Passed",
    "criteria.mean": "Mean points",
    "criteria.each": "How many passed, partly passed, failed, were not checked or not graded",
    "heat": "Students and criteria",
    "heat.help": "Points for each criterion. A student's name leads to that student's page.",
    "heat.student": "Student",
    "heat.score": "Score",
    "heat.flags": "Noted",
    "heat.legend": "Marks",
    "filter": "Show",
    "filter.name": "Name contains",
    "filter.status": "Students with",
    "filter.any-status": "any result",
    "filter.criterion": "in",
    "filter.any-criterion": "any criterion",
    "filter.flagged": "Only students with something noted",
    "filter.shown": "{shown} of {all} students shown",
    "filter.sort": "Sort by {column}",
    "flags": "Noted, for you to look at",
    "flags.help": "Facts for a human. They cost no points by themselves.",
    "flags.together": "Account {account}: ",
    "flags.more": Plural(
        "and {n} more",
        "and {n} more",
    ),
    "run": "How this was graded",
    "run.started": "Started",
    "run.finished": "Finished",
    "run.jobs": "Accounts at a time",
    "run.attempt": "Attempt",
    "run.seed": "Seed",
    "run.rubric": "Rubric",
    # one student's page
    "student.score": "Score",
    "student.ungraded": "You have no grade yet",
    "student.ungraded.why": "Something could not be checked. It does not count against you.",
    "student.do": "What to do",
    "student.full": "Everything passed.",
    "student.group": "Group {group}",
    "student.criteria": "Criteria",
    "student.expected": "Expected",
    "student.found": "Found",
    "student.next": "Next step",
    "student.tests": Plural(
        "{n} test",
        "{n} tests",
    ),
    "student.pairs": "What was sent, and what came back",
    "student.handler": "Your function, called directly with one message",
    "student.records": "Your function, called directly with several messages in one event",
    "student.exchange": "Through your queues, one message at a time",
    "student.unseen": (
        "What was seen in your account was not kept, so there is nothing to show here."
    ),
    "student.sent": "Sent",
    "student.numbers": "Numbers",
    "student.sum": "Sum",
    "student.answer": "Answer",
    "student.after": "After",
    "student.verdict": "Verdict",
    "student.none": "no answer",
    "student.others": "Your function also wrote this, which answers nothing that was sent:",
    "student.patience": "For each answer the grader waited up to {seconds}.",
    "student.own-queue": "The sum was found on your function's own input queue.",
    "student.unsure": "The event was made up by the grader, so your queue decided instead.",
    "student.failure": "Your function's last words",
    "student.log": "The last lines of its log:",
    "student.flags": "Noted",
    "student.flags.help": "These are facts for your instructor. They cost no points by themselves.",
    "student.about": "About this check",
    "student.checked": "Checked",
    "student.account": "AWS account",
    "student.region": "Region",
    "student.duration": "Time taken",
    "student.seed": "Seed",
    "student.attempt": "Attempt",
    "student.replay": "To send the same numbers again: grader check --seed {seed}",
    # facts that are not found
    "fact.not-tried": "Not tried: {reason}",
    "fact.unknown": "This could not be found out: {reason}",
    # what is said of an answer
    "answer.right": "right",
    "answer.joined": "wrong: the two numbers joined as text",
    "answer.multiplied": "wrong: the two numbers multiplied",
    "answer.subtracted": "wrong: one number less the other",
    "answer.first-number": "wrong: the first number only",
    "answer.second-number": "wrong: the second number only",
    "answer.nearly": "wrong: off by a little",
    "answer.other": "wrong",
    # how an invocation went wrong
    "failed.raised": "Your function raised {error}.",
    "failed.at": "Your function raised {error} ({file}, line {line}).",
    "failed.timed-out": "Your function was still running when its time was up.",
    "failed.refused": "AWS refused to run your function: its reserved concurrency is used up.",
    "failed.broken": "AWS could not run your function.",
    # flags, for the instructor
    "flag.account-shared": "The same AWS account was handed in by students of different groups.",
    "flag.same-code": (
        "The same code was deployed in different accounts by students of different groups."
    ),
    "flag.account-mismatch": "The credentials lead to another account than the roster's.",
    "flag.foreign-messages": (
        "There were messages in the output queue that the grader had not sent for. They were "
        "left there."
    ),
    "flag.direct-inconclusive": "Calling the function directly showed nothing; the queue decided.",
    "flag.raises-after-answer": (
        "The function answers, then raises an exception: SQS delivers the message again."
    ),
    "flag.pair-left-behind": "A message of the grader may still lie in the input queue.",
    "flag.answers-left-behind": (
        "An answer to the grader could not be removed from the output queue."
    ),
    # the same, short, for the table
    "short.account-shared": "shared account",
    "short.same-code": "same code",
    "short.account-mismatch": "other account",
    "short.foreign-messages": "foreign messages",
    "short.direct-inconclusive": "queue decided",
    "short.raises-after-answer": "raises after answering",
    "short.pair-left-behind": "message left behind",
    "short.answers-left-behind": "answer left behind",
    # the same, for the student
    "yours.account-shared": "Another submission comes from the same AWS account as yours.",
    "yours.same-code": (
        "The code of your function is the same, byte for byte, as in another submission."
    ),
    "yours.account-mismatch": (
        "Your credentials lead to another AWS account than the one on your instructor's list."
    ),
    "yours.foreign-messages": (
        "Your output queue held messages that the grader had not sent for. They were left there."
    ),
    "yours.direct-inconclusive": (
        "Calling your function directly showed nothing, so your queue decided."
    ),
    "yours.raises-after-answer": (
        "Your function answers and then raises an exception, so SQS delivers the same "
        "message again. Look at its log."
    ),
    "yours.pair-left-behind": "A message of the grader may still lie in your input queue.",
    "yours.answers-left-behind": (
        "An answer to the grader could not be removed from your output queue."
    ),
}
