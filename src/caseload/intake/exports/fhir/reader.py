"""The files of a FHIR export, taken together → the reader's tables: `appointments`, `encounters` and `surveys`.

References go across files: an appointment names people whose names are in another file. So all files of an import are
read before anything is made of them; the rows keep the file and the line that they came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from caseload.errors import InputError, Problem
from caseload.intake.exports.fhir.answers import Answers
from caseload.intake.exports.fhir.files import Account, read_resources
from caseload.intake.exports.fhir.people import Directory
from caseload.intake.exports.fhir.resources import Resources
from caseload.intake.exports.fhir.rows import Doubts, Rows
from caseload.intake.exports.fhir.sessions import Session, Sessions
from caseload.intake.exports.grid import Grid
from caseload.intake.exports.maps import ExportMap
from caseload.intake.exports.moments import Calendar
from caseload.intake.read import UNREADABLE, unreadable

SESSION_HEADER = (
    "number", "patient", "patient_name", "patient_born", "practitioner", "practitioner_name", "lacks",
    "start", "minutes", "status", "cancelation_reason", "cancelled_at", "encounter_status", "actual_minutes",
    "modality", "ors_total", "srs_total",
)  # fmt: skip
OLDER = "Older versions of appointments and encounters, and deleted ones, passed over"
OPTIONAL = ("minutes", "encounter_status", "actual_minutes", "modality", "ors_total", "srs_total")


def read_fhir(paths: Sequence[Path], export: ExportMap) -> list[tuple[Path, str, Grid]]:
    """What the files hold: of each the reader's tables, in the order of the files.

    Columns that no resource of a file fills (minutes of encounters, totals of forms) are not in its grid, so that an
    import without them takes nothing away from an earlier one. Raises `InputError` with everything that is no FHIR R4
    or leads nowhere.
    """
    resources = Resources()
    accounts = _accounts(paths, resources)
    for address in (address for account in accounts.values() for address in account.deleted):
        resources.delete(address)
    doubts = Doubts({path: account.unit for path, account in accounts.items()})
    doubts.count(OLDER, resources.settle())
    sessions = Sessions(resources, doubts)
    answers = Answers(resources, doubts, export.questionnaires)
    tables = [sessions.of_appointments, sessions.of_encounters]
    everything = [session for table in tables for some in table.values() for session in some]
    totals = answers.totals(everything, Calendar(export.dates, export.time_zone)) if resources.responses else {}
    problems = [*doubts.problems, *_several_servers(paths, resources.directory)]
    if problems:
        raise InputError(problems)
    grids = []
    for path, account in accounts.items():
        for name, table in zip(("appointments", "encounters"), tables, strict=True):
            if rows := table.pop(path, None):
                grids.append((path, name, _rows(rows, totals).grid(path.name, account.unit)))
        if (surveys := answers.surveys.get(path)) and len(surveys):
            grids.append((path, "surveys", surveys.grid(path.name, account.unit)))
        for filled, _, grid in grids:
            if filled == path:
                grid.sha256 = account.sha256
    if not grids and resources.deleted:  # they may be of an earlier import
        grids.append((paths[0], "appointments", Rows(SESSION_HEADER, OPTIONAL).grid(paths[0].name, "line")))
    if not grids:
        expected = "appointments, encounters, or questionnaires of clinicians"
        action = "Export Appointment, Encounter, Patient, Practitioner, PractitionerRole and QuestionnaireResponse."
        raise InputError([Problem(paths[0].name, "", (), 0, expected, "none in these files", action)])
    grids[0][2].deleted = tuple(sorted(resources.deleted))
    grids[0][2].notes += [*doubts.notes, *_notes(resources, accounts.values())]
    return grids


def _accounts(paths: Sequence[Path], resources: Resources) -> dict[Path, Account]:
    accounts: dict[Path, Account] = {}
    problems: list[Problem] = []
    for path in dict.fromkeys(paths):
        try:
            accounts[path] = read_resources(path, partial(resources.take, path))
            problems += accounts[path].problems
        except UNREADABLE as error:
            problems.append(unreadable(path.name, error))
    if problems:
        raise InputError(problems)
    return accounts


def _several_servers(paths: Sequence[Path], directory: Directory) -> list[Problem]:
    """Ids of two servers may be the same and mean two people."""
    if len(directory.servers) < 2:
        return []
    expected, found = "references to resources of one server", f"those of {len(directory.servers)} servers"
    action = "Import the export of each server by itself, into a practice folder of its own."
    return [Problem(paths[0].name, "", (), 0, expected, found, action)]


def _rows(sessions: list[Session], totals: Mapping[str, Mapping[str, str]]) -> Rows:
    rows = Rows(SESSION_HEADER, optional=OPTIONAL)
    nothing: Mapping[str, str] = {}
    for one in sessions:
        patient, practitioner, total = one.patient, one.practitioner, totals.get(one.number, nothing)
        cells = (
            one.number, patient.number, patient.name, patient.born, practitioner.number, practitioner.name, one.lacks,
            one.start, one.minutes, one.status, one.reason, one.cancelled_at, one.came, one.actual, one.modality,
            total.get("ors", ""), total.get("srs", ""),
        )  # fmt: skip
        rows.add(one.place, cells)
    return rows


def _notes(resources: Resources, accounts: Iterable[Account]) -> list[str]:
    directory = resources.directory
    counts = {
        "Resources of other types, passed over": resources.others,
        "People whose Patient or Practitioner resource is not in these files: known by their number, without a name": (
            len(directory.nameless)
        ),
        "People without an id: known by an identifier, or by name and date of birth": len(directory.without_id),
    }
    notes = [f"{what}: {count:,}." for what, count in counts.items() if count]
    further = [account.file for account in accounts if account.further_pages]
    return [*notes, *(f"{file}: this Bundle says that there are further pages; import them too." for file in further)]
