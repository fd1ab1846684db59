"""What SQS and boto3 say of a failing function, and the next step for each. The first rule that
fits decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.checks.step_rule import Rule, says
from grader.i18n.language import N_

if TYPE_CHECKING:
    import re

    from grader.checks.step_rule import ErrorInContext


def _other_account(_error: ErrorInContext, found: re.Match[str]) -> bool:
    return found["mine"] != found["theirs"]


def _in_vpc(error: ErrorInContext, _found: re.Match[str]) -> bool:
    return error.context.function is not None and error.context.function.in_vpc


def _other_region(error: ErrorInContext, found: re.Match[str]) -> bool:
    return bool(error.context.region) and error.context.region != found["there"]


_DENIED = r"\((?:AccessDenied\w*|AuthorizationError|UnauthorizedOperation)\)"
_CALL = says(r" when calling the (?P<call>\w+) operation").pattern
_ACTION = says(r".*not authorized to perform: (?P<action>[\w-]+:\w+)").pattern
_REFUSED_KEYS = (
    r"\((?:InvalidClientTokenId|UnrecognizedClientException|InvalidAccessKeyId|SignatureDoesNotMatch"
    r"|InvalidSignatureException|ExpiredToken\w*)\)"
)
_NO_QUEUE = r"\((?:[\w.]*NonExistentQueue|QueueDoesNotExist)\)"
_NOT_REACHED = says(r"(?:Could not connect to the endpoint URL|timeout on endpoint URL)").pattern
VPC = N_(
    "The function is attached to a VPC, and from there it does not reach SQS without an endpoint"
    " or a NAT gateway: take it out of the VPC (no vpc_config), then deploy again."
)
_WRONG_URL = N_(
    "The queue URL that your code uses leads to no queue: it may be of another account, of another"
    " region, or of a queue that is gone, or it is no URL but the queue's name or ARN (in a stack: url"
    " or id, not arn or name). Use the URL of {output} as it is now."
)

RULES: tuple[Rule, ...] = (
    # -- the role of the function -----------------------------------------------------------------
    Rule(
        says(_DENIED + r".*voc-cancel-cred"),
        N_("Your Learner Lab has ended: start it again, then check again."),
    ),
    Rule(
        says(
            _DENIED
            + r".*arn:aws[\w-]*:sts::(?P<mine>\d+):.* on resource:"
            + r" arn:aws[\w-]*:sqs:[\w-]*:(?P<theirs>\d+):"
        ),
        N_(
            "Your function calls a queue of the AWS account {theirs}, and runs in {mine}: use the"
            " URL of your own {output}."
        ),
        _other_account,
    ),
    Rule(
        says(_DENIED + _CALL + r".*not authorized to perform: (?P<action>(?!sqs:|kms:)[\w-]+:\w+)"),
        N_(
            "The function's role lacks the permission {action}: unless your lab asks for that call, take"
            " it out; else give the function the role LabRole."
        ),
    ),
    Rule(
        says(_DENIED + _CALL + r".*:assumed-role/LabRole/" + _ACTION),
        N_(
            "The function has the role LabRole, which lacks the permission {action} there; the"
            " reason stands at the end of what AWS says. Look whether the queue is the right one."
        ),
    ),
    Rule(
        says(_DENIED + _CALL + r".*:assumed-role/(?P<role>[^/\s]+)/" + _ACTION),
        N_(
            "The function's role, {role}, lacks the permission {action}: give the function the"
            " role LabRole (role in your stack; Configuration, Permissions in the console), then"
            " deploy again."
        ),
    ),
    Rule(
        says(
            _DENIED
            + r" when calling the (?!ListQueues|CreateQueue)(?P<call>\w+) operation"
            + r": Access to the resource https://sqs\S* is denied"
        ),
        N_(
            "Give the function the role LabRole (role in your stack; Configuration, Permissions in"
            " the console). If the function's role is LabRole already, the queue is not yours or"
            " its policy denies it: use the URL of {output}."
        ),
    ),
    Rule(
        says(_DENIED + _CALL),
        N_(
            "The function's role may not call {call}: give the function the role LabRole (role in"
            " your stack; Configuration, Permissions in the console), then deploy again."
        ),
    ),
    Rule(says(r"Credential should be scoped to a valid region"), _WRONG_URL),
    Rule(
        says(_REFUSED_KEYS + "|Unable to locate credentials|Partial credentials found"),
        N_(
            "Take the access keys out of your code and of the function's variables: Lambda gives"
            ' the function those of its role, and boto3.client("sqs") finds them.'
        ),
    ),
    # -- the queue --------------------------------------------------------------------------------
    Rule(
        says(r"\bReceiptHandleIsInvalid\b"),
        N_(
            "The grader called your function with a test event, whose message is in no queue and"
            " cannot be deleted. Take that call out: Lambda itself deletes a message when your handler"
            " returns."
        ),
    ),
    Rule(
        says(_NO_QUEUE + r" when calling the GetQueueUrl operation"),
        N_(
            "No queue in this account and region has the name that your code asks for: the answers go"
            " to {output}."
        ),
    ),
    Rule(
        says(rf"{_NO_QUEUE}|\(InvalidAddress\)"),
        _WRONG_URL,
    ),
    Rule(
        says(r"\(MissingParameter\).* MessageGroupId"),
        N_(
            "Your queue is a FIFO queue, and the lab asks for a standard one: delete it, and create a"
            " standard queue."
        ),
    ),
    Rule(
        says(
            r"\(MissingParameter\).* the parameter \w+|Invalid length for parameter \w+, value: 0"
        ),
        N_(
            "SQS takes no empty message: look at what your code gives for the argument that is"
            " named."
        ),
    ),
    # -- the arguments of a call ------------------------------------------------------------------
    Rule(
        says(
            r"Unknown parameter in input: \"(?P<name>[^\"]+)\", must be one of: .*\bMessageBody\b"
        ),
        N_(
            "send_message has no argument {name}: it takes QueueUrl and MessageBody, written like"
            " that."
        ),
    ),
    Rule(
        says(
            r"Unknown parameter in input: \"(?P<name>[^\"]+)\", must be one of: (?P<names>[\w, ]+)"
        ),
        N_("That call has no argument {name}: it takes {names}."),
    ),
    Rule(
        says(r"Missing required parameter in input: \"(?P<name>\w+)\""),
        N_("Give the call its argument {name}."),
    ),
    Rule(
        says(r"Invalid type for parameter QueueUrl, value: None"),
        N_(
            "The queue's URL is None: set the environment variable from which your code reads it,"
            " under the very name that the code uses."
        ),
    ),
    Rule(
        says(
            r"Invalid type for parameter MessageBody, value: .*, type: <class '(?P<type>[\w.]+)'>"
        ),
        N_("A message is text, and yours is of the type {type}: send MessageBody=json.dumps(…)."),
    ),
    Rule(
        says(
            r"Invalid type for parameter (?P<name>[\w.\[\]]+), value: .*,"
            r" type: <class '(?P<type>[\w.]+)'>,"
            r" valid types: <class '(?P<valid>[\w.]+)'>"
        ),
        N_(
            "The argument {name} must be of the type {valid}, and your code gives one of the type"
            " {type}."
        ),
    ),
    Rule(
        says(r"^UnknownServiceError: Unknown service: '(?P<name>[^']*)'"),
        N_('boto3 knows no service {name}: write boto3.client("sqs"), in lower case.'),
    ),
    # -- the network ------------------------------------------------------------------------------
    Rule(says(_NOT_REACHED), VPC, _in_vpc),
    Rule(
        says(_NOT_REACHED + r": \"https?://[\w.-]*?\b(?P<there>[a-z]{2}(?:-[a-z]+)+-\d+)\."),
        N_(
            "Your code calls AWS in {there}, and the lab is in {region}: take region_name and"
            ' endpoint_url out, boto3.client("sqs") is enough.'
        ),
        _other_region,
    ),
    Rule(
        says(_NOT_REACHED),
        N_(
            "Your code calls an address that does not answer: take region_name and endpoint_url"
            ' out, boto3.client("sqs") is enough.'
        ),
    ),
    Rule(
        says(r"An error occurred \((?P<code>[\w.]+)\) when calling the (?P<call>\w+) operation"),
        N_("AWS refuses your function's call {call}: what it says tells why ({code})."),
    ),
)
