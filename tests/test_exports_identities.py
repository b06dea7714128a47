"""One person in several spellings: joined where it is clear, asked about where it is not, refused where it is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from export_fixtures import OWN, betrayed, cells, own_map, put, run, workbook

from caseload.errors import InputError
from caseload.intake.pseudonyms import doubtful_pairs, read_key_file
from caseload.intake.same_person import without_credentials, without_marks


def row(ref: object, day: int, worker: str = "Bo Roe") -> tuple[object, ...]:
    return ref, worker, f"{day:02}/06/2026 9:00", "seen"


def people(folder: Path, column: str) -> list[str]:
    return [found[column] for found in cells(folder)]


def test_zeros_that_a_spreadsheet_dropped_make_nobody_new(tmp_path: Path) -> None:
    export, to = own_map(tmp_path), tmp_path / "practice"
    run(put(tmp_path, "june.csv", [OWN, row("00417", 3), row("01000", 3)]), to=to, format=export)
    done = run(workbook(tmp_path / "july.xlsx", [OWN, row(417, 4), row(1000, 4)]), to=to, format=export)
    assert len(set(people(to, "client_id"))) == 2
    assert done.files[0].notes == [
        "clients: 2 are known in another spelling: zeros before a number, a title or licence beside a name."
    ]


def test_two_numbers_in_one_file_stay_two_and_are_asked_about(tmp_path: Path) -> None:
    """A program that writes 0417 and 417 means two by them, perhaps."""
    export, to = own_map(tmp_path), tmp_path / "practice"
    run(put(tmp_path, "june.csv", [OWN, row("0417", 3)]), to=to, format=export)
    done = run(put(tmp_path, "july.csv", [OWN, row("0417", 4), row("417", 5)]), to=to, format=export)
    assert len(set(people(to, "client_id"))) == 2
    assert any("1 pair of people" in warning for warning in done.warnings)
    keys = read_key_file(tmp_path / "practice.key")
    assert keys is not None
    assert [why for _, _, why in doubtful_pairs(keys.people)] == ["one number with and without zeros before it"]


def test_letters_and_digits_of_other_widths_and_scripts_are_the_same(tmp_path: Path) -> None:
    rows = [OWN, row("37", 3), row("３７", 4), row("٣٧", 5), row("\u200e37", 8)]
    run(put(tmp_path, "june.csv", rows), to=tmp_path / "practice", format=own_map(tmp_path))
    assert len(set(people(tmp_path / "practice", "client_id"))) == 1


def test_a_licence_behind_a_name_makes_nobody_new(tmp_path: Path) -> None:
    export, to = own_map(tmp_path), tmp_path / "practice"
    run(put(tmp_path, "june.csv", [OWN, row("1", 3, "Bo Roe, LMFT")]), to=to, format=export)
    again = run(put(tmp_path, "june.csv", [OWN, row("1", 3, "Bo Roe, LMFT")]), to=to, format=export)
    assert again.files[0].notes == []  # as it was known already: no other spelling
    later = [
        row("1", 4, "Roe, Bo"),
        row("1", 5, "Bo Roe, PsyD, LPC-S"),
        row("1", 8, "Bo Roe MBACP"),
        row("1", 9, "Dr. Bo Roe"),
        row("1", 10, "Bo Roe (he/him)"),
        row("2", 8, "Ro Boe"),
    ]
    run(put(tmp_path, "july.csv", [OWN, *later]), to=to, format=export)
    assert len(set(people(to, "clinician_id"))) == 2


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Ann Lee, Ph.D.", "Ann Lee"), ("Lee, Ann, MD", "Lee, Ann"), ("Ann Lee, MA, LPCC", "Ann Lee"),
        ("Ann Lee LCSW-R", "Ann Lee"), ("Lee, Ma", "Lee, Ma"), ("Van Lee, Do", "Van Lee, Do"), ("Lee, Rn", "Lee, Rn"),
        ("Ann Lac", "Ann Lac"), ("LCSW", "LCSW"), ("", ""),
        ("Dr. Ann Lee", "Ann Lee"), ("Prof. Dr Lee, Ann, PhD", "Lee, Ann"), ("Dr Lee", "Dr Lee"),
        ("Mx Ann Lee", "Ann Lee"),
        ("Ann Lee (she/her)", "Ann Lee"), ("Ann Lee, LCSW [they, them]", "Ann Lee"), ("Ann (Nan) Lee", "Ann (Nan) Lee"),
        ("Drew Lee Roe", "Drew Lee Roe"), ("Ann Lee (Sheila)", "Ann Lee (Sheila)"),
    ],
)  # fmt: skip
def test_what_is_a_licence_and_what_a_name(name: str, bare: str) -> None:
    assert without_credentials(name) == bare


def test_marks_that_do_not_show_are_taken_away() -> None:
    assert without_marks("\u200fשרה\u200e ＡＢ１") == "שרה AB1"


@pytest.mark.parametrize("number", ["7.10863E+17", "7,10863e17", 710863102485699001, 1234567890123456, "#N/A"])
def test_numbers_that_a_spreadsheet_cut_are_refused(number: object, tmp_path: Path) -> None:
    """Two of them may be one now, and one may be another than last month."""
    file = workbook(tmp_path / "book.xlsx", [OWN, row("1", 3), row(number, 4)])
    with pytest.raises(InputError) as caught:
        run(file, to=tmp_path / "practice", format=own_map(tmp_path))
    (problem,) = caught.value.problems
    assert (problem.column, problem.rows) == ("Ref", (3,))
    assert not betrayed(str(caught.value))


def test_a_number_of_an_appointment_that_was_cut_is_refused(tmp_path: Path) -> None:
    rows = [(*OWN, "No"), (*row("1", 3), "6.08E+17"), (*row("1", 4), "6.08E+17")]
    export = own_map(tmp_path, more='[columns.session_id]\nfrom = ["No"]')
    with pytest.raises(InputError, match="powers of ten"):
        run(put(tmp_path, "june.csv", rows), to=tmp_path / "practice", format=export)
