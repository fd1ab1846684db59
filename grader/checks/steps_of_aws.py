"""What Lambda, SQS and boto3 say of a failing function, and the next step for each. The first rule that
fits decides."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from grader.checks.step_rule import Rule
from grader.i18n.language import N_

if TYPE_CHECKING:
    from grader.checks.step_rule import Said


def _other_account(_said: Said, found: re.Match[str]) -> bool:
    return found["mine"] != found["theirs"]


def _in_vpc(said: Said, _found: re.Match[str]) -> bool:
    return said.setting.function is not None and said.setting.function.in_vpc


def _other_region(said: Said, found: re.Match[str]) -> bool:
    return bool(said.setting.region) and said.setting.region != found["there"]


def _handlers_file(_said: Said, found: re.Match[str]) -> bool:
    """The missing module is the file that the handler setting names."""
    return found["name"].split(".")[0] == re.split(r"[./]", found["module"])[0]


_DENIED = r"\((?:AccessDenied\w*|AuthorizationError|UnauthorizedOperation)\)"
_REFUSED_KEYS = (
    r"\((?:InvalidClientTokenId|UnrecognizedClientException|InvalidAccessKeyId|SignatureDoesNotMatch"
    r"|InvalidSignatureException|ExpiredToken\w*)\)"
)
_NO_QUEUE = r"\((?:[\w.]*NonExistentQueue|QueueDoesNotExist)\)"
_NOT_REACHED = r"(?:Could not connect to the endpoint URL|timeout on endpoint URL)"
VPC = N_(
    "The function is attached to a VPC, and from there it does not reach SQS without an endpoint"
    " or a NAT gateway: take it out of the VPC (no vpc_config), then deploy again."
)
_MEMORY = N_(
    "Your function used more memory than it has: look for a list or text that grows without an"
    " end, or a large file."
)
_ENDS_ITSELF = N_(
    "Your code ends its own process: take out sys.exit(), exit(), quit() or os._exit(), and let the"
    " handler return."
)

RULES: tuple[Rule, ...] = (
    # -- the role of the function -----------------------------------------------------------------
    Rule(
        _DENIED + r".*voc-cancel-cred",
        N_("Your Learner Lab has ended: start it again, then check again."),
    ),
    Rule(
        _DENIED
        + r".*arn:aws:sts::(?P<mine>\d+):.* on resource: arn:aws:sqs:[\w-]*:(?P<theirs>\d+):",
        N_(
            "Your function calls a queue of the AWS account {theirs}, and runs in {mine}: use the"
            " URL of your own {output}."
        ),
        _other_account,
    ),
    Rule(
        _DENIED + r".*:assumed-role/LabRole/.*not authorized to perform: (?P<action>[\w-]+:\w+)",
        N_(
            "The function has the role LabRole, and that may not {action} there; the reason"
            " stands at the end of what AWS says. Look whether the queue is the right one."
        ),
    ),
    Rule(
        _DENIED
        + r".*:assumed-role/(?P<role>[^/\s]+)/.*not authorized to perform: (?P<action>[\w-]+:\w+)",
        N_(
            "The function's role, {role}, may not {action}: give the function the role LabRole"
            " (role in your stack; Configuration, Permissions in the console), then deploy again."
        ),
    ),
    Rule(
        _DENIED + r" when calling the (?P<call>\w+) operation",
        N_(
            "The function's role may not call {call}: give the function the role LabRole (role in"
            " your stack; Configuration, Permissions in the console), then deploy again."
        ),
    ),
    Rule(
        _REFUSED_KEYS + "|Unable to locate credentials|Partial credentials found",
        N_(
            "Take the access keys out of your code and of the function's variables: Lambda gives"
            ' the function those of its role, and boto3.client("sqs") finds them.'
        ),
    ),
    # -- the queue --------------------------------------------------------------------------------
    Rule(
        _NO_QUEUE + r" when calling the GetQueueUrl operation",
        N_(
            "There is no queue of the name that your code asks for, not in this account and"
            " region: the answers go to {output}."
        ),
    ),
    Rule(
        rf"{_NO_QUEUE}|\(InvalidAddress\)",
        N_(
            "The queue URL that your code uses leads to no queue: it may be of another account,"
            " of another region, or of a queue that is gone. Use the URL of {output} as it is"
            " now."
        ),
    ),
    Rule(
        r"\(MissingParameter\).* MessageGroupId",
        N_(
            "Your queue is a FIFO queue, and the lab asks for a standard one: make it anew"
            " without FIFO."
        ),
    ),
    Rule(
        r"\(MissingParameter\).* the parameter \w+|Invalid length for parameter \w+, value: 0",
        N_(
            "SQS takes no empty message: look at what your code gives for the argument that is"
            " named."
        ),
    ),
    # -- the arguments of a call ------------------------------------------------------------------
    Rule(
        r"Unknown parameter in input: \"(?P<name>[^\"]+)\", must be one of: .*\bMessageBody\b",
        N_(
            "send_message has no argument {name}: it takes QueueUrl and MessageBody, written like"
            " that."
        ),
    ),
    Rule(
        r"Unknown parameter in input: \"(?P<name>[^\"]+)\", must be one of: (?P<names>[\w, ]+)",
        N_("That call has no argument {name}: it takes {names}."),
    ),
    Rule(
        r"Missing required parameter in input: \"(?P<name>\w+)\"",
        N_("Give the call its argument {name}."),
    ),
    Rule(
        r"Invalid type for parameter QueueUrl, value: None",
        N_(
            "The queue's URL is None: set the environment variable from which your code reads it,"
            " under the very name that the code uses."
        ),
    ),
    Rule(
        r"Invalid type for parameter MessageBody, value: .*, type: <class '(?P<type>[\w.]+)'>",
        N_("A message is text, and yours is a {type}: send MessageBody=json.dumps(…)."),
    ),
    Rule(
        r"Invalid type for parameter (?P<name>[\w.\[\]]+), value: .*, type: <class '(?P<type>[\w.]+)'>,"
        r" valid types: <class '(?P<valid>[\w.]+)'>",
        N_("The argument {name} must be a {valid}, and your code gives a {type}."),
    ),
    Rule(
        r"^UnknownServiceError: Unknown service: '(?P<name>[^']*)'",
        N_('boto3 knows no service {name}: write boto3.client("sqs"), in lower case.'),
    ),
    # -- the network ------------------------------------------------------------------------------
    Rule(_NOT_REACHED, VPC, _in_vpc),
    Rule(
        _NOT_REACHED + r": \"https?://[\w.-]*?\b(?P<there>[a-z]{2}(?:-[a-z]+)+-\d+)\.",
        N_(
            "Your code calls AWS in {there}, and the lab is in {region}: take region_name and"
            ' endpoint_url out, boto3.client("sqs") is enough.'
        ),
        _other_region,
    ),
    Rule(
        _NOT_REACHED,
        N_(
            "Your code calls an address that does not answer: take region_name and endpoint_url"
            ' out, boto3.client("sqs") is enough.'
        ),
    ),
    # -- loading the code -------------------------------------------------------------------------
    Rule(
        r"^Runtime\.ImportModuleError: Unable to import module '(?P<module>[^']+)': No module named"
        r" '(?P<name>[^']+)'",
        N_(
            "The function's handler setting asks for the file {name}.py at the top of the"
            " package, not in a folder of it: rename the file, or change the setting."
        ),
        _handlers_file,
    ),
    Rule(
        r"^Runtime\.ImportModuleError: .*No module named '(?P<name>[^']+)'",
        N_(
            "Lambda has boto3 and what comes with Python, and no {name}: take the import out, or"
            " put the module into the package."
        ),
    ),
    Rule(
        r"^Runtime\.ImportModuleError: .*cannot import name '(?P<name>\w+)' from partially initialized"
        r" module '(?P<module>[\w.]+)'",
        N_(
            "A file of yours has the name of the module {module}, and is imported in its place:"
            " rename your file."
        ),
    ),
    Rule(
        r"^Runtime\.ImportModuleError: .*cannot import name '(?P<name>\w+)' from '(?P<module>[\w.]+)'",
        N_("The module {module} has no {name}: look for a typing mistake in the import."),
    ),
    Rule(
        r"ImportModuleError",
        N_("Check the handler's name, the files in the package and what they import."),
    ),
    Rule(
        r"HandlerNotFound: Handler '(?P<name>[^']*)' missing on module '(?P<module>[^']*)'",
        N_(
            "The function's handler setting asks for {name} in {module}.py, which has no function"
            " of that name: rename the function, or change the setting."
        ),
    ),
    Rule(
        r"MalformedHandlerName: Bad handler '(?P<setting>[^']*)'",
        N_(
            "The function's handler setting is {setting}: it must name the file and the function,"
            " as lambda_function.lambda_handler does."
        ),
    ),
    Rule(
        r"BuiltInModuleConflict: .* module (?P<name>\w+)",
        N_(
            "{name} is a module of Python's own: give your file another name, in the handler"
            " setting too."
        ),
    ),
    Rule(
        r"^Runtime\.UserCodeSyntaxError: .*line (?P<number>\d+)",
        N_(
            "Python cannot read the file: correct the syntax there, or on the line before (a"
            " bracket, a quote, a colon, the indentation)."
        ),
    ),
    # -- how it ended -----------------------------------------------------------------------------
    Rule(r"OutOfMemory|signal: killed|^MemoryError", _MEMORY),
    Rule(
        r"^Runtime\.ExitError: .*(?:without providing a reason|exit status)|^SystemExit"
        r"|Worker process died",
        _ENDS_ITSELF,
    ),
    Rule(
        r"ResponseSizeTooLarge|payload size exceeded",
        N_(
            "Your handler returns too much. Nothing need be returned: what counts is what you send."
        ),
    ),
    Rule(
        r"^Extension\.",
        N_("An extension of the function does not start: remove its layers, then try again."),
    ),
    Rule(
        r"An error occurred \((?P<code>[\w.]+)\) when calling the (?P<call>\w+) operation",
        N_("AWS refuses your function's call {call}: what it says tells why ({code})."),
    ),
)

BROKEN: tuple[Rule, ...] = (
    Rule(
        r"^KMS",
        N_(
            "Choose AWS's own key for the function's environment variables (Configuration,"
            " Environment variables, Edit, Encryption configuration), or make yours usable again."
        ),
    ),
    Rule(
        r"^(?:EFS|S3Files)",
        N_("Remove the file system from the function: the lab needs none."),
    ),
    Rule(
        r"^(?:EC2|ENI|InvalidSubnet|InvalidSecurityGroup)",
        N_("Take the function out of the VPC (no vpc_config), then deploy again."),
    ),
    Rule(r"^SnapStart", N_("Turn SnapStart off for the function, then deploy again.")),
    Rule(
        r"^InvalidRuntime", N_("Choose a Python runtime that Lambda supports, then deploy again.")
    ),
    Rule(
        r"^(?:InvalidZipFile|CodeArtifactUser)",
        N_("Make the package anew, a zip with your file at its top, then deploy again."),
    ),
    Rule(
        r"^(?:RuntimeAliasDeleted|RuntimeVersionDeleted|NoPublishedVersion|ResourceNotFound)",
        N_(
            "The event source mapping names a version or alias of the function that is gone: let"
            " it name the function itself."
        ),
    ),
)
"""Errors of Lambda where the function cannot run as it is configured."""
