"""What Python says of an event, a record or a message that is read wrong, and the next step for each.

The first rule that fits decides.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from grader.checks.step_rule import Rule, says
from grader.i18n.language import N_

if TYPE_CHECKING:
    from grader.checks.step_rule import ErrorInContext


def _in_lambda(error: ErrorInContext, _found: re.Match[str]) -> bool:
    return error.in_lambda


def _own(error: ErrorInContext, _found: re.Match[str]) -> bool:
    return error.own


def _own_loading(error: ErrorInContext, _found: re.Match[str]) -> bool:
    return error.own and error.error.loading


def _of_environment(error: ErrorInContext, found: re.Match[str]) -> bool:
    """The key is the name of an environment variable, not one of a message."""
    raised = error.error
    if raised.raised_by or raised.code:
        return raised.raised_by == "os" or "environ" in raised.code
    # Nothing tells where it was raised. While the code is loaded there is no message yet.
    return raised.loading or bool(re.fullmatch(r"[A-Z][A-Z0-9]*_[A-Z0-9_]+", found["key"]))


def _of_message(error: ErrorInContext, found: re.Match[str]) -> bool:
    return bool(error.error.code) and found["key"] in error.context.keys


def _seen(error: ErrorInContext, _found: re.Match[str]) -> bool:
    """What stands in the line was seen, and a message was there."""
    return bool(error.error.code) and error.at_line and not error.error.loading


def _reads_environment(error: ErrorInContext, _found: re.Match[str]) -> bool:
    """The line itself reads an environment variable that may be None, and nothing else that may be."""
    others, read = re.subn(r"\b(?:environ\.get|getenv)\(", "(", error.error.code)
    return error.at_line and read > 0 and ".get(" not in others


_KEY = r"^KeyError: '(?P<key>.*)'$"
_NUMBER = r"'(?:int|float|(?:decimal\.)?Decimal)'"
_TEXT_AND_NUMBER = N_(
    'Text and a number stand on the two sides of "+": convert both with float(…) to add them, or'
    " with str(…) to write them one after the other."
)
_IS_TEXT = N_("“{sign}” is given text: convert both with float(…) first.")
_NONE = says(
    r"unsupported operand type\(s\) for .*'NoneType'|argument must be .*, not '?NoneType'?"
    r"|can only concatenate str \(not \"NoneType\"\)"
    r"|'NoneType' object is not (?:subscriptable|iterable)"
    r"|'NoneType' object has no attribute|must be str, bytes or bytearray, not NoneType"
)
_STILL_TEXT = N_(
    "That is still text: make a dictionary of it first, with json.loads. The message of a record is"
    ' json.loads(record["body"]).'
)

RULES: tuple[Rule, ...] = (
    Rule(
        says(_KEY),
        N_(
            "Your code reads the environment variable {key}, and the function has none of that"
            " name: set it on the function (environment in your stack; Configuration, Environment"
            " variables in the console), or correct the name. Capital letters count."
        ),
        _of_environment,
    ),
    Rule(
        says(""),
        N_(
            "Your own code raises this while it is loaded, before any message comes: look at what"
            " leads to line {line} of {file}."
        ),
        _own_loading,
    ),
    Rule(
        says(""),
        N_(
            "Your own code raises this, although the message is right (it has the keys {keys}):"
            " look at what leads to line {line} of {file}."
        ),
        _own,
    ),
    # -- keys: of the event, of a record, of the message ------------------------------------------
    Rule(
        says(r"^KeyError: 'Records'$"),
        N_(
            'Only the event itself has "Records": take it from event, not from a record or its'
            " body."
        ),
    ),
    Rule(
        says(r"^KeyError: '(?:[Rr]ecords?|RECORDS|[Mm]essages?)'$"),
        N_(
            'Lambda hands the messages over in event["Records"], with a capital R: read them there.'
        ),
    ),
    Rule(
        says(r"^KeyError: 'body'$"),
        N_(
            'A record has "body", as in event["Records"][0]["body"]. The event has none, and the'
            " message in it has only the keys {keys}."
        ),
    ),
    Rule(
        says(r"^KeyError: '(?:B[Oo][Dd][Yy]|[Mm]essage_?[Bb]ody)'$"),
        N_('The text of a record stands under "body", in lower case: record["body"].'),
    ),
    Rule(
        says(_KEY),
        N_(
            "{key} is a key of the message, and the message is text until it is read: take it from"
            ' json.loads(record["body"]).'
        ),
        _of_message,
    ),
    Rule(
        says(r"^KeyError: '?(?P<key>[^']*)'?$"),
        N_(
            "Line {line} of {file} looks for the key {key}. If it looks in the message: that has"
            " only the keys {keys}."
        ),
        _seen,
    ),
    # -- JSON -------------------------------------------------------------------------------------
    Rule(
        says(r"Object of type coroutine is not JSON serializable|was never awaited"),
        N_("Write the handler as a plain function: take async away from its def."),
    ),
    Rule(
        says(r"Object of type (?:async_)?generator is not JSON serializable"),
        N_(
            "Take yield out of the handler: with it in, the handler does nothing until somebody"
            " asks for its values, and Lambda never does."
        ),
    ),
    Rule(
        says(r"Object of type (?P<type>\w+) is not JSON serializable"),
        N_(
            "What your handler returns cannot be written as JSON (it holds a value of the type"
            " {type}). Nothing need be returned: what counts is what you send."
        ),
        _in_lambda,
    ),
    Rule(
        says(r"Object of type Decimal is not JSON serializable"),
        N_("JSON has no Decimal: convert it with int(…) or float(…) before json.dumps."),
    ),
    Rule(
        says(r"Object of type (?P<type>\w+) is not JSON serializable"),
        N_("JSON has no {type}: give json.dumps a dictionary of text and numbers."),
    ),
    Rule(
        says(r"the JSON object must be str, bytes or bytearray, not (?:dict|list)"),
        N_(
            "That is no text any more: json.loads is for the text of a record,"
            ' json.loads(record["body"]), once.'
        ),
    ),
    Rule(
        says(r"^JSONDecodeError: Expecting property name enclosed in double quotes"),
        N_(
            "json.loads got something with single quotes, which is no JSON. Give it"
            ' record["body"] as it is, not str(…) of a dictionary.'
        ),
    ),
    Rule(
        says(r"^JSONDecodeError: "),
        N_(
            "json.loads got text that is no JSON. Give it the text of a record, as it is:"
            ' record["body"].'
        ),
    ),
    Rule(
        says(r"'str' object has no attribute 'read'"),
        N_("json.load reads files: for text it is json.loads."),
    ),
    # -- text, numbers, None ----------------------------------------------------------------------
    Rule(
        says(
            r"can only concatenate str \(not \"(?:int|float|(?:decimal\.)?Decimal)\"\) to str"
            rf"|unsupported operand type\(s\) for \+=?: (?:{_NUMBER} and 'str'|'str' and {_NUMBER})"
        ),
        _TEXT_AND_NUMBER,
    ),
    Rule(
        says(
            r"unsupported operand type\(s\) for (?P<sign>[^:\s]+)[^:]*:"
            rf" (?:{_NUMBER} and 'str'|'str' and (?:'str'|{_NUMBER}))"
        ),
        _IS_TEXT,
    ),
    Rule(
        says(
            r"'(?P<sign>[<>]=?)' not supported between instances of"
            rf" (?:{_NUMBER} and 'str'|'str' and {_NUMBER})"
        ),
        _IS_TEXT,
    ),
    Rule(
        says(r"can't multiply sequence by non-int of type '(?:str|float)'"),
        N_("“*” is given text: convert both with float(…) first."),
    ),
    Rule(
        _NONE,
        N_(
            "A value is None: the environment variable that line {line} of {file} reads is not set."
            " Set it on the function (environment in your stack; Configuration, Environment"
            " variables in the console), or correct the name."
        ),
        _reads_environment,
    ),
    Rule(
        _NONE,
        N_(
            "A value is None: a .get(…) that found nothing (the message has the keys {keys}), an"
            " environment variable that is not set, or a function of yours without return."
        ),
    ),
    Rule(
        says(
            r"unsupported operand type\(s\) for (?P<sign>[^:]+): '(?P<one>\w+)' and '(?P<two>\w+)'"
        ),
        N_(
            "Your code combines values of the types {one} and {two} with {sign}: take the numbers"
            " themselves from the message, which has the keys {keys}."
        ),
    ),
    Rule(
        says(r"\b(?:int|float)\(\) argument must be .*, not '?(?:dict|list)'?"),
        N_("Convert the numbers one by one: the message has them under the keys {keys}."),
    ),
    Rule(
        says(
            r"string indices must be integers|byte indices must be integers"
            r"|'str' object has no attribute '(?:get|keys|values|items)'"
        ),
        _STILL_TEXT,
    ),
    Rule(
        says(
            r"list indices must be integers or slices, not str"
            r"|'list' object has no attribute '(?:get|keys|values|items)'"
        ),
        N_(
            'event["Records"] is a list: take its records one after the other, as in for record in'
            ' event["Records"].'
        ),
    ),
    Rule(
        says(
            r"(?:invalid literal for int\(\) with base \d+|could not convert string to float)"
            r": ['\"]\s*\{"
        ),
        N_(
            "Your code converts the whole message to a number. Read it with json.loads first,"
            " then take the numbers from it: it has the keys {keys}."
        ),
    ),
    Rule(
        says(
            r"(?:invalid literal for int\(\) with base \d+|could not convert string to float)"
            r": (?P<text>.*)"
        ),
        N_(
            '{text} is no number: take the numbers from json.loads(record["body"]), which has the'
            " keys {keys}."
        ),
    ),
    Rule(
        says(r"^IndexError: string index out of range"),
        N_(
            "A text has fewer characters than your code asks for. If it is the message: that is text"
            ' until json.loads(record["body"]) has read it, and then has the keys {keys}.'
        ),
    ),
    Rule(
        says(
            r"^IndexError: (?:(?:list|tuple) (?:assignment )?index out of range|pop from empty list)"
        ),
        N_(
            "A list has fewer items than your code asks for. If it is"
            ' event["Records"]: an event may hold a single record.'
        ),
    ),
)
