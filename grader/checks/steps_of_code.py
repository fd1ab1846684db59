"""What Python says of calls and names that are wrong, and the next step for each.

The first rule that fits decides.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from grader.checks.step_rule import Rule, says
from grader.i18n.language import N_

if TYPE_CHECKING:
    from grader.checks.step_rule import ErrorInContext

_MODULES = "boto3|botocore|json|os|sys|re|time|math|decimal|datetime|logging|random|uuid|traceback"


_CLIENTS = "send_message|receive_message|get_queue_url"
_CALLS = rf"dumps|loads|client|resource|getenv|environ|{_CLIENTS}"
"""What modules and clients have, and no dictionary of a message."""


def _at_line(error: ErrorInContext, _found: re.Match[str]) -> bool:
    return error.at_line


def _is_handler(error: ErrorInContext, found: re.Match[str]) -> bool:
    function = error.context.function
    return function is not None and function.handler == f"{found['module']}.{found['name']}"


def _in_lambda(error: ErrorInContext, _found: re.Match[str]) -> bool:
    return error.in_lambda


def _hides(error: ErrorInContext, found: re.Match[str]) -> bool:
    """A variable has the name of a module."""
    return bool(re.fullmatch(_MODULES, error.owner(found["name"])))


def _has_owner(error: ErrorInContext, found: re.Match[str]) -> bool:
    return bool(error.owner(found["name"]))


def _may_be_key(_error: ErrorInContext, found: re.Match[str]) -> bool:
    return not re.fullmatch(_CALLS, found["name"])


RULES: tuple[Rule, ...] = (
    # -- calls ------------------------------------------------------------------------------------
    Rule(
        says(r"^TypeError: (?:\w+\.)*client\(\) missing .*'service_name'"),
        N_('Name the service that you want a client of: boto3.client("sqs").'),
    ),
    Rule(
        says(
            r"^TypeError: (?:[\w<>]+\.)*(?P<name>\w+)\(\) "
            r"(?:takes \S.* positional arguments? but \d+ (?:was|were) given"
            r"|missing \d+ required positional)"
        ),
        N_("Lambda calls the handler with two arguments: write def {name}(event, context)."),
        _in_lambda,
    ),
    Rule(
        says(r"^TypeError: (?:[\w<>]+\.)*(?P<name>\w+)\(\) (?:takes|missing|got an unexpected) "),
        N_("Line {line} of {file} calls {name} with other arguments than it takes."),
        _at_line,
    ),
    Rule(
        says(r"^TypeError: (?P<call>\w+)\(\) only accepts keyword arguments"),
        N_(
            "boto3 takes arguments by name only, as in send_message(QueueUrl=…, MessageBody=…):"
            " name those of {call}."
        ),
    ),
    # -- names ------------------------------------------------------------------------------------
    Rule(
        says(rf"^NameError: name '(?P<name>{_MODULES})' is not defined"),
        N_("The file does not import {name}: write import {name} at its top."),
    ),
    Rule(
        says(r"^NameError: name '(?P<name>\w+)' is not defined"),
        N_("The name {name} is not defined: look for a typing mistake, or define it first."),
    ),
    Rule(
        says(r"^UnboundLocalError: .*'(?P<name>\w+)'"),
        N_("{name} has no value yet when it is used: give it one on every way that leads there."),
    ),
    Rule(
        says(r"partially initialized module '(?P<module>[\w.]+)'"),
        N_(
            "A file of yours has the name of the module {module}, and is imported in its place:"
            " rename your file."
        ),
    ),
    Rule(
        says(r"^AttributeError: module '(?P<module>\w+)' has no attribute '(?P<name>\w+)'"),
        N_(
            "The function's handler setting is {handler}, and {module}.py has no function {name}:"
            " rename the function, or change the setting (handler in your stack; Code, Runtime"
            " settings, Edit in the console)."
        ),
        _is_handler,
    ),
    Rule(
        says(r"^AttributeError: module '(?P<module>[\w.]+)' has no attribute '(?P<name>\w+)'"),
        N_("The module {module} has no {name}: look for a typing mistake."),
    ),
    Rule(
        says(r"'(?:SQS|sqs\.\w+)' object has no attribute '(?P<name>\w+)'"),
        N_("boto3 has no {name} for SQS: the call is send_message(QueueUrl=…, MessageBody=…)."),
    ),
    Rule(
        # What is imported under the name of its module is a function or a class.
        says(r"'(?!builtin_|function|type')\w+' object has no attribute '(?P<name>\w+)'"),
        N_("A variable of yours hides {owner}: rename it."),
        _hides,
    ),
    Rule(
        says(rf"'\w+' object has no attribute '(?P<name>{_CLIENTS})'"),
        N_('{owner} is no client of SQS: call boto3.client("sqs").{name}(…).'),
        _has_owner,
    ),
    Rule(
        says(r"'dict' object has no attribute '(?P<name>append|extend|insert|sort|reverse)'"),
        N_("A dictionary has no {name}: lists have."),
    ),
    Rule(
        says(r"'dict' object has no attribute '(?P<name>\w+)'"),
        N_('A dictionary is read with brackets: ["{name}"] instead of .{name}.'),
        _may_be_key,
    ),
    Rule(
        says(r"^RecursionError: "),
        N_(
            "A function of yours calls itself without an end: look for the call that should not"
            " be there."
        ),
    ),
)
