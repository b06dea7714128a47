"""CONTRIBUTING tells the truth: its files exist, its recipes are short, and a format is one file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from export_fixtures import cells, put, run

from caseload.intake.exports import map_files

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
RECIPES = {
    title.strip(): re.findall(r"`((?:src|notebooks|docs|tests|benchmarks)/[^`\s]+)`", body)
    for title, body in re.findall(r"^### (A new [^\n]+)\n(.*?)(?=^##)", TEXT, re.MULTILINE | re.DOTALL)
}
MOST_SOURCES = {"A new flag": 8, "A new questionnaire": 5, "A new figure": 4, "A new export format": 1}

CLINIC = """
title = "A clinic's list"
dates = "year-month-day"
[[people.client]]
name = ["Who Came"]
[people.clinician]
name = ["Seen By"]
[columns.scheduled_start]
from = ["At"]
[columns.status]
from = ["Outcome"]
[columns.status.words]
"Here" = "attended"
"Not here" = "no_show"
"""


def test_every_file_that_it_names_exists() -> None:
    named = re.findall(r"`((?:src|notebooks|docs|tests|benchmarks)/[^`\s]+|[A-Z]+\.(?:md|cff)|[a-z]+\.toml)`", TEXT)
    assert len(named) > 25
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("recipe", MOST_SOURCES)
def test_a_recipe_is_short(recipe: str) -> None:
    sources = [name for name in RECIPES[recipe] if name.startswith("src/")]
    assert 0 < len(sources) <= MOST_SOURCES[recipe]


def test_its_rooms_are_those_of_the_house() -> None:
    rooms = {path.name for path in (ROOT / "src/caseload").iterdir() if (path / "__init__.py").exists()}
    assert [room for room in rooms if f"{room}/" not in TEXT] == []


def test_a_new_format_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "clinic.toml"
    file.write_text(CLINIC, encoding="utf-8")
    shipped = map_files._map_files()
    monkeypatch.setattr(map_files, "_map_files", lambda: [*shipped, file])
    assert map_files.known_names()[-1] == "clinic"
    rows = [("Who Came", "Seen By", "At", "Outcome"), ("Ann Ash", "Bo Birk", "2026-05-04 09:00", "Not here")]
    imported = run(put(tmp_path, "list.csv", rows), to=tmp_path / "practice")
    assert imported.title == "A clinic's list"
    assert [row["status"] for row in cells(tmp_path / "practice")] == ["no_show"]
