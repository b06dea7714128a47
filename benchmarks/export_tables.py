"""A large export of each known format of CSV, drawn at random, with the columns that the program itself writes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

CLIENTS, CLINICIANS, DAYS = 4_000, 200, 3 * 365
FIRST_DAY = np.datetime64("2023-05-01")
SEED = 2026

SYLLABLES = ("ba", "den", "fo", "gar", "hel", "in", "jor", "ka", "lun", "mo", "nir", "os", "pel", "ra", "sten", "tu")


def simplepractice(rows: int) -> pa.Table:
    """An attendance report."""
    rng = np.random.default_rng(SEED)
    client, clinician, day = _appointments(rng, rows)
    statuses = ("Show", "No show", "Canceled", "Late canceled", "Clinician canceled")
    offices = ("Main Office", "Telehealth Video")
    days = np.char.replace(np.datetime_as_string(FIRST_DAY + np.arange(DAYS)), "-", "/")
    written = np.array([f"{text[5:7]}/{text[8:]}/{text[:4]}" for text in days])
    return pa.table(
        {
            "client_name": _names(CLIENTS, " ")[client],
            "clinician_name": _names(CLINICIANS, ", ")[clinician],
            "date_of_service": written[day],
            "office_name": np.array(offices)[rng.choice(2, rows, p=[0.7, 0.3])],
            "status": np.array(statuses)[rng.choice(5, rows, p=[0.78, 0.07, 0.07, 0.05, 0.03])],
        }
    )


def openemr(rows: int) -> pa.Table:
    """A calendar."""
    rng = np.random.default_rng(SEED)
    client, clinician, day = _appointments(rng, rows)
    hour, quarter = rng.integers(8, 20, rows), rng.integers(0, 4, rows)
    clocks = np.array([f"{h:02}:{15 * q:02}:00" for h in range(24) for q in range(4)])
    dates = np.datetime_as_string(FIRST_DAY + np.arange(DAYS))[day]
    columns = {
        "pc_eid": np.arange(1, rows + 1),
        "pc_catid": np.full(rows, 5),
        "pc_aid": clinician + 1,
        "pc_pid": client + 1,
        "pc_title": np.full(rows, "Office Visit"),
        "pc_eventDate": dates,
        "pc_endDate": np.full(rows, "0000-00-00"),
        "pc_startTime": clocks[hour * 4 + quarter],
        "pc_endTime": clocks[(hour + 1) * 4 + quarter],
        "pc_duration": np.full(rows, 3000),
        "pc_apptstatus": np.array(("@", "?", "x", "%", ">", "-"))[
            rng.choice(6, rows, p=[0.4, 0.1, 0.1, 0.05, 0.3, 0.05])
        ],
    }
    return pa.table(columns)


def jane(rows: int) -> pa.Table:
    """An appointments report: times of day, states in words, when cancelled; without numbers, none is there twice."""
    rng, (client, clinician, day) = _drawn(rows, twice=0)
    minute = _minutes(rng, rows)
    states = _words(rng, ("Arrived", "No Show", "Cancelled", "Rescheduled"), (0.8, 0.07, 0.1, 0.03), rows)
    return pa.table(
        {
            "Patient Number": client + 1,
            "Patient": _names(CLIENTS, " ")[client],
            "Staff Member": _names(CLINICIANS, " ")[clinician],
            "Treatment": np.full(rows, "Counselling 50"),
            "Start At": _times(day, minute),
            "End At": _times(day, minute + 50),
            "State": states,
            "Cancelled At": np.where(states == "Cancelled", _times(day, minute - 600), ""),
        }
    )


def cliniko(rows: int) -> pa.Table:
    """Individual appointments: universal times, columns of true and false, long numbers."""
    rng, (client, clinician, day) = _drawn(rows)
    minute = _minutes(rng, rows)
    kind = _words(rng, ("came", "missed", "cancelled"), (0.8, 0.1, 0.1), rows)
    universal = {"starts_at": _times(day, minute), "ends_at": _times(day, minute + 50)}
    return pa.table(
        {
            "id": np.arange(608194747365853623, 608194747365853623 + rows),
            "patient_id": client + 710863102485699001,
            "practitioner_id": clinician + 1,
            **{name: np.char.add(texts, "Z") for name, texts in universal.items()},
            "patient_arrived": np.where(kind == "came", "true", "false"),
            "did_not_arrive": np.where(kind == "missed", "true", "false"),
            "cancelled_at": np.where(kind == "cancelled", np.char.add(_times(day, minute - 600), "Z"), ""),
            "notes": np.full(rows, ""),
        }
    )


def epic(rows: int) -> pa.Table:
    """Scheduled appointments: states in words, who cancelled, and hours of notice."""
    rng, (client, clinician, day) = _drawn(rows)
    states = _words(rng, ("Completed", "No Show", "Canceled", "Left without seen"), (0.8, 0.07, 0.1, 0.03), rows)
    who = _words(rng, ("PATIENT", "PROVIDER"), (0.7, 0.3), rows)
    return pa.table(
        {
            "APPT_DTTM": np.char.add(_times(day, _minutes(rng, rows)), ":00.000"),
            "DEPARTMENT_NAME": np.full(rows, "PSYCH OP"),
            "PROV_NAME_WID": _names(CLINICIANS, ", ")[clinician],
            "CANCEL_INITIATOR": np.where(states == "Canceled", who, ""),
            "CANCEL_LEAD_HOURS": np.where(states == "Canceled", rng.integers(0, 99, rows).astype(str), ""),
            "IDENTITY_ID": client + 12_345,
            "PAT_ENC_CSN_ID": np.arange(20_001, 20_001 + rows),
            "APPT_STATUS_NAME": states,
            "APPT_LENGTH": np.full(rows, 50),
        }
    )


def athenahealth(rows: int) -> pa.Table:
    """Booked appointments: days with the month first, times of day apart, states as codes."""
    rng, (client, clinician, day) = _drawn(rows)
    states = _words(rng, ("4", "x", "f"), (0.8, 0.15, 0.05), rows)
    clock = _clocks()[_minutes(rng, rows) // 15]
    return pa.table(
        {
            "appointmentid": np.arange(1, rows + 1),
            "patientid": client + 1,
            "providerid": clinician + 1,
            "departmentid": np.full(rows, 1),
            "date": _american()[day],
            "starttime": clock,
            "duration": np.full(rows, 50),
            "appointmentstatus": states,
            "cancelreasonnoshow": np.where(states == "x", _words(rng, ("true", "false"), (0.4, 0.6), rows), ""),
        }
    )


def therapynotes(rows: int) -> pa.Table:
    """Billing transactions: names in two columns, dates of birth, codes of services."""
    rng, (client, clinician, day) = _drawn(rows)
    names = np.char.partition(_names(CLIENTS, " "), " ")
    born = _american()[np.arange(CLIENTS) % DAYS]
    return pa.table(
        {
            "Date": _american()[day],
            "Type": np.full(rows, "Appointment"),
            "Appointment Type": np.full(rows, "Therapy Session"),
            "Clinician Name": _names(CLINICIANS, " ")[clinician],
            "First Name": names[:, 0][client],
            "Last Name": names[:, 2][client],
            "DOB": born[client],
            "Service Code": _words(rng, ("90834", "90837"), (0.5, 0.5), rows),
            "Units": np.full(rows, 1),
            "Charge": np.full(rows, "150.00"),
        }
    )


def talking_therapies(rows: int) -> pa.Table:
    """Care contacts of the NHS: ISO dates, times of day apart, codes."""
    rng, (client, clinician, day) = _drawn(rows)
    return pa.table(
        {
            "CareContactID": np.arange(1, rows + 1),
            "LocalPatientID": client + 1,
            "CarePersLocalID": clinician + 1,
            "CareContDate": np.datetime_as_string(FIRST_DAY + np.arange(DAYS))[day],
            "CareContTime": np.char.add(_clocks(), ":00")[_minutes(rng, rows) // 15],
            "AttendOrDNACode": _words(rng, ("5", "3", "2", "4"), (0.8, 0.1, 0.05, 0.05), rows),
            "ClinContactDurOfCareContact": np.full(rows, 50),
            "ConsMediumUsed": _words(rng, ("01", "02", "11"), (0.5, 0.2, 0.3), rows),
        }
    )


def _drawn(rows: int, twice: float = 0.01) -> tuple[np.random.Generator, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(SEED)
    return rng, _appointments(rng, rows, twice)


def _minutes(rng: np.random.Generator, rows: int) -> np.ndarray:
    """Minutes of the day at which appointments begin, at quarters from 8 to 20."""
    return 15 * rng.integers(32, 80, rows)


def _words(rng: np.random.Generator, words: tuple[str, ...], shares: tuple[float, ...], rows: int) -> np.ndarray:
    return np.array(words)[rng.choice(len(words), rows, p=shares)]


def _times(day: np.ndarray, minute: np.ndarray) -> np.ndarray:
    """Local times as text, each distinct one made once."""
    moments, place = np.unique(FIRST_DAY.astype("M8[m]") + day * 1440 + minute, return_inverse=True)
    return np.char.replace(np.datetime_as_string(moments), "T", " ")[place]


def _clocks() -> np.ndarray:
    return np.array([f"{n // 4:02}:{n % 4 * 15:02}" for n in range(96)])


def _american() -> np.ndarray:
    """Every day with the month first."""
    return np.array([f"{t[5:7]}/{t[8:]}/{t[:4]}" for t in np.datetime_as_string(FIRST_DAY + np.arange(DAYS))])


def _appointments(
    rng: np.random.Generator, rows: int, twice: float = 0.01
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Clients, each with one clinician, and days in order: no client twice a day, but for one row in a hundred."""
    meetings = np.sort(rng.choice(CLIENTS * DAYS, rows, replace=False))
    again = rng.random(rows) < twice
    meetings[1:][again[1:]] = meetings[:-1][again[1:]]
    client = meetings % CLIENTS
    return client, client % CLINICIANS, meetings // CLIENTS


def _names(count: int, separator: str) -> np.ndarray:
    """So many different names of two words."""
    words = [one + two + three for one in SYLLABLES for two in SYLLABLES for three in SYLLABLES[:4]]
    return np.array([f"{words[n % 997].title()}{separator}{words[n // 997 + 7].title()}" for n in range(count)])


FORMATS: dict[str, Callable[[int], pa.Table]] = {
    "simplepractice": simplepractice, "openemr": openemr, "jane": jane, "cliniko": cliniko, "epic": epic,
    "athenahealth": athenahealth, "therapynotes": therapynotes, "talking-therapies": talking_therapies,
}  # fmt: skip
