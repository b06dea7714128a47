"""Exports as programs write them, small and invented; and how a folder is looked at before and after an import.

Every name, date of birth and number of a person in them is listed, so that a test can look for each in whatever was
written or said.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import openpyxl

from caseload.intake.exports.run import Imported, import_exports

NOW = dt.datetime(2026, 7, 1, 12, 0)

# The header of SimplePractice's client attendance report, and the summary that it has for its first row of data.
SIMPLEPRACTICE = ("client_name", "clinician_name", "date_of_service", "office_name", "status")
SUMMARY = ("4 clients", "2 clinicians", "9 appointments", "1 office", "5 statuses")
# Its appointment status report, which says who has paid: some headers occur twice.
PAYMENTS = [
    "Date of Service",
    "Client",
    "Clinician",
    "Billing Code",
    "Primary Insurance",
    "Secondary Insurance",
    "Rate per Unit",
    "Units",
    "Total Fee",
    "Progress Note Status",
    "Client Payment Status",
    "Charge",
    "Uninvoiced",
    "Paid",
    "Unpaid",
    "Insurance Payment Status",
    "Charge",
    "Paid",
    "Write Off",
    "Unpaid",
]
THERAPYNOTES = [
    "Date",
    "Type",
    "Appointment Type",
    "Clinician Name",
    "Supervisor Name",
    "First Name",
    "Last Name",
    "DOB",
    "Service Code",
    "Units",
    "Note Status",
    "Charge",
    "Patient Amount",
    "Insurance Amount",
]
JANE = ("Patient Number", "Patient", "Staff Member", "Treatment", "Start At", "End At", "State", "Cancelled At")
OPENEMR = [
    "pc_eid",
    "pc_catid",
    "pc_aid",
    "pc_pid",
    "pc_title",
    "pc_eventDate",
    "pc_endDate",
    "pc_startTime",
    "pc_endTime",
    "pc_duration",
    "pc_apptstatus",
]

CLIENTS = ("Zephyrine Quillfeather", "Ottoline Vrábecz", "Ludmilla O'Tanqueray", "Søren Ångstrøm-Béla")
CLINICIANS = ("Wendeline Hartzfeld", "Bartholomew Xuereb")
SUPERVISOR = "Philippa Grimthorpe"
BORN = ("3/17/1981", "11/30/1994", "7/9/2003", "12/25/1966")
NUMBERS = ("8842017", "8842018", "8842019", "8842020")  # of clients
STAFF = ("99017", "99018")

WORDS = sorted({word for name in (*CLIENTS, *CLINICIANS, SUPERVISOR) for word in name.replace("-", " ").split()})
PRIVATE = (*WORDS, *BORN, *(f"{y}-{int(m):02}-{int(d):02}" for m, d, y in (born.split("/") for born in BORN)))


def csv_text(rows: Iterable[Sequence[object]], delimiter: str = ",") -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return stream.getvalue()


def workbook(path: Path, rows: Iterable[Sequence[object]], title: str = "Export") -> Path:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(list(row))
    book.save(path)
    return path


def attendance_rows(month: int = 5) -> list[tuple[str, ...]]:
    """A SimplePractice report of one month: every status, a pair that meets twice on one day, a video office."""
    zephyrine, ottoline, ludmilla, soren = CLIENTS
    hartzfeld, xuereb = CLINICIANS

    def row(client: str, clinician: str, day: int, status: str, office: str = "Main Office") -> tuple[str, ...]:
        return client, clinician, f"{month:02}/{day:02}/2026", office, status

    return [
        SIMPLEPRACTICE,
        SUMMARY,
        row(zephyrine, hartzfeld, 4, "Show"),
        row(zephyrine, hartzfeld, 11, "No show"),
        row(zephyrine, hartzfeld, 18, "Canceled", "Telehealth Video"),
        row(ottoline, hartzfeld, 5, "Late canceled"),
        row(ottoline, hartzfeld, 12, "Clinician canceled"),
        row(ludmilla, xuereb, 6, "Show"),
        row(ludmilla, xuereb, 6, "No show"),
        row(soren, xuereb, 7, "Cancelled"),
        row(soren, xuereb, 14, "Show", "Telehealth Video"),
    ]


def transaction_rows(dates: Sequence[object] = ("5/4/2026", "5/5/2026", "5/6/2026")) -> list[list[object]]:
    """TherapyNotes' billing transactions: appointments with CPT codes, missed and cancelled ones, a payment."""
    people = [(*name.split(" ", 1), born) for name, born in zip(CLIENTS, BORN, strict=True)]
    hartzfeld, xuereb = CLINICIANS

    def row(
        day: int, kind: str, appointment: str, client: int, code: str, clinician: str = hartzfeld, supervisor: str = ""
    ) -> list[object]:
        money = ["150.00", "30.00", "120.00"]
        return [dates[day], kind, appointment, clinician, supervisor, *people[client], code, "1", "Signed", *money]

    return [
        list(THERAPYNOTES),
        row(0, "Appointment", "Therapy Session", 0, "90837", supervisor=SUPERVISOR),
        row(0, "Appointment", "Therapy Session", 0, "90785", supervisor=SUPERVISOR),  # an add-on of the row above
        row(0, "Payment", "", 0, ""),
        row(0, "Appointment", "Therapy Intake", 1, "90791"),
        row(1, "Appointment", "Therapy Session", 2, "90834", xuereb),
        row(1, "Appointment", "Therapy Session", 3, "90832", xuereb),
        row(2, "Appointment", "Family Session", 3, "90847", xuereb),
        row(2, "Appointment", "Group", 1, "90853", supervisor=SUPERVISOR),
        row(1, "Missed Appointment", "", 0, "", supervisor=SUPERVISOR),
        row(2, "Late Cancelled Appointment", "", 0, ""),
        row(2, "Canceled", "", 2, "", xuereb),
    ]


def jane_rows() -> list[tuple[str, ...]]:
    """Jane's appointments: every state, cancellations on both sides of 24 hours, one after the beginning."""
    hartzfeld, xuereb = CLINICIANS

    def row(client: int, staff: str, day: int, state: str, cancelled: str = "") -> tuple[str, ...]:
        start, end = f"2026-05-{day:02} 14:00", f"2026-05-{day:02} 14:50"
        return NUMBERS[client], CLIENTS[client], staff, "Counselling", start, end, state, cancelled

    return [
        JANE,
        row(0, hartzfeld, 4, "Arrived"),
        row(0, hartzfeld, 5, "No Show"),
        row(0, hartzfeld, 6, "Cancelled", "2026-05-05 14:00"),  # 24 hours before, to the minute
        row(0, hartzfeld, 7, "Cancelled", "2026-05-06 14:01"),
        row(0, hartzfeld, 8, "Cancelled", "2026-05-08 15:00"),
        row(0, hartzfeld, 11, "Cancelled"),
        row(1, xuereb, 4, "Rescheduled", "2026-05-04 09:00"),
        row(1, xuereb, 5, "Never Booked"),
        row(1, xuereb, 6, "Archived"),
        row(1, xuereb, 7, "Checked In"),
        row(1, xuereb, 8, "First Visit"),
    ]


OPENEMR_CODES = {
    "-": "", "^": "", "*": "", "+": "", "x": "client_cancelled", "%": "late_cancelled", "?": "no_show",
    "@": "attended", "~": "attended", "!": "no_show", "#": "", "<": "attended", ">": "attended",
    "$": "attended",
}  # fmt: skip


def openemr_rows() -> list[tuple[str, ...]]:
    """OpenEMR's calendar: an event for every code, office hours and a holiday without a client."""
    rows = [tuple(OPENEMR)]
    for number, code in enumerate(OPENEMR_CODES):
        pid, day = NUMBERS[number % 3], f"2026-05-{4 + number:02}"
        rows.append(
            (str(5001 + number), "5", STAFF[number % 2], pid, "Office Visit", day, "0000-00-00", "09:30:00",
             "10:20:00", "3000", code)
        )  # fmt: skip
    empty = ("2026-05-04", "0000-00-00", "08:00:00", "17:00:00", "0", "-")
    rows += [("6001", "2", STAFF[0], nobody, "In Office", *empty) for nobody in ("", "0", "NULL")]
    return rows


def put(folder: Path, name: str, rows: Iterable[Sequence[object]], encoding: str = "utf-8") -> Path:
    """A CSV file of these rows, with line ends as they are."""
    path = folder / name
    path.write_bytes(csv_text(rows).encode(encoding))
    return path


def run(*files: Path, to: Path, **options: object) -> Imported:
    return import_exports(files, to, **{"now": NOW, **options})


def cells(folder: Path, table: str = "sessions") -> list[dict[str, str]]:
    """The rows of a table of a practice folder, as they stand in the file."""
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder and of those in it, with its bytes."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def moments(folder: Path) -> dict[str, int]:
    """When each file was changed, in nanoseconds."""
    return {path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in folder.rglob("*")}


def betrayed(text: str | bytes) -> list[str]:
    """Which names and dates of birth stand in a text, in any letters."""
    content = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return [word for word in PRIVATE if word.casefold() in content.casefold()]


OWN = ("Ref", "Worker", "When", "Result")  # the header of a program of the practice's own
OWN_MAP = """{top}
title = "Ours"
dates = "day/month/year"
[people.client]
number = "Ref"
[people.clinician]
name = ["Worker"]
[columns.scheduled_start]
from = {when}
[columns.status]
from = ["Result"]
[columns.status.words]
"seen" = "attended"
"missed" = "no_show"
"called off" = "client_cancelled"
{more}
"""


def own_map(folder: Path, *, top: str = "", when: str = '["When"]', more: str = "") -> str:
    """A map of the practice's own, with what a test adds to it; its path."""
    path = folder / "own.toml"
    path.write_text(OWN_MAP.format(top=top, when=when, more=more), encoding="utf-8")
    return str(path)


def own_rows(*whens: object, result: str = "seen") -> list[tuple[object, ...]]:
    """Appointments of one clinician at these times, each with another client."""
    return [OWN, *((f"R{place}", "Bartholomew Xuereb", when, result) for place, when in enumerate(whens))]
