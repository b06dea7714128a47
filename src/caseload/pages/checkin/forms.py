"""`caseload checkin`: the forms of a month, one file for each clinician, and a text to send to all of them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from caseload.errors import ParameterError, did_you_mean
from caseload.intake import Practice, read_practice
from caseload.intake.exports.keys import practice_mark
from caseload.intake.pseudonyms import default_key_file, read_key_file
from caseload.intake.times import MONTH
from caseload.pages.checkin.form import clinicians_asked, form_of
from caseload.pages.checkin.page import MARK, check_in_page
from caseload.pages.checkin.questionnaires import asked
from caseload.wording import month_year
from caseload.writing.names import file_names
from caseload.writing.places import check_apart, check_claimed, check_writable
from caseload.writing.whole import write_together

_START = 2000  # characters in which a file says that it is a form


@dataclass(frozen=True)
class CheckInForms:
    """The forms of a month: clinician → file."""

    month: pd.Period
    files: dict[str, Path]
    passed_over: pd.Period | None = None  # where no month was named: a later one that is complete in a few days

    @property
    def message(self) -> str:
        """A text to send to everybody, the same for all."""
        return (
            f"Your check-in for {month_year(self.month)} is ready. Please open the attached file in a browser. "
            "It takes about two minutes: two ratings for each client. You can leave anything blank. You decide who "
            "sees your answers about yourself. Save it at the end, and send back the file whose name begins with "
            "“checkin”. Keep a file whose name begins with “private” for yourself."
        )


def write_checkins(
    path: Path | str,
    month: str | None = None,
    *,
    clinician: str | None = None,
    out: Path | str = "checkins",
    key_file: Path | str | None = None,
    questionnaires: Sequence[str] = (),
    today: dt.date | None = None,
) -> CheckInForms:
    """Write the check-in forms of a month: `out/YYYY-MM/<clinician_id>.html`.

    Parameters
    ----------
    path : the practice's folder or workbook.
    month : `YYYY-MM`; default: the latest month that holds a session and ended before `today`.
    clinician : only this one; default: everybody with a session in the month or the two before it.
    out : the folder for the forms. Forms of an earlier run are replaced, other files are not.
    key_file : where the key of the pseudonyms is kept; default: beside the folder, `<folder>.key`. With `names =
        "people"` in `settings.toml`, forms show names from it: clients by initials.
    questionnaires : asked for this month; default: every third month the practice's own copies, else two short ones.
    today : default: the date of this computer.

    Raises
    ------
    InputError
        for data, or a copy of a questionnaire, that cannot be used.
    ParameterError
        for a month outside the data, an unknown clinician or questionnaire, or a folder that cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> import caseload
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     forms = caseload.write_checkins("data/sample", "2026-05", clinician="C07", out=folder)
    ...     [file.relative_to(folder).as_posix() for file in forms.files.values()]
    ['2026-05/C07.html']
    """
    data, target = Path(path), Path(out)
    check_writable(target)
    check_apart(target, data)
    practice = read_practice(data)
    today = today or dt.date.today()
    when = _month(practice, month, today)
    ids = _ids(practice, when, clinician)
    asked_for = asked(data if data.is_dir() else data.parent, when.month, questionnaires)
    keys_at = Path(key_file) if key_file else default_key_file(data)
    keys = read_key_file(keys_at)
    if key_file and keys is None:
        raise ParameterError(f"{keys_at.name} is not there: say where the key file is by --key")
    people = keys.people if keys and practice.settings.names == "people" else {}
    mark = practice_mark(data, keys_at) if data.is_dir() else ""
    names = file_names(sorted(practice.supervisees["clinician_id"]))
    pages = {
        who: check_in_page(form_of(practice, who, when, mark=mark, people=people, questionnaires=asked_for))
        for who in ids
    }
    folder = target / str(when)
    check_apart(folder, data)
    check_claimed(folder, [f"{names[who]}.html" for who in ids], is_ours)
    write_together(target, {f"{when}/{names[who]}.html": text for who, text in pages.items()})
    files = {who: folder / f"{names[who]}.html" for who in ids}
    return CheckInForms(when, files, None if month else practice.nearly_complete(today))


def is_ours(path: Path) -> bool:
    """Whether a file is a form that an earlier run has written."""
    try:
        with path.open(encoding="utf-8") as stream:
            return MARK in stream.read(_START)
    except (OSError, UnicodeDecodeError):
        return False


def _month(practice: Practice, month: str | None, today: dt.date) -> pd.Period:
    if month is None:
        return practice.default_month(today)
    if not re.fullmatch(MONTH, month):
        raise ParameterError("A month is written YYYY-MM, for example 2026-05.")
    asked_for = pd.Period(month, "M")
    if asked_for not in practice.months:
        raise ParameterError(f"The data covers {practice.months[0]} to {practice.months[-1]}, not {asked_for}.")
    return asked_for


def _ids(practice: Practice, month: pd.Period, clinician: str | None) -> list[str]:
    known = practice.supervisees["clinician_id"].tolist()
    if clinician is None:
        return clinicians_asked(practice, month)
    if clinician not in known:
        raise ParameterError(f"no clinician of this practice has that identifier{did_you_mean(clinician, known)}")
    return [clinician]
