"""What goes wrong in the first hour: each is one sentence that says what happened, where, and what to do."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from caseload import cli
from caseload.errors import InputError, ParameterError
from caseload.intake import mistaken, read_practice
from caseload.intake.exports.guess import write_first_map
from caseload.intake.exports.run import import_exports

SECRET = "Ada Mole"
OWN = "session_id,clinician_id,client_id,scheduled_start,status\nS1,C1,K1,2026-05-04T09:00,attended\n"
JANE = f"Patient,Staff Member,Start At,State\n{SECRET},Kim Rees,2026-05-04 11:00,Arrived\n"
ON_SCREEN = f"Client,Clinician,Date,Status\n{SECRET},Kim Rees,2026-05-04,Arrived\n"
NEARLY = f"Patient,Staff Member,Start At\n{SECRET},Kim Rees,2026-05-04 11:00\n"


def packed(*names: str) -> bytes:
    """A zip archive with files of these names."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in names:
            archive.writestr(name, SECRET)
    return data.getvalue()


KINDS: dict[str, tuple[bytes, str, str]] = {  # file: content, what it is, what to do
    "export.zip": (packed("attendance.csv"), "a zip archive", "Unpack it"),
    "export.csv": (packed("attendance.csv"), "a zip archive", "Unpack it"),
    "report.pdf": (b"%PDF-1.7\nx", "a PDF", "as CSV or Excel"),
    "report.csv": (b"%PDF-1.7\nx", "a PDF", "as CSV or Excel"),
    "picture.png": (b"\x89PNG\r\n", "a picture", "as CSV or Excel"),
    "page.xls": (b"\r\n<html><table>", "a web page", "save it as .xlsx"),
    "list.docx": (packed("[Content_Types].xml", "word/document.xml"), "Word", "save the table"),
    "list.xlsb": (packed("[Content_Types].xml", "xl/workbook.bin"), "a binary one", "save it as .xlsx"),
    "~$book.xlsx": (b"x", "leaves beside a workbook that is open", "give book.xlsx itself"),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_file_of_another_kind_is_named_to_import_guess_and_report(name: str, tmp_path: Path) -> None:
    content, what, to_do = KINDS[name]
    file = tmp_path / name
    file.write_bytes(content)
    tries = (
        lambda: import_exports([file], tmp_path / "practice"),
        lambda: import_exports([file], tmp_path / "practice", "jane"),
        lambda: write_first_map(file, tmp_path / "map.toml"),
        lambda: read_practice(file),
    )
    for attempt in tries:
        with pytest.raises(InputError) as refused:
            attempt()
        said = str(refused.value)
        assert said.startswith(f"{name}: ") and "\n" not in said
        assert what in said and to_do in said and SECRET not in said
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("old.xls", b"\xd0\xcf\x11\xe0" + b"x" * 600, "of the old kind"),
        ("locked.xlsx", b"\xd0\xcf\x11\xe0" + b"x" * 600, "has a password"),
        ("list.ods", packed("mimetype", "content.xml"), "LibreOffice"),
    ],
)
def test_what_only_exports_may_be_is_no_practice(name: str, content: bytes, what: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=what):
        read_practice(tmp_path / name)
    assert mistaken.mistaken_export(tmp_path / name) is None  # its reader says what is wrong with it


def test_a_file_that_is_not_there_is_not_called_damaged(tmp_path: Path) -> None:
    for attempt in (
        lambda: import_exports([tmp_path / "june.csv"], tmp_path / "practice"),
        lambda: read_practice(tmp_path / "june.csv"),
        lambda: read_practice(tmp_path / "june.xlsx"),
    ):
        with pytest.raises(InputError, match=r"nothing at this path. Check its name"):
            attempt()


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "june.csv").write_text(JANE)

    def denied(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(mistaken, "open_file", denied)
    with pytest.raises(InputError, match=r"june.csv: no permission.*another program has it open. Close it"):
        import_exports([tmp_path / "june.csv"], tmp_path / "practice")


def test_a_practice_given_to_import_and_an_export_given_to_report(tmp_path: Path) -> None:
    practice = tmp_path / "practice"
    practice.mkdir()
    (practice / "sessions.csv").write_text(OWN)
    export = tmp_path / "june.csv"
    export.write_text(JANE)
    with pytest.raises(InputError, match=r"practice: this is a practice folder, which an import writes into"):
        import_exports([practice], tmp_path / "other")
    with pytest.raises(InputError, match=r"this is a folder. Give the exported files in it"):
        import_exports([tmp_path], tmp_path / "other")
    with pytest.raises(ParameterError, match=r"sessions.csv is a practice's own table"):
        import_exports([practice / "sessions.csv"], tmp_path / "other")
    with pytest.raises(ParameterError, match=r"june.csv is a file: --to takes the practice's folder"):
        import_exports([export], export)
    with pytest.raises(InputError, match=r"caseload import june.csv --to practice"):
        read_practice(export)
    with pytest.raises(InputError, match=r"one table of a practice. Give the folder"):
        read_practice(practice / "sessions.csv")
    with pytest.raises(InputError, match=r"The practice seems to be the folder practice in it"):
        read_practice(tmp_path)


def test_a_folder_of_exports_is_no_practice_yet(tmp_path: Path) -> None:
    (tmp_path / "june.csv").write_text(JANE)
    with pytest.raises(InputError, match=r"make a practice of them: caseload import FILE --to practice"):
        read_practice(tmp_path)


def test_headers_seen_on_a_screen_are_not_taken_for_a_program(tmp_path: Path) -> None:
    file = tmp_path / "attendance.csv"
    file.write_text(ON_SCREEN)
    with pytest.raises(ParameterError, match=r"names that many programs use: if it is Jane.*\(--format jane\), say so"):
        import_exports([file], tmp_path / "practice")
    assert import_exports([file], tmp_path / "practice", "jane").written


def test_the_closest_format_is_named_with_what_is_missing(tmp_path: Path) -> None:
    file = tmp_path / "attendance.csv"
    file.write_text(NEARLY)
    with pytest.raises(ParameterError, match=r"closest is Jane.*for which this is missing: State\. Export it with"):
        import_exports([file], tmp_path / "practice")
    file.write_text("Room,Price\n1,2\n")
    with pytest.raises(ParameterError, match=r"no known format fits attendance.csv: say which by --format \("):
        import_exports([file], tmp_path / "practice")


def test_the_command_says_it_in_one_line_with_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["import", str(tmp_path / "june.xls"), "--to", str(tmp_path / "practice")]) == 2
    expected = "caseload: june.xls: nothing at this path. Check its name, and the folder that it is in.\n"
    assert capsys.readouterr().err == expected
