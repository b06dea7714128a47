"""Check-ins → a practice folder: ratings, what is shared of the private part, supports and the own plan.

A second file of a clinician's month takes the place of the first, and repeating an import changes nothing. What each
file did to supports and plan is kept in `checkins.json`, with the month from which on a clinician's answers are taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa

from caseload.errors import InputError, ParameterError, Problem
from caseload.intake.exports.checkin_file import CheckIn, read_check_in
from caseload.intake.exports.destination import check_result, tables_in
from caseload.intake.exports.keys import key_path, practice_mark
from caseload.intake.exports.record import FILE as RECORD
from caseload.intake.exports.record import Record, read_record
from caseload.intake.exports.stored import write_table
from caseload.intake.exports.undoing import Keyed, Step
from caseload.intake.practice import Practice, read_practice
from caseload.intake.tables import INTERVENTIONS, TABLES
from caseload.writing.exchange import only_changer, replace_files
from caseload.writing.whole import Content

_TOUCHED = ("ratings", "surveys", "supports", "selfcare_plan", "clinicians")
SUPPORTS = Keyed("supports", ("clinician_id", "date", "kind"), ("planned_minutes", "done_minutes", "cancelled_by"))
PLAN = Keyed("selfcare_plan", ("clinician_id", "month", "goal"), ("kind", "planned_times", "done_times", "barrier"))

_NUMBERED = re.compile(r"\((\d{1,4})\)\.json$", re.IGNORECASE)

Tables = dict[str, pd.DataFrame]
"""Tables of the folder as text; an empty cell is an empty text."""


@dataclass(frozen=True)
class ImportedCheckIns:
    """What an import of check-ins did: nothing in it tells what anybody rated, shared or left blank."""

    folder: Path
    months: Mapping[str, int]  # month → files
    written: bool


def import_checkins(
    files: Sequence[Path | str], to: Path | str, *, key_file: Path | str | None = None, dry_run: bool = False
) -> ImportedCheckIns:
    """Read check-ins of clinicians into a practice folder.

    Parameters
    ----------
    files : paths of the files that forms of `write_checkins` have saved, in any order and of any months; of two of one
        clinician and month the copy with the higher number counts (`… (1).json`), else the later one in this order.
    to : the practice folder. Its tables must be CSV files.
    key_file : where the key of the pseudonyms is kept; default: beside the folder, `<folder>.key`.
    dry_run : find out whether all of it can be read, and write nothing.

    Raises
    ------
    InputError
        with what is wrong with all files: damaged, a private part, of another practice, person, month or version, or
        with clients that the clinician has not seen. Nothing is written then.
    ParameterError
        for a folder or key file that cannot be used.

    Examples
    --------
    >>> import shutil, tempfile
    >>> from pathlib import Path
    >>> import caseload
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     practice = shutil.copytree("data/sample", f"{folder}/practice")
    ...     try:
    ...         caseload.import_checkins(["data/sample/README.md"], practice)
    ...     except caseload.InputError as error:
    ...         error.problems[0].found
    'a damaged file'
    """
    folder = Path(to)
    if not folder.is_dir():
        raise ParameterError(f"there is no practice folder {folder.name}: check-ins are read into an existing one")
    keys_at = key_path(folder, key_file)
    forms = _all_read([Path(file) for file in files])
    with only_changer(folder) as target:
        practice = read_practice(target)
        _refuse_strangers(forms, practice, practice_mark(target, keys_at))
        raw = tables_in(target, _TOUCHED)
        before = {name: _as_text(table, name) for name, table in raw.items()}
        known = read_record(target)
        tables, record = _tables_with(forms, before, known)
        changed = {name: _as_arrow(table) for name, table in tables.items() if not _same(table, before.get(name))}
        writes = (bool(changed) or record.first != known.first) and not dry_run  # also what is only taken back
        if changed:
            check_result(target, changed, raw)
        if writes:
            contents: dict[str, Content] = {f"{name}.csv": partial(write_table, new) for name, new in changed.items()}
            replace_files(target, {**contents, RECORD: record.written()}, edited="agenda.csv")
    months = pd.Series([one.month for _, one in forms]).value_counts().sort_index()
    return ImportedCheckIns(folder, {str(month): int(count) for month, count in months.items()}, writes)


def _all_read(files: Sequence[Path]) -> list[tuple[str, CheckIn]]:
    """Every file with its name, by month; or what is wrong with all of them."""
    forms: list[tuple[str, CheckIn]] = []
    problems: list[Problem] = []
    for file in files:
        try:
            forms.append((file.name, read_check_in(file)))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems, "The check-in")
    # Copies of a month come in any order; a browser counts those that it saves under one name, the newest highest.
    return sorted(forms, key=lambda one: (one[1].month, one[1].take_back, _copy(one[0])))


def _copy(name: str) -> int:
    """The number of a copy, as a browser writes it: 2 of `checkin-C07-2026-05 (2).json`, 0 without one."""
    numbered = _NUMBERED.search(name)
    return int(numbered[1]) if numbered else 0


def _refuse_strangers(forms: Sequence[tuple[str, CheckIn]], practice: Practice, mark: str) -> None:
    """Raise for check-ins of another practice, person or month, and for clients whom the clinician has not seen."""
    people = set(practice.supervisees["clinician_id"])
    seen = practice.sessions.groupby("clinician_id")["client_id"].agg(frozenset).to_dict()
    months = {str(month) for month in practice.months}
    terms = {*INTERVENTIONS, *practice.settings.interventions}
    problems: list[Problem] = []
    for name, one in forms:
        if (one.practice or "") != mark:
            problems.append(_stranger(name, "practice", "a check-in of this practice", "one of another practice"))
        elif one.clinician_id not in people:
            problems.append(_stranger(name, "clinician_id", "a clinician of this practice", "somebody else"))
        elif one.month not in months:
            problems.append(_stranger(name, "month", "a month that the sessions cover", "another month"))
        else:
            met = seen.get(one.clinician_id, frozenset())
            unknown = [at for at, client in enumerate(one.clients, start=1) if client.client_id not in met]
            if unknown:
                expected, other = "clients whom this clinician has seen", "an unknown client"
                problems.append(_stranger(name, "clients", expected, other, unknown))
            odd = [at for at, client in enumerate(one.clients, start=1) if not terms.issuperset(client.interventions)]
            if odd:
                expected = "terms of the vocabulary, or of settings.toml"
                problems.append(_stranger(name, "clients, interventions", expected, "another term", odd))
    if problems:
        raise InputError(problems, "The check-in")


def _stranger(name: str, column: str, expected: str, found: str, at: Sequence[int] = ()) -> Problem:
    action = "Check that the file belongs to this practice, and that its sessions are imported."
    return Problem(name, column, tuple(at[:5]), len(at), expected, found, action, unit="item")


def _tables_with(forms: Sequence[tuple[str, CheckIn]], before: Tables, record: Record) -> tuple[Tables, Record]:
    tables = {name: before.get(name, _empty(name)) for name in _TOUCHED}
    for _, one in forms:
        tables["ratings"] = _rated(tables["ratings"], one)
        steps = record.steps_of(one.clinician_id, one.month)
        tables["supports"], supports = _replaced(SUPPORTS, tables["supports"], steps, _supports(one))
        tables["selfcare_plan"], plan = _replaced(PLAN, tables["selfcare_plan"], steps, _plan(one))
        record = record.with_steps(one.clinician_id, one.month, (*supports, *plan))
        if one.take_back:
            tables["surveys"] = _not_shared(tables["surveys"], one)
            if not record.has_taken_back(one.clinician_id, one.month):  # read again, it says nothing of what came since
                tables["clinicians"] = _not_agreed(tables["clinicians"], one.clinician_id)
        if _answers_count(one, record):
            tables["surveys"] = _answered(tables["surveys"], one)
        if one.take_back:
            record = record.with_answers_from(one.clinician_id, one.month)
    return tables, record


def _rated(table: pd.DataFrame, one: CheckIn) -> pd.DataFrame:
    """The ratings with those of this month, of clients of whom anything is said."""
    rows = [
        {
            "effort": _text(client.effort),
            "engagement": _text(client.engagement),
            "stage_of_change": client.stage_of_change or "",
            "interventions": ";".join(client.interventions),
            "crisis": _text(client.crisis),
            "access_barrier": _text(client.access_barrier),
            "client_id": client.client_id,
        }
        for client in one.clients
        if not client.skipped
    ]
    new = pd.DataFrame([row for row in rows if any(value for name, value in row.items() if name != "client_id")])
    theirs = (table["clinician_id"] == one.clinician_id) & (table["month"] == one.month)
    return _in_place_of(table, theirs, new.assign(clinician_id=one.clinician_id, month=one.month))


def _answered(table: pd.DataFrame, one: CheckIn) -> pd.DataFrame:
    """The surveys with the month's shared answers in place of those that an earlier file of the month has brought."""
    day = one.last_day.isoformat()
    rows = [
        {"instrument": answer.instrument, "item": answer.item, "response": _text(answer.response)}
        for answer in one.surveys
    ]
    new = pd.DataFrame(rows, columns=["instrument", "item", "response"])
    new = new.assign(clinician_id=one.clinician_id, completed_on=day, visible_to=one.visible_to or "")
    mine = (table["clinician_id"] == one.clinician_id) & (table["completed_on"] == day)
    asked = set(zip(new["instrument"], new["item"], strict=True))
    same = pd.Series([key in asked for key in zip(table["instrument"], table["item"], strict=True)], table.index, bool)
    return _in_place_of(table, mine & ((table["visible_to"] != "") | same), new)


def _answers_count(one: CheckIn, record: Record) -> bool:
    """Whether the month's answers are taken: of a month that was taken back, only what the taking back itself shares.

    Files hold no time of saving, so another file of that month may be the older one. Sharing nothing always counts.
    """
    taken_back = record.has_taken_back(one.clinician_id, one.month)
    return not taken_back or not one.surveys or (one.take_back and one.month == record.answers_from(one.clinician_id))


def _not_shared(table: pd.DataFrame, one: CheckIn) -> pd.DataFrame:
    """The surveys without what check-ins have shared up to this month; later months were shared since."""
    day = table["completed_on"].str.strip()
    later = day.str.match(r"\d{4}-\d\d-") & (day.str[:7] > one.month)
    return table[(table["clinician_id"] != one.clinician_id) | (table["visible_to"] == "") | later]


def _not_agreed(table: pd.DataFrame, clinician_id: str) -> pd.DataFrame:
    """The clinicians, of whom this one has no longer agreed to share surveys."""
    agreed = (table["clinician_id"] == clinician_id) & (table["shares_surveys"] != "")
    return table.assign(shares_surveys=table["shares_surveys"].mask(agreed, "false"))


def _supports(one: CheckIn) -> pd.DataFrame:
    """Supports of which it is said what became of them."""
    said = [each for each in one.supports if each.done_minutes is not None or each.cancelled_by is not None]
    rows = [
        {
            "date": each.date,
            "kind": each.kind,
            "planned_minutes": _text(each.planned_minutes),
            "done_minutes": _text(each.done_minutes),
            "cancelled_by": each.cancelled_by or "",
        }
        for each in said
    ]
    columns = [*SUPPORTS.key[1:], *SUPPORTS.cells]
    return pd.DataFrame(rows, columns=columns).assign(clinician_id=one.clinician_id)


def _plan(one: CheckIn) -> pd.DataFrame:
    rows = [
        {
            "goal": each.goal.strip(),
            "kind": each.kind,
            "planned_times": _text(each.planned_times),
            "done_times": _text(each.done_times),
            "barrier": (each.barrier or "").strip(),
        }
        for each in one.selfcare_plan
        if each.goal.strip()
    ]
    columns = ["goal", *PLAN.cells]
    return pd.DataFrame(rows, columns=columns).assign(clinician_id=one.clinician_id, month=one.month)


def _replaced(
    keyed: Keyed, table: pd.DataFrame, steps: Sequence[Step], rows: pd.DataFrame
) -> tuple[pd.DataFrame, tuple[Step, ...]]:
    new, done = keyed.filled(keyed.undone(table, steps), rows)
    return new.reset_index(drop=True), done


def _in_place_of(table: pd.DataFrame, old: pd.Series, new: pd.DataFrame) -> pd.DataFrame:
    """The table with `new` rows in place of `old` ones."""
    whole = new.reindex(columns=table.columns, fill_value="").fillna("")
    return pd.concat([table[~old], whole], ignore_index=True)


def _same(table: pd.DataFrame, before: pd.DataFrame | None) -> bool:
    """Whether there is nothing to write: the same rows, in whatever order, or none where there was no table."""
    if before is None or len(table) != len(before):
        return before is None and table.empty
    return _rows(table) == _rows(before)


def _rows(table: pd.DataFrame) -> list[tuple[str, ...]]:
    return sorted(table.itertuples(index=False, name=None))


def _as_text(table: pa.Table, name: str) -> pd.DataFrame:
    frame = table.to_pandas().astype("str").fillna("")
    missing = [column for column in TABLES[name].column_names if column not in frame]
    return frame.assign(**dict.fromkeys(missing, ""))


def _as_arrow(frame: pd.DataFrame) -> pa.Table:
    columns = {name: pa.array([cell or None for cell in column], pa.string()) for name, column in frame.items()}
    return pa.table(columns)


def _empty(name: str) -> pd.DataFrame:
    return pd.DataFrame(columns=list(TABLES[name].column_names), dtype="str")


def _text(value: float | bool | None) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else f"{value + 0:g}"  # never -0
