"""Where an option like ``--json`` writes: to a file that may be written, or standard output."""

from __future__ import annotations

import sys
from pathlib import Path

from grader.i18n.language import _


def output_file(value: str | None, option: str, *inputs: Path | None) -> Path | None:
    """Where ``option`` writes, unless to standard output; found out before anything is done.

    Raises :class:`BadInput` where that is one of ``inputs`` or in a folder of them,
    or where nothing can be written.
    """
    from grader.inputs.problems import bad_input
    from grader.results.atomic_write import file_identities
    from grader.results.named_folder import writable

    if value is None or value == "-":
        return None
    path = Path(value)
    remedy = _("Give {option} another place.", option=option)
    if path.is_dir() or not path.parent.is_dir():
        raise bad_input(path, None, _("No file can be written there."), remedy)
    here = {
        place for folder in (path, *path.resolve().parents) for place in file_identities(folder)
    }
    if any(file_identities(place_of) & here for place_of in inputs if place_of is not None):
        raise bad_input(path, None, _("This is a file that the command reads or writes."), remedy)
    if not path.exists():
        writable(path.parent, path)
    return path


def write_stdout(json: bytes) -> None:
    """JSON to standard output: UTF-8, whatever the terminal speaks, and nothing that it obeys."""
    from grader.safety.printable import json_for_terminal
    from grader.terminal.console import discard_output

    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(json_for_terminal(json.decode()).encode())
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        discard_output(sys.stdout)
