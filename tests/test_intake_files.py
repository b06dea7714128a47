"""Intake: files in three formats give the same practice, and what cannot be read is said beside everything else."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake_fixtures import EVERY_TABLE, places, practice_frames, sessions

from caseload.errors import InputError, Problem
from caseload.intake import Practice, read_practice


def write_csv(folder: Path, **frames: pd.DataFrame) -> Path:
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    return folder


def write_parquet(folder: Path, practice: Practice) -> Path:
    """Typed as the package holds them; the agenda is always CSV."""
    for name in EVERY_TABLE[:-1]:
        getattr(practice, name).to_parquet(folder / f"{name}.parquet")
    return write_csv(folder, agenda=practice.agenda)


def write_workbook(folder: Path, practice: Practice) -> Path:
    """Typed as a spreadsheet holds them: numbers, dates, times of day, TRUE and FALSE."""
    with pd.ExcelWriter(folder / "practice.xlsx") as book:
        for name in EVERY_TABLE[:-1]:
            frame = getattr(practice, name).copy()
            for column in frame.select_dtypes(["boolean"]):
                frame[column] = frame[column].astype(object)
            if name == "selfcare_plan":
                frame["month"] = frame["month"].dt.to_timestamp()
            frame.to_excel(book, sheet_name=name, index=False)
        clock = practice.clinicians.columns.get_loc("workday_start") + 1
        book.sheets["clinicians"].cell(2, clock).value = dt.time(9)
    return write_csv(folder, agenda=practice.agenda)


def refused(path: Path, **options: bool) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        read_practice(path, **options)
    return caught.value.problems


def folder_with(folder: Path, text: str | bytes, name: str = "sessions.csv") -> Path:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


HEADER = "session_id,clinician_id,client_id,scheduled_start,status\n"
ROW = "S{},C1,K1,2026-05-03T14:00,attended\n"


def test_three_formats_give_equal_frames(tmp_path: Path):
    folders = {name: tmp_path / name for name in ("csv", "parquet", "xlsx")}
    for folder in folders.values():
        folder.mkdir()
    expected = Practice.from_frames(**practice_frames())
    write_csv(folders["csv"], **practice_frames())
    write_parquet(folders["parquet"], expected)
    book = write_workbook(folders["xlsx"], expected) / "practice.xlsx"
    for path in (*folders.values(), book):
        practice = read_practice(path)
        assert practice.quality.notes == ()
        for name in EVERY_TABLE:
            pd.testing.assert_frame_equal(getattr(practice, name), getattr(expected, name))


def test_every_file_that_was_read_has_its_fingerprint(tmp_path: Path):
    write_csv(tmp_path, **practice_frames())
    (tmp_path / "README.md").write_text("words")
    quality = read_practice(tmp_path).quality
    assert quality.files["file"].tolist() == sorted(f"{name}.csv" for name in EVERY_TABLE)
    content = (tmp_path / "sessions.csv").read_bytes()
    row = quality.files.set_index("file").loc["sessions.csv"]
    assert (row["sha256"], row["bytes"]) == (hashlib.sha256(content).hexdigest(), len(content))
    assert quality.tables["file"].tolist() == [f"{name}.csv" for name in EVERY_TABLE]


def test_other_files_are_passed_over_and_unknown_tables_named(tmp_path: Path):
    write_csv(tmp_path, sessions=sessions(1), billing=sessions(1))
    for name in ("map.toml", "README.md", ".hidden.csv", "~$practice.xlsx"):
        (tmp_path / name).write_text("not a table")
    (tmp_path / "Contacts.csv").write_text("a\n1\n")
    notes = read_practice(tmp_path).quality.notes
    assert [note.split(":")[0] for note in notes] == ["Contacts.csv", "billing.csv"]


def test_an_agenda_is_read_from_csv_only(tmp_path: Path):
    write_csv(tmp_path, sessions=sessions(2))
    practice_frames()["agenda"].to_parquet(tmp_path / "agenda.parquet")
    practice = read_practice(tmp_path)
    assert practice.agenda.empty
    assert practice.quality.notes == ("agenda.parquet: not read, the agenda is always agenda.csv.",)
    write_csv(tmp_path, agenda=practice_frames()["agenda"])
    assert len(read_practice(tmp_path).agenda) == 2


def test_the_same_table_twice_is_refused(tmp_path: Path):
    write_csv(tmp_path, sessions=sessions(1))
    sessions(1).to_parquet(tmp_path / "sessions.parquet")
    (problem,) = refused(tmp_path)
    assert (problem.table, problem.found) == ("sessions", "sessions.csv and sessions.parquet")


def test_no_folder_and_no_sessions(tmp_path: Path):
    assert "nothing at this path" in str(refused(tmp_path / "nowhere")[0])
    assert places(refused(tmp_path)) == {("sessions", "")}
    folder_with(tmp_path, HEADER)
    assert places(refused(tmp_path)) == {("sessions", "")}
    assert "one table of a practice" in str(refused(tmp_path / "sessions.csv")[0])


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "an empty first row or file"),
        (b"\n\n", "an empty first row or file"),
        (HEADER.encode() + "S1,C1,Jos\xe9,2026-05-03T14:00,attended\n".encode("latin-1"), "text in another encoding"),
        ((HEADER + ROW).encode("utf-16"), "text in another encoding"),
        (HEADER.replace(",", ";").encode(), "another separator"),
        (HEADER.replace(",", "\t").encode(), "another separator"),
    ],
)
def test_a_csv_file_that_cannot_be_read(tmp_path: Path, content: bytes, found: str):
    (problem,) = refused(folder_with(tmp_path, content))
    assert (problem.table, problem.found, problem.rows) == ("sessions", found, ())


def test_rows_of_another_width_are_refused_by_number(tmp_path: Path):
    rows = [ROW.format(n) for n in range(4)]
    text = (
        HEADER + rows[0] + "S9,C1\n" + '"S\n8",C1,K1,2026-05-03T14:00,attended\n\n' + "S7,C1,K1,2026-05-03,attended,x\n"
    )
    problems = refused(folder_with(tmp_path, text + "S6,C1,K1,bad,attended\n"))
    assert [(problem.column, problem.rows) for problem in problems] == [("", (3, 6)), ("scheduled_start", (7,))]
    assert places(refused(tmp_path, exclude_invalid=True)) >= {("sessions", "")}


def test_many_blocks_keep_their_row_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("caseload.intake.csv_file._BLOCK", 200)
    rows = [ROW.format(n) for n in range(60)]
    rows[40] = "short\n"
    rows[50] = rows[50].replace("attended", "nonsense")
    problems = refused(folder_with(tmp_path, HEADER + "".join(rows)))
    assert [problem.rows for problem in problems] == [(42,), (52,)]


def test_empty_rows_are_skipped_and_do_not_shift_the_numbers(tmp_path: Path):
    text = HEADER + ROW.format(1) + "\n,,,,\n" + ROW.format(2)
    practice = read_practice(folder_with(tmp_path, text))
    assert practice.sessions["session_id"].tolist() == ["S1", "S2"]
    assert practice.quality.notes == ("sessions: 2 empty rows skipped.",)
    (problem,) = refused(folder_with(tmp_path, text + ROW.format(3).replace("attended", "x")))
    assert problem.rows == (6,)


def test_text_is_kept_as_it_is(tmp_path: Path):
    text = "\ufeff" + HEADER.replace("client_id", " client_id ") + "001,NA,null,2026-05-03T14:00,attended\r\n"
    practice = read_practice(folder_with(tmp_path, text))
    assert practice.sessions.iloc[0, :3].tolist() == ["001", "NA", "null"]


def test_a_header_without_an_end_of_line_is_an_empty_table(tmp_path: Path):
    folder_with(tmp_path, HEADER + ROW)
    assert read_practice(folder_with(tmp_path, "client_id,severity", "clients.csv")).clients.empty


def test_a_row_of_another_width_in_another_encoding_is_not_lost(tmp_path: Path):
    """Far down in the file, where only the reader of cells meets it."""
    rows = HEADER + "".join(ROW.format(number) for number in range(500))
    folder = folder_with(tmp_path, rows.encode() + b"S500,C\xea,K1\n")
    (problem,) = refused(folder)
    assert (problem.table, problem.found) == ("sessions", "text in another encoding")


def test_half_a_character_in_a_frame_is_refused_with_its_rows():
    broken = pd.Series(["K1", "\ud800", "K1", "K\udfff"], dtype=object)
    with pytest.raises(InputError) as caught:
        Practice.from_frames(sessions=sessions(4).assign(client_id=broken))
    (problem,) = caught.value.problems
    assert (problem.place, problem.found) == ("sessions.client_id, rows 3, 5 (2 rows)", "half a character")


@pytest.mark.parametrize("name", ["contacts.parquet", "practice.xlsx"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"PAR1 broken PAR1"])
def test_damaged_files_are_problems_beside_those_of_the_others(tmp_path: Path, name: str, content: bytes):
    folder_with(tmp_path, HEADER + ROW.format(1).replace("attended", "x"))
    found = refused(folder_with(tmp_path, content, name))
    assert places(found) == {("sessions", "status"), (name.removesuffix(".parquet"), "")}


def test_a_truncated_parquet_page_is_a_problem(tmp_path: Path):
    sessions(2000).to_parquet(tmp_path / "sessions.parquet")
    content = bytearray((tmp_path / "sessions.parquet").read_bytes())
    content[4:400] = bytes(396)
    (problem,) = refused(folder_with(tmp_path, bytes(content), "sessions.parquet"))
    assert (problem.table, problem.column) == ("sessions", "")


def test_parquet_types_that_mean_the_same(tmp_path: Path):
    expected = Practice.from_frames(sessions=sessions(2).assign(prep_minutes=[5, None], crisis=["true", None])).sessions
    plain = pa.Table.from_pandas(sessions(2))
    table = pa.table(
        {
            "session_id": plain["session_id"].cast(pa.large_binary()),
            "clinician_id": plain["clinician_id"].dictionary_encode(),
            "client_id": plain["client_id"].cast(pa.large_string()),
            "scheduled_start": pa.array(expected["scheduled_start"]).cast(pa.timestamp("ns")),
            "status": plain["status"].dictionary_encode(),
            "prep_minutes": pa.array([5, None], pa.decimal128(5, 2)),
            "note_minutes": pa.nulls(2),
            "crisis": pa.array([True, None]),
        }
    )
    pq.write_table(table, tmp_path / "sessions.parquet")
    pd.testing.assert_frame_equal(read_practice(tmp_path).sessions, expected)


@pytest.mark.parametrize("column", ["session_id", "client_id", "status", "prep_minutes"])
def test_text_of_a_parquet_file_that_is_not_utf8_is_a_problem(tmp_path: Path, column: str):
    latin = pa.array([b"Jos\xe9", b"x"])
    table = pa.table(sessions(2).assign(prep_minutes="5"))
    wrong = pa.Array.from_buffers(pa.string(), 2, latin.buffers())
    pq.write_table(table.set_column(table.column_names.index(column), column, wrong), tmp_path / "sessions.parquet")
    (problem,) = refused(tmp_path)
    assert (problem.table, problem.found) == ("sessions", "text in another encoding")


def test_frames_with_categories_and_arrow_types_mean_the_same():
    frame = sessions(3).assign(prep_minutes=[1, None, 3])
    expected = Practice.from_frames(sessions=frame).sessions
    for dtypes in ({"status": "category", "client_id": "category"}, {"status": "string", "prep_minutes": "Int64"}):
        pd.testing.assert_frame_equal(Practice.from_frames(sessions=frame.astype(dtypes)).sessions, expected)
    arrow = frame.convert_dtypes(dtype_backend="pyarrow")
    pd.testing.assert_frame_equal(Practice.from_frames(sessions=arrow).sessions, expected)


def test_identifiers_of_a_workbook_lose_the_decimals_it_gave_them(tmp_path: Path):
    frame = sessions(2).assign(client_id=pd.Series([7, "K2"], dtype=object), clinician_id=[1, 2])
    frame.to_excel(tmp_path / "practice.xlsx", sheet_name="sessions", index=False)
    practice = read_practice(tmp_path / "practice.xlsx")
    assert practice.sessions["client_id"].tolist() == ["7", "K2"]
    assert practice.sessions["clinician_id"].tolist() == ["1", "2"]
    assert practice.quality.tables["file"].iloc[0] == "practice.xlsx, sheet sessions"


STATES = {
    "modality": "in_person video phone group home_visit",
    "stage_of_change": "precontemplation contemplation preparation action maintenance",
    "interventions": "validation exposure mi_evoking",
}
NUMBERS = st.none() | st.floats(0, 1, allow_nan=False)
IDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=6)


@st.composite
def valid_sessions(draw: st.DrawFn) -> pd.DataFrame:
    size = draw(st.integers(1, 6))

    def cells(cell: st.SearchStrategy) -> list[object]:
        return draw(st.lists(cell, min_size=size, max_size=size))

    def words(column: str) -> list[object]:
        return cells(st.none() | st.sampled_from(STATES[column].split()))

    terms = st.lists(st.sampled_from(STATES["interventions"].split()), min_size=1).map(";".join)
    columns = {
        "session_id": draw(st.lists(IDS, min_size=size, max_size=size, unique=True)),
        "clinician_id": cells(IDS),
        "client_id": cells(IDS),
        "scheduled_start": cells(st.datetimes(dt.datetime(1995, 1, 1), dt.datetime(2019, 12, 31))),
        "status": ["attended"] * size,
        "modality": words("modality"),
        "stage_of_change": words("stage_of_change"),
        "interventions": cells(st.none() | terms),
        "crisis": cells(st.none() | st.booleans()),
        "homework_done": cells(NUMBERS),
        "change_talk_share": cells(NUMBERS),
        "prep_minutes": cells(st.none() | st.floats(0, 600, allow_nan=False)),
    }
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})


@given(frame=valid_sessions())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_valid_sessions_survive_csv(frame: pd.DataFrame, tmp_path):
    written = Practice.from_frames(sessions=frame)
    written.sessions.to_csv(tmp_path / "sessions.csv", index=False)
    read = read_practice(tmp_path)
    pd.testing.assert_frame_equal(read.sessions, written.sessions)


# of each column the first three cells are valid
REPEATED = {
    "clinician_id": ["C1", "C2", " C1", ""],
    "client_id": ["K1", "007", "K1 ", ""],
    "status": ["attended", "no_show", " attended", "No show", "gone", ""],
    "modality": ["video", "phone ", "", "Phone", "by letter"],
    "interventions": ["alliance;exposure", "", " alliance ; ;exposure", ";", "hypnosis"],
    "crisis": ["true", "FALSE", "", "1", "yes", " true"],
    "srs_total": ["38", " 7.5", "", "41", "7,5", "inf", "-1"],
}


@given(data=st.data(), exclude=st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_text_that_repeats_is_read_alike_from_every_store(data: st.DataObject, exclude: bool, tmp_path: Path):
    """Categories are checked once each: what is said of their rows must not differ by it."""
    size = data.draw(st.integers(1, 60))
    wrong = data.draw(st.booleans())
    columns = {
        name: data.draw(st.lists(st.sampled_from(cells if wrong else cells[:3]), min_size=size, max_size=size))
        for name, cells in REPEATED.items()
    }
    frame = sessions(size).assign(**columns)
    csv, parquet = tmp_path / "csv", tmp_path / "parquet"
    csv.mkdir(exist_ok=True)
    parquet.mkdir(exist_ok=True)
    frame.to_csv(csv / "sessions.csv", index=False)
    pq.write_table(pa.table(frame), parquet / "sessions.parquet", row_group_size=7)
    stores = [
        lambda: read_practice(csv, exclude_invalid=exclude),
        lambda: read_practice(parquet, exclude_invalid=exclude),
        lambda: Practice.from_frames(
            sessions=frame.astype(dict.fromkeys(REPEATED, "category")), exclude_invalid=exclude
        ),
    ]
    expected, *others = [outcome(store) for store in stores]
    for other in others:
        assert other[:2] == expected[:2]
        if expected[2] is not None:
            pd.testing.assert_frame_equal(other[2], expected[2])


def outcome(read: Callable[[], Practice]) -> tuple[tuple[Problem, ...], tuple[str, ...], pd.DataFrame | None]:
    """The problems of a reading, or its notes and sessions."""
    try:
        practice = read()
    except InputError as error:
        return error.problems, (), None
    return (), practice.quality.notes, practice.sessions
