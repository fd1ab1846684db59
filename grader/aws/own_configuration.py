"""Why this machine's own configuration leads to no account: the file and line, and what to do.

botocore says what went wrong in it; this looks where: into the two files of AWS's tools, at the
variables of the environment, and at proxies. An explanation is a message whose value ``next`` says what
to do, instead of what its kind of Unknown says in general.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import botocore.session
from botocore import exceptions as failures
from botocore.utils import get_environ_proxies

from grader.aws.errors import NO_CREDENTIALS
from grader.aws.pasted_block import Fault, faults_of
from grader.i18n.language import N_
from grader.i18n.message import Message, message
from grader.model.access import DefaultCredentials, Profile
from grader.safety.loopback import is_loopback
from grader.safety.redact import redact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.model.access import Access

MOST_BYTES_OF_CONFIGURATION = 1024 * 1024
_MOST = 3
_SERVICE_IDS = {"events": "EVENTBRIDGE", "logs": "CLOUDWATCH_LOGS"}
_OF_AWS = (".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".api.aws")
_PROFILE_VARIABLES = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")

_AT_LINE = N_("{file}, line {line}: {what}.")
_AT_LINE_AND = N_("{file}, line {line}: {what}. Besides, {then}")
_WHOLE = N_("{file}: {what}.")
_IN_TURN = N_("First: {first} Then: {then}")
_NOBODY = N_("Nothing answers at {url}, which {variable} names.")
_UNSET_OR_START = N_(
    "If you mean AWS itself, unset {variable}: “unset {variable}”, in PowerShell “Remove-Item"
    " Env:{variable}”. Else start what should answer there, for example “grader sandbox”."
)
_REMOVE_OR_START = N_(
    "If you mean AWS itself, delete endpoint_url in {variable}. Else start what should answer there, for"
    " example “grader sandbox”."
)
_UNSET = N_("Unset {variable}: “unset {variable}”, in PowerShell “Remove-Item Env:{variable}”.")
_PASTE = N_(
    "Start the lab; then AWS Details, AWS CLI, Show. Copy the whole block into {file} (in Windows:"
    r" C:\Users\YOU\.aws\credentials), or save it in a file and run grader check --block FILE."
)


def why_no_keys(error: Exception, access: Access) -> Message | None:
    """Why botocore finds no keys, or AWS refuses those it found; ``None`` where nothing shows it.

    ``access`` is how they were looked for: keys that a roster gives stand in no file.
    """
    if isinstance(error, failures.ProfileNotFound):
        return _no_profile(str(error.kwargs.get("profile", "")))
    credentials, config = _files()
    profile = _profile_of(access)
    if isinstance(error, failures.ConfigParseError):
        path = Path(str(error.kwargs.get("path", "")))
        return _of_file(path, None if path == config else profile)
    refused = isinstance(error, failures.ClientError)
    if not isinstance(access, Profile | DefaultCredentials) or not (
        refused or isinstance(error, failures.NoCredentialsError | failures.PartialCredentialsError)
    ):
        return None
    if os.environ.get("AWS_ACCESS_KEY_ID") and isinstance(access, DefaultCredentials):
        return _of_environment(refused=refused)
    if isinstance(error, failures.PartialCredentialsError) and "config" in str(error):
        return None
    told = _of_file(credentials, profile, elsewhere=refused) or _beside(credentials)
    none = isinstance(error, failures.NoCredentialsError) and isinstance(access, DefaultCredentials)
    if told is None and none:
        return _explained(NO_CREDENTIALS, _PASTE, file=_shown(credentials))
    return told


def why_no_answer(
    error: Exception, action: str, given: str | None, access: Access
) -> Message | None:
    """Why nothing answers, or not AWS: an address of this machine's configuration, or a proxy.

    ``given`` is the address that a command or a roster names, which beats the configuration's.
    """
    named = _named_endpoint(action.partition(":")[0], access) if given is None else None
    url = given or (named and named[0])
    parts = urlsplit(url or "")
    if url and _is_here(parts.hostname or "") and get_environ_proxies(url).get(parts.scheme):
        return _proxy_between(url)
    if isinstance(error, failures.ProxyConnectionError):
        return _proxy_gone()
    connects = isinstance(error, failures.EndpointConnectionError | failures.ConnectTimeoutError)
    if named is None or not connects:
        return None
    address, name = named
    to_do = _UNSET_OR_START if name in os.environ else _REMOVE_OR_START
    return _explained(_NOBODY, to_do, url=redact(address), variable=name)


def asked_elsewhere(of_sts: str, given: str | None, access: Access) -> tuple[str, ...]:
    """The addresses that are not AWS's own: where STS is asked, and where Lambda and SQS are.

    ``given`` is the one that a command or a roster names for all of them.
    """
    named = [_named_endpoint(service, access) for service in ("lambda", "sqs")] if not given else []
    every = dict.fromkeys([of_sts, *(one[0] for one in named if one)])
    return tuple(redact(url) for url in every if not _is_aws(url))


def _explained(template: str, to_do: str, **values: object) -> Message:
    return message(template, **values, next=message(to_do, **values))


def _is_aws(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host.endswith(_OF_AWS)


# -- profiles and files ---------------------------------------------------------------------------


def _files() -> tuple[Path, Path]:
    """The files of credentials and of configuration that AWS's tools read."""
    session = botocore.session.Session()
    names = (session.get_config_variable(name) for name in ("credentials_file", "config_file"))
    credentials, config = (Path(os.path.expandvars(str(name))).expanduser() for name in names)
    return credentials, config


def _profile_of(access: Access) -> str:
    if isinstance(access, Profile):
        return access.name
    return next(
        (os.environ[variable] for variable in _PROFILE_VARIABLES if os.environ.get(variable)),
        "default",
    )


def _no_profile(profile: str) -> Message:
    """There is no such profile: the nearest, or all there are, and who asked for it."""
    credentials, config = _files()
    profiles = botocore.session.Session(profile="default").full_config.get("profiles", {})
    by_case = {name.casefold(): name for name in profiles}
    near = difflib.get_close_matches(profile.casefold(), [*by_case], 1, 0.6)
    values = {
        "profile": redact(profile, 60),
        "credentials": _shown(credentials),
        "config": _shown(config),
    }
    asking = [name for name in _PROFILE_VARIABLES if os.environ.get(name) == profile]
    if near:
        to_do = N_("Use that one: --profile {near}.")
        if asking:
            to_do = N_(
                "Use that one: --profile {near}; {variable} of your environment names {profile}."
            )
        found = N_(
            "There is no profile {profile} in {credentials} or {config}; there is one named {near}."
        )
        return _explained(
            found, to_do, **values, near=by_case[near[0]], variable="".join(asking[:1])
        )
    if asking:
        variable = asking[0]
        found = N_(
            "There is no profile {profile} in {credentials} or {config}; {variable} names it."
        )
        return _explained(found, _UNSET, **values, variable=variable)
    if profiles:
        found = N_("There is no profile {profile} in {credentials} or {config}; there is: {names}.")
        return _explained(
            found, N_("Name one of them, or none."), **values, names=sorted(profiles)[:10]
        )
    found = N_("There is no profile {profile}: neither {credentials} nor {config} has any.")
    return _explained(found, N_("Name no profile, or write a section of that name."), **values)


def _of_file(path: Path, profile: str | None, *, elsewhere: bool = False) -> Message | None:
    """The faults of a file, those that come first."""
    try:
        if path.is_dir():
            return _told(path, [_a_folder()])
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES_OF_CONFIGURATION)
    except FileNotFoundError:
        return None
    except OSError:
        unread = N_("the file cannot be read: you lack the permission")
        return _told(
            path, [Fault(0, message(unread), message(N_("Give yourself the permission.")))]
        )
    faults = faults_of(raw, profile, elsewhere=elsewhere)
    return _told(path, faults) if faults else None


def _a_folder() -> Fault:
    move = message(N_("Move it away, and write a file of that name in its place."))
    return Fault(0, message(N_("this is a folder, not a file")), move)


def _told(path: Path, faults: Sequence[Fault]) -> Message:
    """The faults in one message, each with its place; what to do about them in its ``next``."""
    told = to_do = None
    for fault in reversed(faults[:_MOST]):
        template = (_AT_LINE_AND if told else _AT_LINE) if fault.line else _WHOLE
        told = message(
            template, file=_shown(path), line=fault.line, what=fault.what, then=told or ""
        )
        if to_do is not None and to_do != fault.do:
            to_do = message(_IN_TURN, first=fault.do, then=to_do)
        else:
            to_do = fault.do
    if told is None or to_do is None:
        raise ValueError("no fault")
    return Message(told.message_id, {**told.values, **message("", next=to_do).values})


def _beside(path: Path) -> Message | None:
    """A file that an editor gave an ending: Notepad writes ``credentials.txt``."""
    if path.exists() or not path.parent.is_dir():
        return None
    others = sorted(beside for beside in path.parent.glob(f"{path.name}.*") if beside.is_file())
    if not others:
        return None
    found = N_("There is no file {file}; beside it lies {other}.")
    to_do = N_("Rename it to {name}, without an ending.")
    return _explained(found, to_do, file=_shown(path), other=others[0].name, name=path.name)


def _of_environment(*, refused: bool) -> Message | None:
    """Keys of the environment count before every file: half of them, or those of an earlier session."""
    rest = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    lacking = [variable for variable in rest if not os.environ.get(variable)]
    session = os.environ["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    if rest[0] in lacking or (session and lacking):
        half = N_("AWS_ACCESS_KEY_ID is set in your environment, and {variable} is not.")
        to_do = N_("Set all three that AWS Academy shows, or unset them all.")
        return _explained(half, to_do, variable=lacking[0])
    if not refused or not session:
        return None
    old = N_(
        "AWS refuses the keys of your environment (AWS_ACCESS_KEY_ID), which count before any file."
    )
    to_do = N_(
        "Set the new ones; or paste the block into {file} and unset all three: “unset {variable}”, in"
        " PowerShell “Remove-Item Env:{variable}”, and so on."
    )
    return _explained(old, to_do, variable="AWS_ACCESS_KEY_ID", file=_shown(_files()[0]))


def _shown(path: Path) -> str:
    """The path as a shell takes it, short: ``~`` is the home."""
    try:
        return f"~/{path.relative_to(Path.home()).as_posix()}"
    except (ValueError, RuntimeError):
        return redact(str(path), 200)


# -- addresses and proxies ------------------------------------------------------------------------


def _named_endpoint(service: str, access: Access) -> tuple[str, str] | None:
    """The address that this machine's configuration gives for a service, and what names it there."""
    if os.environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return None
    of_service = f"AWS_ENDPOINT_URL_{_SERVICE_IDS.get(service, service.upper())}"
    for variable in (of_service, "AWS_ENDPOINT_URL"):
        if os.environ.get(variable):
            return os.environ[variable], variable
    if not isinstance(access, Profile | DefaultCredentials):
        return None
    try:
        profile = access.name if isinstance(access, Profile) else None
        address = botocore.session.Session(profile=profile).get_scoped_config().get("endpoint_url")
    except failures.BotoCoreError:
        return None
    return (str(address), _shown(_files()[1])) if address else None


def _proxy_variable(scheme: str) -> str:
    names = (f"{scheme}_proxy", f"{scheme.upper()}_PROXY")
    return next((name for name in names if os.environ.get(name)), N_("the system's settings"))


def _is_here(host: str) -> bool:
    """Whether whoever named the host means this machine: LocalStack's name leads here, too."""
    return is_loopback(host) or host.startswith("localhost.")


def _proxy_between(url: str) -> Message:
    found = N_("A proxy ({variable}) stands between you and {url}, which is on this machine.")
    to_do = N_(
        "Keep it out: “export NO_PROXY=127.0.0.1,localhost”, in PowerShell"
        " “$env:NO_PROXY = '127.0.0.1,localhost'”."
    )
    variable = _proxy_variable(urlsplit(url).scheme)
    return _explained(found, to_do, url=redact(url), variable=variable)


def _proxy_gone() -> Message:
    variable = _proxy_variable("https")
    found = N_("The proxy that {variable} names cannot be reached.")
    return _explained(found, _UNSET, variable=variable)
