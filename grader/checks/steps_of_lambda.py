"""What Lambda says of code that it cannot load, and of a function that ended or cannot run, and the next
step for each. The first rule that fits decides."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from grader.checks.step_rule import Rule, says
from grader.i18n.language import N_

if TYPE_CHECKING:
    from grader.checks.step_rule import ErrorInContext


def _handlers_file(_error: ErrorInContext, found: re.Match[str]) -> bool:
    """The missing module is the file that the handler setting names, or a folder on the way to it."""
    module = found["module"].replace("/", ".")
    return f"{module}.".startswith(f"{found['name']}.")


def _in_folder(error: ErrorInContext, found: re.Match[str]) -> bool:
    return _handlers_file(error, found) and bool(re.search(r"[./]", found["module"]))


_MEMORY = N_(
    "Your function used more memory than it has: look for a list or text that grows without an"
    " end, or a large file."
)
_ENDS_ITSELF = N_(
    "Your code ends its own process: take out sys.exit(), exit(), quit() or os._exit(), and let the"
    " handler return."
)

_NOT_IMPORTED = says(
    r"^Runtime\.ImportModuleError: Unable to import module '(?P<module>[^']+)': No module named"
    r" '(?P<name>[^']+)'"
)

RULES: tuple[Rule, ...] = (
    # -- loading the code -------------------------------------------------------------------------
    Rule(
        says(r"^Runtime\.ImportModuleError: Unable to import module '[^']+\.py': "),
        N_(
            "Take .py out of the function's handler setting (handler in your stack; Code, Runtime"
            " settings, Edit in the console): it is the file's name and the function's, as in"
            " lambda_function.lambda_handler."
        ),
    ),
    Rule(
        _NOT_IMPORTED,
        N_(
            "The handler setting asks for {path}.py inside the package, and it is not there: zip it"
            " so, or write only the file's name (file.function) in the setting (handler in your stack;"
            " Code, Runtime settings, Edit in the console)."
        ),
        _in_folder,
    ),
    Rule(
        _NOT_IMPORTED,
        N_(
            "The function's handler setting asks for the file {name}.py at the top of the"
            " package, not in a folder of it: rename the file, or change the setting (handler in your"
            " stack; Code, Runtime settings, Edit in the console)."
        ),
        _handlers_file,
    ),
    Rule(
        says(r"^Runtime\.ImportModuleError: .*No module named '(?P<name>[^']+)'"),
        N_(
            "Lambda has boto3 and what comes with Python, and no {name}: take the import out, or"
            " put the module into the package."
        ),
    ),
    Rule(
        says(
            r"^Runtime\.ImportModuleError: .*cannot import name '(?P<name>\w+)'"
            r" from partially initialized"
            r" module '(?P<module>[\w.]+)'"
        ),
        N_(
            "A file of yours has the name of the module {module}, and is imported in its place:"
            " rename your file."
        ),
    ),
    Rule(
        says(
            r"^Runtime\.ImportModuleError: .*cannot import name '(?P<name>\w+)'"
            r" from '(?P<module>[\w.]+)'"
        ),
        N_("The module {module} has no {name}: look for a typing mistake in the import."),
    ),
    Rule(
        says(r"ImportModuleError"),
        N_(
            "Check the handler's name (handler in your stack; Code, Runtime settings, Edit in the"
            " console), the files in the package and what they import."
        ),
    ),
    Rule(
        says(r"HandlerNotFound: Handler '(?P<name>[^']*)' missing on module '(?P<module>[^']*)'"),
        N_(
            "The function's handler setting asks for {name} in {module}.py, which has no function"
            " of that name: rename the function, or change the setting (handler in your stack; Code,"
            " Runtime settings, Edit in the console)."
        ),
    ),
    Rule(
        says(r"MalformedHandlerName: Bad handler '(?P<setting>[^']*)'"),
        N_(
            "The function's handler setting is {setting}: it must name the file and the function,"
            " as lambda_function.lambda_handler does (handler in your stack; Code, Runtime settings,"
            " Edit in the console)."
        ),
    ),
    Rule(
        says(r"BuiltInModuleConflict: .* module (?P<name>\w+)"),
        N_(
            "{name} is a module of Python's own: give your file another name, in the handler"
            " setting too (handler in your stack; Code, Runtime settings, Edit in the console)."
        ),
    ),
    Rule(
        says(r"^Runtime\.UserCodeSyntaxError: .*line (?P<number>\d+)"),
        N_(
            "Python cannot read the file: correct the syntax there, or on the line before (a"
            " bracket, a quote, a colon, the indentation)."
        ),
    ),
    # -- how it ended -----------------------------------------------------------------------------
    Rule(says(r"OutOfMemory|signal: killed|exit status 137|^MemoryError"), _MEMORY),
    Rule(
        says(
            r"^Runtime\.ExitError: .*(?:without providing a reason|exit status)|^SystemExit"
            r"|Worker process died"
        ),
        _ENDS_ITSELF,
    ),
    Rule(
        says(r"ResponseSizeTooLarge|payload size exceeded"),
        N_(
            "Your handler returns too much. Nothing need be returned: what counts is what you send."
        ),
    ),
    Rule(
        says(r"^Extension\."),
        N_("An extension of the function does not start: remove its layers, then try again."),
    ),
)

BROKEN: tuple[Rule, ...] = (
    # -- why it cannot run ------------------------------------------------------------------------
    Rule(
        says(r"role defined for the function cannot be assumed"),
        N_(
            "The function's role does not exist any more, or Lambda may not assume it: give the function"
            " the role LabRole (role in your stack; Configuration, Permissions in the console), then"
            " deploy again."
        ),
    ),
    Rule(
        says(r"^KMS"),
        N_(
            "Choose AWS's own key for the function's environment variables (Configuration,"
            " Environment variables, Edit, Encryption configuration), or make yours usable again."
        ),
    ),
    Rule(
        says(r"^(?:EFS|S3Files)"),
        N_("Remove the file system from the function: the lab needs none."),
    ),
    Rule(
        says(r"^(?:EC2|ENI|InvalidSubnet|InvalidSecurityGroup)"),
        N_("Take the function out of the VPC (no vpc_config), then deploy again."),
    ),
    Rule(says(r"^SnapStart"), N_("Turn SnapStart off for the function, then deploy again.")),
    Rule(
        says(r"^InvalidRuntime"),
        N_("Choose a Python runtime that Lambda supports, then deploy again."),
    ),
    Rule(
        says(r"^(?:InvalidZipFile|CodeArtifactUser)"),
        N_("Make the zip again, with your file at its top, then deploy again."),
    ),
    Rule(
        says(r"^(?:RuntimeAliasDeleted|RuntimeVersionDeleted|NoPublishedVersion|ResourceNotFound)"),
        N_(
            "The event source mapping names a version or alias of the function that is gone: set its"
            " function_name to the function's name, without version or alias."
        ),
    ),
)
"""Errors of Lambda where the function cannot run as it is configured."""
