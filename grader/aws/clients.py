"""boto3 clients for any number of accounts: with whose keys, and how patiently, they ask AWS."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import NoCredentialsError
from botocore.parsers import create_parser

from grader.aws.bounds import bound_questions_of
from grader.aws.profiles import AskedKeys, session_for_keys, session_of_profile
from grader.aws.signed_by import SignedBy, sign_requests_of
from grader.model.access import (
    KEY,
    KEY_ID,
    KEY_NAMES,
    TOKEN,
    Access,
    DefaultCredentials,
    Keys,
    MissingFile,
    NothingHandedIn,
    Profile,
    Role,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import boto3
    from botocore.model import OperationModel
    from types_boto3_sts import STSClient

CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 30
"""Above the longest poll, which SQS answers after at most 20 s."""

_MARGIN_S = 5
"""Seconds after its time-outs at which a request is cut; a silent server has timed out before."""

REQUEST_ATTEMPTS = 4
"""How often a client asks where asking again is harmless."""

_PAUSES_S = 1 + 2 + 4

LONGEST_QUESTION_S = REQUEST_ATTEMPTS * (CONNECT_TIMEOUT_S + READ_TIMEOUT_S + _MARGIN_S) + _PAUSES_S
"""How long one question may take, asked again and again of whoever never answers."""

_BAD_GATEWAY = 502
"""What an answer that AWS cannot have given is called: it is retried like any fault of a gateway."""

_MOST_ELEMENTS = 1_000
"""What XML may hold. STS, who alone answers in it, says whose keys they are, or gives some."""


def config_of(attempts: int = REQUEST_ATTEMPTS, read_timeout_s: float = READ_TIMEOUT_S) -> Config:
    """How a client of the grader asks, whatever the user's own configuration says."""
    return Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=read_timeout_s,
        retries={"mode": "standard", "total_max_attempts": attempts},
        user_agent_extra="lambda-sqs-grader",
    )


_CONNECTIONS = 1_000
"""How many connections to one host are kept for the next question: more than there are accounts in
flight."""

_OF_KEYS = ""
"""Stands for the session of all who bring keys along, where a profile's name would."""


class Clients:
    """Makes clients for any number of accounts from one boto3 session, and one for each profile.

    A session of its own costs an account some 140 ms and 13 MB, and sessions are not thread-safe; so
    they are shared, and used under a lock. A profile brings its configuration along (``endpoint_url``,
    ``services``, ``ca_bundle``, …), as it does for every tool of AWS.
    """

    def __init__(self, session: boto3.Session | None = None) -> None:
        self._lock = threading.Lock()
        self._given = session
        self._sessions: dict[str | None, boto3.Session] = {}
        self._shared: dict[tuple[Any, ...], Any] = {}
        self._asked: dict[str | None, AskedKeys] = {}

    def make(
        self,
        service: str,
        config: Config,
        options: dict[str, Any],
        access: Access | None = None,
        renewed: Callable[[], dict[str, str]] | None = None,
    ) -> Any:
        """A client of ``service`` for ``access``; ``options`` are those of ``boto3.Session.client``.

        All who use the same session and ask the same host as patiently share it; each question is
        signed with the keys of whoever asks. Of keys that may end ``renewed`` gives each question the
        latest; what it raises, the question does.
        """
        keys = {name: given for name, given in options.items() if name in KEY_NAMES}
        where = {name: given for name, given in options.items() if name not in KEY_NAMES}
        with self._lock:
            session = self._session(access, options.get("region_name"))
            asks = (session, service, *_patience_of(config), *sorted(where.items()))
            if asks not in self._shared:
                unsigned = Config(signature_version=UNSIGNED, max_pool_connections=_CONNECTIONS)
                shared = self._new(session, service, config.merge(unsigned), where)
                sign_requests_of(shared)
                self._shared[asks] = shared
            # boto3 renews what it finds while it signs, for as long as whoever renews them takes.
            if renewed is not None and isinstance(access, Profile | DefaultCredentials):
                return SignedBy(self._shared[asks], renewed)
            return SignedBy(self._shared[asks], lambda: keys)

    def close(self) -> None:
        """Close the connections that accounts share. Who asks again gets new ones."""
        with self._lock:
            while self._shared:
                self._shared.popitem()[1].close()

    def _new(
        self, session: boto3.Session, service: str, config: Config, options: dict[str, Any]
    ) -> Any:
        # The service's name is data here, and the stubs know only literal names.
        make: Any = session.client
        client: Any = make(service, config=config, **options)
        events, name = client.meta.events, client.meta.service_model.service_id.hyphenize()
        events.register(f"before-parse.{name}", _refuse_what_aws_did_not_say)
        # Before botocore's own handler, which retries by the status.
        events.register_first(f"needs-retry.{name}", _keep_status)
        bound_questions_of(client, CONNECT_TIMEOUT_S + _patience_of(config)[0] + _MARGIN_S)
        return client

    def _session(self, access: Access | None, region: str | None) -> boto3.Session:
        """The session whose configuration ``access`` uses. Raises botocore's exceptions."""
        if self._given is not None and not isinstance(access, Profile):
            return self._given
        name: str | None = None
        if isinstance(access, Profile):
            name = access.name
        elif isinstance(access, Keys):
            # Whoever brings keys along needs no profile, not even the one of the environment.
            name = _OF_KEYS
        if name not in self._sessions:
            of_keys = name == _OF_KEYS
            self._sessions[name] = (
                session_for_keys() if of_keys else session_of_profile(name, region)
            )
        return self._sessions[name]

    def credentials(self, access: Access, region: str, endpoint_url: str | None) -> dict[str, str]:
        """The keys that ``access`` stands for, as options of ``boto3.Session.client``.

        Raises botocore's exceptions where a profile or a role gives none. Source: STS AssumeRole.
        """
        if isinstance(access, Keys):
            token = access.session_token
            return _options(
                access.access_key_id.reveal(),
                access.secret_access_key.reveal(),
                token.reveal() if token else None,
            )
        if isinstance(access, MissingFile | NothingHandedIn):
            # This machine's own would be somebody else's.
            raise NoCredentialsError
        if isinstance(access, Role):
            return self._assume(access, region, endpoint_url)
        return _options(*self._found_by_boto3(access, region))

    def _found_by_boto3(self, access: Access, region: str) -> tuple[str, str, str | None]:
        """The keys of a profile or, for any other ``access``, of the default credentials.

        A program may be run for them: nobody waits for it who needs it not, and whoever does waits for
        the same one. Raises botocore's exceptions.
        """
        name = access.name if isinstance(access, Profile) else None
        with self._lock:
            asked = self._asked.get(name)
            if asked is None or asked.may_be_asked_again:
                asked = self._asked[name] = AskedKeys(self._session(access, region), asked)
        return asked.keys()

    def _assume(self, role: Role, region: str, endpoint_url: str | None) -> dict[str, str]:
        # Found before the client is made: making it would look for them under the lock of everybody.
        own = _options(*self._found_by_boto3(role, region))
        options = {"region_name": region, "endpoint_url": endpoint_url, **own}
        sts: STSClient = self.make("sts", config_of(), options, role)
        asked: Any = {"RoleArn": role.arn, "RoleSessionName": "grader"}
        if role.external_id:
            asked["ExternalId"] = role.external_id.reveal()
        with closing(sts):
            keys = sts.assume_role(**asked)["Credentials"]
        return _options(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


def _patience_of(config: Any) -> tuple[float, int | None]:
    """What :func:`config_of` was given; botocore's types do not know a configuration's options."""
    return config.read_timeout, (config.retries or {}).get("total_max_attempts")


def _options(key: str, secret: str, token: str | None) -> dict[str, str]:
    return {KEY_ID: key, KEY: secret} | ({TOKEN: token} if token else {})


def _refuse_what_aws_did_not_say(
    operation_model: OperationModel,
    response_dict: dict[str, Any],
    customized_response_dict: dict[str, Any],
    **_given: Any,
) -> None:
    """Take an answer in another form than AWS's, such as a proxy's page, for a fault of a gateway.

    botocore reads it as empty, or cannot read it. What a function returned is its own affair.
    """
    if _is_of_aws(operation_model, response_dict):
        return
    response_dict |= {"status_code": max(_BAD_GATEWAY, response_dict["status_code"]), "body": b""}
    said = {"Code": str(response_dict["status_code"]), "Message": "The answer is not from AWS."}
    customized_response_dict["Error"] = said


def _is_of_aws(operation: OperationModel, response: dict[str, Any]) -> bool:
    text, is_error = response["body"], response["status_code"] >= 300
    if operation.service_model.resolved_protocol == "query" and not _is_xml_of_aws(text):
        return False
    if is_error:
        return _can_be_read(operation, response)
    if operation.has_streaming_output or operation.service_model.resolved_protocol == "query":
        return True
    if not text:
        return not _has_body(operation)
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _can_be_read(operation: OperationModel, response: dict[str, Any]) -> bool:
    """Whether botocore can read an error, and finds texts in it.

    It takes a page in UTF-8 for the error's words; a page in another encoding, and JSON of another
    shape, make it raise whatever comes to hand.
    """
    service: Any = operation.service_model  # the stubs take an error's name for a number
    parser: Any = create_parser(service.resolved_protocol)
    try:
        error = parser.parse(response, operation.output_shape)["Error"]
        code, said = error.get("Code", ""), error.get("Message")
        if not isinstance(code, str) or not isinstance(said, str | None):
            return False
        shape = service.shape_for_error_code(code)
        if shape is not None:
            parser.parse(response, shape)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - that is what is to be found out
        return False
    return True


def _is_xml_of_aws(text: bytes) -> bool:
    """Whether ``text`` is an operation's own answer, or ``ErrorResponse``.

    botocore's parser of XML has no limit of its own: entities that stand for one another make a gigabyte
    of a kilobyte, and AWS declares none.
    """
    tags: list[str] = []

    def begin(tag: str, _attributes: object) -> None:
        tags.append(tag)
        if len(tags) > _MOST_ELEMENTS:
            raise ValueError("more elements than an answer of AWS has")

    def declare(*_given: object) -> None:
        raise ValueError("AWS declares no document type")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.StartDoctypeDeclHandler = begin, declare
    try:
        parser.Parse(text, True)
    except (ValueError, expat.ExpatError):
        return False
    return tags[0].endswith("Response")


def _has_body(operation: OperationModel) -> bool:
    members: Any = operation.output_shape.members.values() if operation.output_shape else ()
    return any("location" not in member.serialization for member in members)


def _keep_status(response: tuple[Any, dict[str, Any]] | None, **_given: Any) -> None:
    if response is not None:
        answer, parsed = response
        answer.status_code = parsed["ResponseMetadata"]["HTTPStatusCode"]
