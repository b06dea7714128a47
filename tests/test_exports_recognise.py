"""First maps for programs that nobody has seen: few questions, no line to write, and an import that is right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from export_fixtures import cells, own_map, own_rows, put, run

from caseload.errors import InputError
from caseload.intake.exports.coded import coded
from caseload.intake.exports.guess import write_first_map
from caseload.intake.exports.headers import meanings
from caseload.intake.exports.recognise import Values, usual_unit

Rows = Sequence[Sequence[str]]

# Columns that run together, in UTC, with columns of yes and no.
FLAGS: Rows = [
    ("bookingid", "patientid", "patientname", "treatingpractitioner", "startsat", "endsat", "clientarrived", "dna",
     "cancelledat", "createdat"),
    ("b-1", "41", "Ann Lee", "Bo Roe", "2026-06-03T08:00:00Z", "2026-06-03T08:45:00Z", "y", "n", "", "2026-05-01"),
    ("b-2", "42", "Al Fry", "Bo Roe", "2026-06-03T09:00:00Z", "2026-06-03T09:45:00Z", "n", "y", "", "2026-05-01"),
    ("b-3", "41", "Ann Lee", "Bo Roe", "2026-06-10T08:00:00Z", "2026-06-10T08:45:00Z", "n", "n",
     "2026-06-01T08:00:00Z", "2026-05-01"),
    ("b-4", "42", "Al Fry", "Bo Roe", "2026-06-10T09:00:00Z", "2026-06-10T09:45:00Z", "n", "n", "", "2026-05-01"),
]  # fmt: skip
# Words of a hospital's warehouse, with who cancelled and how long before.
WAREHOUSE: Rows = [
    ("VisitKey", "PtMRN", "StaffName", "SessionBeginDtTm", "DurationMins", "VisitStatus", "CancelParty",
     "CancelNoticeHrs", "TelehealthYN", "ReferringProvName"),
    ("9001", "0077", "Roe, Bo", "06/17/2026 9:00 AM", "50", "Completed", "", "", "N", "Dr. X. Way"),
    ("9002", "0078", "Roe, Bo", "06/17/2026 10:00 AM", "50", "Cancelled", "Client", "2", "N", "Dr. X. Way"),
    ("9003", "0077", "Roe, Bo", "06/24/2026 9:00 AM", "50", "Cancelled", "Therapist", "2", "Y", "Dr. X. Way"),
    ("9004", "0079", "Roe, Bo", "06/24/2026 10:00 AM", "50", "Scheduled", "", "", "Y", "Dr. X. Way"),
    ("9005", "0079", "Roe, Bo", "06/25/2026 10:00 AM", "50", "Did not show", "", "", "Y", "Dr. X. Way"),
]  # fmt: skip


def completed(tmp_path: Path, rows: Rows, answers: Mapping[str, str], most: int = 3) -> list[dict[str, str]]:
    """What an import gives by a first map in which each question has an answer, and nothing else is changed."""
    file, to = put(tmp_path, "file.csv", rows), tmp_path / "map.toml"
    write_first_map(file, to)
    text = to.read_text(encoding="utf-8")
    for question, answer in answers.items():
        assert question in text
        text = text.replace(question, answer, 1)
    asked = sum('"?"' in line.partition("#")[0] for line in text.splitlines())
    assert len(answers) <= most and not asked, text
    to.write_text(text, encoding="utf-8")
    run(file, to=tmp_path / "practice", format=str(to))
    return cells(tmp_path / "practice")


def test_columns_of_yes_and_no_in_universal_time(tmp_path: Path) -> None:
    answers = {'time_zone = "?"': 'time_zone = "Europe/Berlin"', 'is = "?"': 'is = "client_cancelled"'}
    found = completed(tmp_path, FLAGS, answers)
    assert [(row["scheduled_start"], row["status"], row["scheduled_minutes"]) for row in found] == [
        ("2026-06-03T10:00", "attended", "45"), ("2026-06-03T11:00", "no_show", "45"),
        ("2026-06-10T10:00", "client_cancelled", "45"),
    ]  # fmt: skip
    assert len({row["client_id"] for row in found}) == 2


def test_words_of_a_warehouse_with_who_cancelled_and_when(tmp_path: Path) -> None:
    found = completed(tmp_path, WAREHOUSE, {})
    assert [(row["scheduled_start"], row["status"], row["modality"]) for row in found] == [
        ("2026-06-17T09:00", "attended", ""), ("2026-06-17T10:00", "late_cancelled", ""),
        ("2026-06-24T09:00", "clinician_cancelled", "video"), ("2026-06-25T10:00", "no_show", "video"),
    ]  # fmt: skip
    assert len({row["clinician_id"] for row in found}) == 1


def test_days_written_as_times_and_a_missed_flag_alone(tmp_path: Path) -> None:
    """No clinician is named: one decision."""
    header = ("ClientRef", "VisitNumber", "BookedDay", "VisitDay", "Age", "NoShow")
    rows = [header, *((f"c{n % 2}", f"v{n}", f"2026-06-0{n}T10:11:12Z", f"2026-06-1{n}T00:00:00Z", "40", "NY"[n % 2])
                      for n in range(1, 5))]  # fmt: skip
    found = completed(tmp_path, rows, {'value = "?"': 'value = "Bo Roe"'})
    assert [row["scheduled_start"] for row in found] == [f"2026-06-1{n}T00:00" for n in range(1, 5)]
    assert [row["status"] for row in found] == ["no_show", "attended"] * 2


def test_seconds_since_1970_and_clinicians_by_what_the_column_holds(tmp_path: Path) -> None:
    start = int(dt.datetime(2026, 6, 17, 7, tzinfo=dt.UTC).timestamp())
    rows = [("evt_uuid", "pseudo_no", "name_display", "begin", "finish", "state")]
    for n in range(4):
        begin = start + 3600 * n
        rows.append((f"u{n}", f"p{n}", "B. Roe", str(begin), str(begin + 2700), ("fulfilled", "noshow")[n % 2]))
    found = completed(tmp_path, rows, {'time_zone = "?"': 'time_zone = "Europe/Berlin"'})
    assert [row["scheduled_start"][11:] for row in found] == ["09:00", "10:00", "11:00", "12:00"]
    assert {row["scheduled_minutes"] for row in found} == {"45"}
    assert len({row["clinician_id"] for row in found}) == 1


@pytest.mark.parametrize(
    ("header", "made_of"),
    [
        ("patientid", {"client", "id"}), ("AppointmentDate", {"appointment", "date"}),
        ("APPT_DTTM", {"appointment", "date"}),
        ("startsAt", {"start", "date"}), ("Treating Practitioner", {"clinician"}),
        ("did_not_attend", {"did", "not", "show"}),
        ("Client No", {"client", "no"}), ("noshow", {"not"}), ("zebra", {"zebra"}), ("", set()),
        ("a" * 90_000, {"a" * 90_000}),
    ],
)  # fmt: skip
def test_what_headers_are_made_of(header: str, made_of: set[str]) -> None:
    assert meanings(header) == made_of


@pytest.mark.parametrize(
    ("texts", "unit"),
    [(["50", "60"], "minutes"), (["1", "1.5"], "hours"), (["3000"], "seconds"), (["0:50", "1:00"], "hours:minutes"),
     (["9"], ""), (["soon"], ""), ([], "")],
)  # fmt: skip
def test_units_are_told_by_their_size(texts: list[str], unit: str) -> None:
    import pyarrow as pa

    assert usual_unit(Values(coded(pa.array(texts, pa.string())))) == unit


# What maps can say


RULES = """
when = [
    {{ column = "Off", filled = true, is = "client_cancelled" }},
    {{ column = "Came", words = ["yes"], is = "attended" }},
    {{ column = "Came", words = ["moved"], left_out = "moved elsewhere" }},
]
{rest}
"""


def ruled(tmp_path: Path, rest: str, source: str = "") -> tuple[list[str], dict[str, int]]:
    rows = [("Ref", "Worker", "When", "Came", "Off"), *(
        (f"R{n}", "Bo Roe", "17/06/2026 9:00", came, off)
        for n, (came, off) in enumerate([("yes", "on Monday"), ("YES", ""), ("moved", ""), ("no", "")])
    )]  # fmt: skip
    path = Path(own_map(tmp_path))
    head, _, _ = path.read_text(encoding="utf-8").partition("[columns.status]")
    path.write_text(f"{head}[columns.status]\n{source}{RULES.format(rest=rest)}", encoding="utf-8")
    done = run(put(tmp_path, "f.csv", rows), to=tmp_path / "practice", format=str(path))
    return [row["status"] for row in cells(tmp_path / "practice")], dict(done.files[0].left_out)


def test_single_cells_say_what_a_row_is_and_the_first_that_holds_counts(tmp_path: Path) -> None:
    found, left_out = ruled(tmp_path, 'otherwise = "open"')
    assert found == ["client_cancelled", "attended"]
    assert left_out == {"moved elsewhere": 1, "open": 1}


def test_rows_that_no_rule_fits_are_refused_unless_the_map_says_otherwise(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="an empty cell") as caught:
        ruled(tmp_path, "")
    assert caught.value.problems[0].rows == (5,)


def test_rules_come_before_the_words_of_a_column(tmp_path: Path) -> None:
    rest = '[columns.status.words]\n"no" = "no_show"\n"yes" = "attended"\n"moved" = "no_show"'
    found, left_out = ruled(tmp_path, rest, 'from = ["Came"]\n')
    assert found == ["client_cancelled", "attended", "no_show"]
    assert left_out == {"moved elsewhere": 1}


@pytest.mark.parametrize(
    "rule", ['words = ["x"], filled = true, is = "attended"', 'filled = true', 'filled = true, is = "came"',
             'filled = true, is = "attended", left_out = "x"'],
)  # fmt: skip
def test_rules_that_say_nothing_or_two_things_are_refused(rule: str, tmp_path: Path) -> None:
    more = f'[columns.modality]\nwhen = [{{ column = "A", {rule} }}]'
    with pytest.raises(InputError, match="The map"):
        run(put(tmp_path, "f.csv", own_rows("17/06/2026 9:00")), to=tmp_path / "p", format=own_map(tmp_path, more=more))


def test_one_clinician_for_all_rows_is_a_constant(tmp_path: Path) -> None:
    path = Path(own_map(tmp_path))
    text = path.read_text(encoding="utf-8").replace('name = ["Worker"]', 'value = "Bo Roe"')
    path.write_text(text, encoding="utf-8")
    rows = own_rows("17/06/2026 9:00", "18/06/2026 9:00")
    run(put(tmp_path, "f.csv", rows), to=tmp_path / "practice", format=str(path))
    assert len({row["clinician_id"] for row in cells(tmp_path / "practice")}) == 1
    assert cells(tmp_path / "practice")[0]["clinician_id"].startswith("C-")
