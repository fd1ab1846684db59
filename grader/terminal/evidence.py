"""What a finding rests on, as lines of a terminal: what was sent, returned, sent instead, and logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.i18n.language import _
from grader.safety.printable import printable

if TYPE_CHECKING:
    from grader.model.report import CriterionResult

_EXCERPT, _LINE, _LINES = 200, 200, 5


def evidence_lines(result: CriterionResult) -> list[str]:
    """The lines, none where the result rests on nothing that was sent. What its message quotes is not
    said again."""
    seen = result.evidence
    if seen is None or result.status not in {"failed", "partial"}:
        return []
    lines = [
        _("Sent: {messages}", messages=", ".join(printable(body, _EXCERPT) for body in seen.sent))
    ]
    if seen.returned:
        said = _("Your function returned: {returned}", returned=printable(seen.returned, _EXCERPT))
        lines.append(said)
    instead = [printable(body, _EXCERPT) for body in seen.instead if body not in result.message]
    if instead:
        lines.append(_("It sent: {messages}", messages=", ".join(instead)))
    if seen.log:
        lines.append(_("The last lines of its log:"))
        lines += [f"  {printable(line, _LINE)}" for line in seen.log[-_LINES:]]
    return lines
