"""A month without a terminal, in a browser, by clicks alone: from an export to pages, and the next month's export."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.browser]

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/\?token=\S+")
MINUTE = 60_000  # milliseconds
PEOPLE, CLIENTS = ("Kim Rees", "Bo Roe"), ("Ada Mole", "Cy Fox", "Dee Gray")
HEADER = "Patient,Staff Member,Start At,State"


def export(place: Path, name: str, months: range) -> Path:
    """An export of these months, with a status that no program has."""
    rows = [
        f"{client},{who},2026-{month:02d}-{day:02d} {hour}:00,{'Left early' if day == 18 else 'Arrived'}"
        for month in months
        for who, hour in zip(PEOPLE, (9, 14), strict=True)
        for client, day in zip(CLIENTS, (4, 11, 18), strict=True)
    ]
    file = place / name
    file.write_text("\n".join([HEADER, *rows, ""]))
    return file


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The place, and the address of a window in it."""
    place = tmp_path_factory.mktemp("place")
    command = [sys.executable, "-m", "caseload.cli", "open", "--no-browser"]
    started = subprocess.Popen(command, cwd=place, stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    yield place, next(found.group() for line in started.stdout if (found := ADDRESS.search(line)))
    started.kill()
    started.wait()
    started.stdout.close()


class Clicks:
    """A tab, and how often something was clicked in it."""

    def __init__(self, tab: Any) -> None:
        self.tab, self.count = tab, 0

    def press(self, name: str) -> None:
        self.count += 1
        self.tab.get_by_role("button", name=name).click(timeout=2 * MINUTE)

    def sees(self, words: str) -> None:
        self.tab.get_by_text(words).first.wait_for(timeout=3 * MINUTE)

    def choose(self, file: Path) -> None:
        with self.tab.expect_file_chooser(timeout=2 * MINUTE) as chooser:
            self.press("Choose files (0)")
        chooser.value.set_files(file)


def test_two_months_by_clicks_alone(address: tuple[Path, str], browser: Any, axe: str) -> None:
    place, where = address
    tab = browser.new_context().new_page()
    complaints: list[str] = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(where, wait_until="commit", timeout=2 * MINUTE)
    first = Clicks(tab)
    first.choose(export(place, "march.csv", range(1, 4)))
    first.sees("What does “Left early” mean")
    tab.get_by_title("What does “Left early” mean").select_option(label="The client came")  # an answer, and no click
    first.press("Use these answers")
    first.sees("sessions: 18 added")
    assert not (place / "practice").exists()
    first.press("Import")
    first.sees("Codes or names?")
    first.press("Show names on the pages")
    first.sees("2. Month and people")
    first.press("Make the reports")
    first.sees("for March 2026 are ready")
    assert first.count <= 12
    names = (place / "reports" / "2026-03" / "index.html").read_text()
    assert "Kim Rees" in names and "Left early" not in (place / "practice" / "sessions.csv").read_text()
    assert tab.evaluate("document.querySelectorAll('h1').length") == 1
    second = Clicks(tab)
    second.choose(export(place, "april.csv", range(1, 5)))
    second.sees("As decided before")
    second.sees("sessions: 6 added")
    second.press("Import")
    second.sees("Written to")
    second.press("Make the reports")
    second.sees("for April 2026 are ready")
    assert second.count <= 6
    assert (place / "reports" / "2026-04" / "index.html").is_file()
    assert complaints == []


def test_a_file_that_is_dropped_onto_the_button_is_taken(address: tuple[Path, str], browser: Any) -> None:
    tab = browser.new_context().new_page()
    tab.goto(address[1], wait_until="commit", timeout=2 * MINUTE)
    tab.get_by_role("button", name="Choose files (0)").wait_for(timeout=2 * MINUTE)
    tab.evaluate(
        """() => {
          const held = new DataTransfer();
          held.items.add(new File(["%PDF-1.4"], "report.pdf"));
          const there = document.querySelector(".widget-upload");
          there.dispatchEvent(new DragEvent("drop", {dataTransfer: held, bubbles: true, cancelable: true}));
        }"""
    )
    tab.get_by_text("this is a PDF").wait_for(timeout=2 * MINUTE)
