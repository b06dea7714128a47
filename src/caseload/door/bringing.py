"""Bringing exports in, without the buttons: what was chosen, what is asked, what would change, and doing it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from caseload.errors import CaseloadError, ParameterError
from caseload.intake import read_practice
from caseload.intake.exports.asking import Draft, Place, Question, answered, first_draft, keep_map
from caseload.intake.exports.checkin_file import is_check_in
from caseload.intake.exports.checkins import import_checkins
from caseload.intake.exports.run import Imported, import_exports
from caseload.intake.pseudonyms import default_key_file
from caseload.pages.import_report import FILE as REPORT
from caseload.pages.import_report import import_report
from caseload.pages.import_summary import checkin_summary, import_summary, preview
from caseload.pages.summary import summary
from caseload.writing.scratch import scratch
from caseload.writing.whole import copy_folder, write_file, write_private

MIXED = "choose check-ins and exports one after the other, not together"
ODDITIES = "What the practice holds then:"


@dataclass(frozen=True)
class Looked:
    """Files that were looked at: what they are, what is to be decided first, and what importing them would change."""

    files: tuple[Path, ...]
    folder: Path
    draft: Draft | None  # None: check-ins, of which nothing is to be decided
    before: str = ""

    @property
    def questions(self) -> tuple[Question, ...]:
        """What is still to be decided."""
        return self.draft.questions if self.draft else ()

    @property
    def recognised(self) -> str:
        """What the files are."""
        return self.draft.recognised if self.draft else "Check-ins of clinicians"


def look_at(
    files: Sequence[Path],
    folder: Path,
    *,
    answers: Mapping[Place, str] | None = None,
    earlier: Looked | None = None,
    exclude_invalid: bool = False,
    now: dt.datetime | None = None,
) -> Looked:
    """Look at files without writing anything; with the answers to the questions of `earlier`, as far as they go.

    Raises `InputError` and `ParameterError` as an import does.
    """
    paths, now = tuple(files), now or dt.datetime.now()  # noqa: DTZ005  local, as all times of a practice are
    if not paths:
        raise ParameterError("choose at least one file")
    saved = [is_check_in(path) for path in paths]
    if any(saved):
        if not all(saved):
            raise ParameterError(MIXED)
        return Looked(paths, folder, None, checkin_summary(import_checkins(paths, folder, dry_run=True), dry_run=True))
    if earlier is not None and earlier.draft is not None and answers is not None:
        draft = answered(earlier.draft, answers, paths, now)
    else:
        draft = first_draft(paths, folder, now)
    before = "" if draft.questions else _before(paths, folder, draft, exclude_invalid, now)
    return Looked(paths, folder, draft, before)


def bring_in(looked: Looked, *, exclude_invalid: bool = False) -> str:
    """Import files that were looked at, keep what was decided about them, and say what became of them."""
    if looked.draft is None:
        return checkin_summary(import_checkins(looked.files, looked.folder))
    done = import_exports(looked.files, looked.folder, looked.draft.export, exclude_invalid=exclude_invalid)
    if done.written:
        write_file(done.folder / REPORT, import_report(done, dt.datetime.now().date().isoformat()))  # noqa: DTZ005
    kept = keep_map(looked.folder, looked.draft)
    return import_summary(done) + (f"\n\nWhat you decided is kept in {kept}, for next month." if kept else "")


def _before(files: Sequence[Path], folder: Path, draft: Draft, exclude_invalid: bool, now: dt.datetime) -> str:
    """What an import would change, and how the practice would look: tried on a copy, of which nothing stays."""
    with scratch() as place:
        copy = place / folder.name
        if folder.is_dir():
            copy_folder(folder, copy)
        key = default_key_file(folder)
        if key.is_file():
            write_private(place / key.name, key.read_bytes())
        done: Imported = import_exports(files, copy, draft.export, exclude_invalid=exclude_invalid, now=now)
        return f"{preview(done)}\n\n{ODDITIES}\n{_oddities(copy, now)}"


def _oddities(folder: Path, now: dt.datetime) -> str:
    try:
        return summary(read_practice(folder), now.date())
    except CaseloadError as error:
        return str(error)
