"""A private part of a check-in is refused, however it is written and whatever it is called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from checkin_fixtures import practice_folder

from caseload.cli import main


@pytest.fixture
def practice(tmp_path: Path) -> Path:
    return practice_folder(tmp_path / "practice")


def content_of(practice: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in practice.iterdir()}


PRIVATE = {
    "format": "caseload check-in, private part", "version": 1, "clinician_id": "C1", "month": "2026-05",
    "surveys": [{"instrument": "activation", "item": "total", "response": 7.25}],
}  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        " " * 5_000 + json.dumps(PRIVATE),
        json.dumps({"surveys": PRIVATE["surveys"] * 100, **{k: v for k, v in PRIVATE.items() if k != "surveys"}}),
        json.dumps([PRIVATE]),
    ],
    ids=["behind blanks", "answers first", "in a list"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_a_private_part_is_known_however_it_is_written(tmp_path, practice, capsys, text, encoding):
    file = tmp_path / "attendance.json"
    file.write_text(text, encoding=encoding)
    assert main(["import", str(file), "--to", str(practice)]) == 2
    assert "Give the file back" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["private-C1-2026-05.json", "checkin-C1-2026-05.json", "attendance.csv", "x.xlsx"])
@pytest.mark.parametrize("cut", [None, 150], ids=["whole", "damaged"])
def test_a_private_part_is_refused_whatever_it_is_called(tmp_path, practice, capsys, name, cut):
    file = tmp_path / name
    file.write_text(json.dumps(PRIVATE)[:cut])
    before = content_of(practice)
    assert main(["import", str(file), "--to", str(practice)]) == 2
    said = capsys.readouterr()
    assert "stays with them" in said.err
    assert "7.25" not in said.err
    assert content_of(practice) == before
