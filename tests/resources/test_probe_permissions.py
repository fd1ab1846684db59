"""What looking at a kind of resource takes, ``grader doctor`` asks for before a batch does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock

import pytest

from grader.model.fact import Found
from grader.resources.kinds import KINDS
from tests.observations import a_function

if TYPE_CHECKING:
    from grader.model.kind import Kind


def what_it_rests_on(kind: Kind[Any]) -> set[str]:
    """The kind, and all that it comes after."""
    kinds = {known.fact: known for known in KINDS}
    return {kind.fact}.union(*(what_it_rests_on(kinds[fact]) for fact in kind.after))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.fact)
def test_each_action_is_asked_for_by_the_kind_or_by_what_it_comes_after(kind: Kind[Any]) -> None:
    probe = MagicMock(functions={}, urls={})  # allows everything
    probe.aws.query.return_value = Found(a_function())
    for known in KINDS:
        if known.fact in what_it_rests_on(kind) and known.probe_permissions is not None:
            known.probe_permissions(probe, "role")
    asked = {call.args[0] for call in (*probe.ask.call_args_list, *probe.note.call_args_list)}
    assert {*kind.actions} <= asked, f"give {kind.fact} a probe_permissions that asks for the rest"
