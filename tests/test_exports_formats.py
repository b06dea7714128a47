"""Each known format: a file with the program's own header and quirks becomes a practice that can be read."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import export_fixtures as exports
import pytest
from export_fixtures import NOW, cells, put, run

from caseload import read_practice
from caseload.errors import InputError
from caseload.intake.exports.choose import needed_headers
from caseload.intake.exports.map_files import known_formats
from caseload.intake.pseudonyms import read_key_file
from caseload.pages.import_summary import import_summary

ROWS = {
    "simplepractice": exports.attendance_rows,
    "therapynotes": exports.transaction_rows,
    "jane": exports.jane_rows,
    "openemr": exports.openemr_rows,
}


@pytest.mark.parametrize("format", ROWS)
def test_an_export_becomes_a_practice_that_can_be_read(format: str, tmp_path: Path) -> None:
    """By the format's name, and by its columns alone, with the same result."""
    file = put(tmp_path, "export.csv", ROWS[format]())
    named = run(file, to=tmp_path / "named", format=format, key_file=tmp_path / "key")
    found = run(file, to=tmp_path / "found", key_file=tmp_path / "key")
    assert named.title == found.title == known_formats()[format].title
    assert exports.contents(tmp_path / "named") == exports.contents(tmp_path / "found")
    assert set(exports.contents(tmp_path / "named")) == {"sessions.csv", "clinicians.csv", "imports.json"}
    practice = read_practice(tmp_path / "named")
    assert len(practice.sessions) == named.changes[0].added == len(cells(tmp_path / "named"))
    assert set(practice.clinicians["clinician_id"]) == set(practice.sessions["clinician_id"])
    assert practice.sessions["scheduled_start"].max() < NOW


@pytest.mark.parametrize("format", ROWS)
def test_every_row_is_a_session_or_counted_as_left_out(format: str, tmp_path: Path) -> None:
    file = put(tmp_path, "export.csv", ROWS[format]())
    (done,) = run(file, to=tmp_path / "practice").files
    assert done.read == len(ROWS[format]()) - 1
    assert done.read == len(done.rows) + sum(done.left_out.values())


def test_the_attendance_report_says_who_came(tmp_path: Path) -> None:
    file = put(tmp_path, "attendance.csv", exports.attendance_rows())
    imported = run(file, to=tmp_path / "practice")
    statuses = [row["status"] for row in cells(tmp_path / "practice")]
    assert statuses == [
        "attended", "no_show", "client_cancelled", "late_cancelled", "clinician_cancelled", "attended", "no_show",
        "client_cancelled", "attended",
    ]  # fmt: skip
    assert [row["modality"] for row in cells(tmp_path / "practice")] == ["", "", "video", *[""] * 5, "video"]
    assert imported.files[0].left_out == {"the report's own summary row": 1}
    assert imported.files[0].defaults == {"Show": 3}
    assert "3 of 9 have the status Show, which the program sets by itself" in import_summary(imported)


@pytest.mark.parametrize("count", ["1 client", "1,230 clients", "230 clients"])
def test_the_summary_row_is_known_whatever_it_counts(count: str, tmp_path: Path) -> None:
    rows = exports.attendance_rows()
    file = put(tmp_path, "attendance.csv", [rows[0], (count, *exports.SUMMARY[1:]), *rows[2:]])
    assert run(file, to=tmp_path / "practice").files[0].left_out == {"the report's own summary row": 1}


@pytest.mark.parametrize("format", ["", "simplepractice"])
@pytest.mark.parametrize("above", [[], [["Appointment Status Report"], []]], ids=["at the top", "under a title"])
def test_a_report_of_payments_is_no_attendance(format: str, above: list[list[str]], tmp_path: Path) -> None:
    row = ["05/04/2026", exports.CLIENTS[0], exports.CLINICIANS[0], "90837", *[""] * 16]
    file = put(tmp_path, "appointments.csv", [*above, exports.PAYMENTS, row])
    with pytest.raises(InputError, match="not who came") as caught:
        run(file, to=tmp_path / "practice", format=format)
    assert len(caught.value.problems) == 1
    assert "client attendance report" in str(caught.value)
    assert not (tmp_path / "practice").exists()


def test_transactions_become_appointments_with_the_minutes_of_their_codes(tmp_path: Path) -> None:
    file = put(tmp_path, "transactions.csv", exports.transaction_rows())
    imported = run(file, to=tmp_path / "practice")
    found = [(row["status"], row["scheduled_minutes"], row["modality"]) for row in cells(tmp_path / "practice")]
    assert found == [
        ("attended", "60", ""),  # 90837
        ("attended", "60", ""),  # 90791
        ("attended", "45", ""),  # 90834
        ("attended", "30", ""),  # 90832
        ("attended", "50", ""),  # 90847
        ("attended", "90", "group"),  # 90853
        ("no_show", "", ""),
        ("late_cancelled", "", ""),
        ("client_cancelled", "", ""),
    ]
    assert imported.files[0].left_out == {
        "payments and other transactions that are no appointment": 1,
        "add-on codes of an appointment that has a row of its own": 1,
    }


def test_supervisors_stand_with_their_clinicians(tmp_path: Path) -> None:
    run(put(tmp_path, "transactions.csv", exports.transaction_rows()), to=tmp_path / "practice")
    people = read_key_file(tmp_path / "practice.key").people
    names = {row["clinician_id"]: row["supervisor_id"] for row in cells(tmp_path / "practice", "clinicians")}
    said = {people[one].name: people[other].name if other else "" for one, other in names.items()}
    assert said == {exports.CLINICIANS[0]: exports.SUPERVISOR, exports.CLINICIANS[1]: ""}
    assert "supervisor_id" not in cells(tmp_path / "practice")[0]


def test_transactions_dated_by_a_spreadsheet_are_the_same_appointments(tmp_path: Path) -> None:
    """4 May 2026 is day 46146 of Excel's calendar: `=DATEVALUE("2026-05-04")`. As text, number, and cell of a date."""
    import datetime as dt

    key = tmp_path / "key"
    texts = put(tmp_path, "texts.csv", exports.transaction_rows())
    serials = put(tmp_path, "serials.csv", exports.transaction_rows(("46146", "46147", "46148")))
    numbers = exports.workbook(tmp_path / "numbers.xlsx", exports.transaction_rows((46146, 46147, 46148)))
    days = tuple(dt.datetime(2026, 5, day) for day in (4, 5, 6))
    dates = exports.workbook(tmp_path / "dates.xlsx", exports.transaction_rows(days))
    rows = []
    for file in (texts, serials, numbers, dates):
        run(file, to=tmp_path / file.stem, format="therapynotes", key_file=key)
        rows.append(cells(tmp_path / file.stem))
    assert rows[0] == rows[1] == rows[2] == rows[3]


def test_times_of_day_in_transactions_are_read(tmp_path: Path) -> None:
    rows = exports.transaction_rows(("5/4/2026 9:00 AM", "5/5/2026 12:15 PM", "5/6/2026 12:00 AM"))
    run(put(tmp_path, "transactions.csv", rows), to=tmp_path / "practice")
    starts = {row["scheduled_start"] for row in cells(tmp_path / "practice")}
    assert starts == {"2026-05-04T09:00", "2026-05-05T12:15", "2026-05-06T00:00"}


def test_a_missed_appointment_type_counts_whatever_the_transaction_is_called(tmp_path: Path) -> None:
    rows = exports.transaction_rows()
    rows[1][2] = "Missed"
    run(put(tmp_path, "transactions.csv", rows), to=tmp_path / "practice")
    assert cells(tmp_path / "practice")[0]["status"] == "no_show"


def test_the_states_of_jane(tmp_path: Path) -> None:
    imported = run(put(tmp_path, "appointments.csv", exports.jane_rows()), to=tmp_path / "practice")
    assert [(row["status"], row["scheduled_minutes"]) for row in cells(tmp_path / "practice")] == [
        ("attended", "50"),
        ("no_show", "50"),
        ("client_cancelled", "50"),  # 24 hours before: not a minute less
        ("late_cancelled", "50"),  # a minute less
        ("late_cancelled", "50"),  # after it had begun
        ("client_cancelled", "50"),  # nobody said when
        ("attended", "50"),
        ("attended", "50"),
    ]
    assert sorted(imported.files[0].left_out.values()) == [1, 1, 1]


def test_a_cancellation_whose_date_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """05/04/2026 may be in April or in May: whether it was late is not guessed."""
    rows = [list(row) for row in exports.jane_rows()]
    rows[3][-1] = "05/04/2026 14:00"
    with pytest.raises(InputError) as caught:
        run(put(tmp_path, "appointments.csv", rows), to=tmp_path / "practice")
    (problem,) = caught.value.problems
    assert (problem.column, problem.rows) == ("Cancelled At", (4,))


def test_a_cancellation_date_of_somebody_who_came_says_nothing(tmp_path: Path) -> None:
    rows = [list(row) for row in exports.jane_rows()]
    rows[1][-1] = "2026-05-04 13:59"
    run(put(tmp_path, "appointments.csv", rows), to=tmp_path / "practice")
    assert cells(tmp_path / "practice")[0]["status"] == "attended"


def test_other_versions_of_jane_call_columns_otherwise(tmp_path: Path) -> None:
    header = ("Client ID", "Client Name", "Practitioner", "Treatment Name", "Starts At", "Ends At", "Status",
              "Canceled At")  # fmt: skip
    key = tmp_path / "key"
    run(put(tmp_path, "a.csv", exports.jane_rows()), to=tmp_path / "a", format="jane", key_file=key)
    run(put(tmp_path, "b.csv", [header, *exports.jane_rows()[1:]]), to=tmp_path / "b", format="jane", key_file=key)
    assert cells(tmp_path / "a") == cells(tmp_path / "b")


def test_every_code_of_openemr(tmp_path: Path) -> None:
    imported = run(put(tmp_path, "events.csv", exports.openemr_rows()), to=tmp_path / "practice")
    expected = [status for status in exports.OPENEMR_CODES.values() if status]
    assert [row["status"] for row in cells(tmp_path / "practice")] == expected
    assert {row["scheduled_minutes"] for row in cells(tmp_path / "practice")} == {"50"}  # 3,000 seconds
    left_out = imported.files[0].left_out
    assert left_out.pop("calendar entries without a client, such as office hours and holidays") == 3
    assert sum(left_out.values()) == 5  # one for each code that says nothing of who came
    assert not imported.files[0].defaults


def test_a_site_redefines_a_code_in_a_copy_of_the_map(tmp_path: Path) -> None:
    from importlib import resources

    text = (resources.files("caseload.intake.exports") / "formats" / "openemr.toml").read_text(encoding="utf-8")
    text = text.replace('"$" = "attended"', '"$" = "service_cancelled"').replace('"~" = "attended"', '"Q" = "no_show"')
    (tmp_path / "ours.toml").write_text(text, encoding="utf-8")
    rows = [[cell.replace("~", "Q") for cell in row] for row in exports.openemr_rows()]
    run(put(tmp_path, "events.csv", rows), to=tmp_path / "practice", format=str(tmp_path / "ours.toml"))
    expected = exports.OPENEMR_CODES | {"$": "service_cancelled", "~": "no_show"}
    assert [row["status"] for row in cells(tmp_path / "practice")] == [word for word in expected.values() if word]


def test_what_has_not_taken_place_yet_is_left_out(tmp_path: Path) -> None:
    """Both sides of the moment of the import."""
    rows = [list(row) for row in exports.jane_rows()[:3]]
    rows[1][4:6], rows[2][4:6] = ["2026-07-01 12:00", "2026-07-01 12:50"], ["2026-07-01 12:01", "2026-07-01 12:51"]
    imported = run(put(tmp_path, "appointments.csv", rows), to=tmp_path / "practice")
    assert imported.files[0].left_out == {"appointments that have not taken place yet": 1}
    assert [row["scheduled_start"] for row in cells(tmp_path / "practice")] == ["2026-07-01T12:00"]


def test_the_docs_list_the_columns_that_each_format_needs() -> None:
    docs = (Path(__file__).parents[1] / "docs" / "exports.md").read_text(encoding="utf-8")
    tables = {name: export.tables[0] for name, export in known_formats().items() if export.reader == "table"}
    assert [name for name, rows in tables.items() if f"| `{name}` | {needed_headers(rows)} |" not in docs] == []


@pytest.mark.parametrize(("format", "needs"), [("simplepractice", "client_name"), ("epic", "PAT_ENC_CSN_ID")])
def test_a_file_with_other_columns_is_told_which_the_format_needs(format: str, needs: str, tmp_path: Path) -> None:
    file = put(
        tmp_path, "file.csv", [("Date of Service", "Client", "Clinician", "Status"), ("05/04/2026", "a", "b", "Show")]
    )
    with pytest.raises(InputError, match=rf"the format needs .*{needs}.*, "):
        run(file, to=tmp_path / "practice", format=format)


def test_cells_left_empty_are_counted(tmp_path: Path) -> None:
    done = run(put(tmp_path, "attendance.csv", exports.attendance_rows()), to=tmp_path / "practice").files[0]
    assert "modality: 7 cells of office_name left empty: the map does not say what their words mean." in done.notes


def test_an_untouched_appointment_of_today_is_left_out_until_the_day_is_over(tmp_path: Path) -> None:
    """A day without a time of day: `Show` is what the program says before anybody came; another word is somebody's."""
    rows = [exports.SIMPLEPRACTICE]
    rows += [("Ann Lee", "Bo Roe", day, "Main", status) for day in ("06/30/2026", "07/01/2026", "07/02/2026")
             for status in ("Show", "No show")]  # fmt: skip
    export, to = put(tmp_path, "attendance.csv", rows), tmp_path / "practice"
    done = run(export, to=to).files[0]
    assert sorted(done.left_out.values()) == [1, 2]
    assert any("today without a time of day" in why for why in done.left_out)
    assert [(row["scheduled_start"][:10], row["status"]) for row in cells(to)] == [
        ("2026-06-30", "attended"), ("2026-06-30", "no_show"), ("2026-07-01", "no_show"),
    ]  # fmt: skip
    assert done.defaults == {"Show": 1}
    later = run(export, to=to, now=NOW + dt.timedelta(days=1)).files[0]
    assert later.defaults == {"Show": 2}


@pytest.mark.slow
def test_an_imported_practice_has_its_reports(tmp_path: Path) -> None:
    from rendered import rendered

    run(put(tmp_path, "attendance.csv", exports.attendance_rows()), to=tmp_path / "practice")
    month = rendered(tmp_path / "practice", "2026-05", tmp_path / "reports")
    clinicians = {row["clinician_id"] for row in cells(tmp_path / "practice", "clinicians")}
    assert {f"{clinician}.html" for clinician in clinicians} <= {path.name for path in month.glob("*.html")}
    assert not any(exports.betrayed(content) for content in exports.contents(month).values())
