"""An SQS queue's dead-letter queue: where its redrive policy moves what was received too often."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from grader.checks import check, fail, required, same
from grader.checks.numbers import Number, check_number
from grader.i18n.language import N_
from grader.model.fact import Fact, Found, Missing, untried
from grader.model.kind import Kind
from grader.resources.redrive_policy import Redrive, read_policy

if TYPE_CHECKING:
    from grader.checks.case import Case
    from grader.resources.lab_access import LabView


def observe_redrive(lab: LabView, role: str) -> Fact[Redrive]:
    """The redrive policy of the queue that the rubric calls ``role``."""
    queue, url = lab.fact("queues", role), lab.urls.get(role)
    if not isinstance(queue, Found):
        return untried(queue, f"queues.{role}")

    def ask() -> Redrive | None:
        names = ["RedrivePolicy"]
        answer = lab.aws.sqs.get_queue_attributes(QueueUrl=url or "", AttributeNames=names)  # type: ignore[arg-type]
        policy = answer.get("Attributes", {}).get("RedrivePolicy", "")
        return read_policy(policy) if policy else None

    fact = lab.aws.query("sqs:GetQueueAttributes", ask)
    if isinstance(fact, Found) and fact.value is None:
        return Missing.saying(N_("{queue} has no dead-letter queue."), queue=lab.name(role))
    return fact  # type: ignore[return-value]


class DeadLetters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The dead-letter queue by its name in AWS, and after how many receives; each only if given."""

    target: str | None = None
    max_receives: Number | None = None


@check("dead_letter_queue", on="queue", expect=DeadLetters | None, explains="redrive")
def test_dead_letter_queue(
    case: Case, redrive_fact: Fact[Redrive], expect: DeadLetters | None
) -> None:
    """What {queue} cannot get rid of moves to a dead-letter queue."""
    hint = N_("Set the redrive policy of the queue, then deploy again.")
    if isinstance(redrive_fact, Missing):
        fail(redrive_fact.words, hint=hint)
    redrive = required(redrive_fact, f"redrive.{case.bound.source}")
    if expect is not None and expect.target is not None:
        same(redrive.target, expect.target, what=N_("dead-letter queue"), hint=hint)
    if expect is not None and expect.max_receives is not None:
        check_number(redrive.max_receives, expect.max_receives, what="maxReceiveCount", hint=hint)


REDRIVE = Kind(
    fact="redrive",
    word="queue",
    type=Redrive,
    fixtures={"redrive": "source"},
    observe=observe_redrive,
    actions=("sqs:GetQueueAttributes",),
    after=("queues",),
    checks=__file__,
)
