"""Notice of a cancellation: late, early, or unknown where the export says a day only."""

from __future__ import annotations

from pathlib import Path

import pytest
from export_fixtures import OWN, cells, own_map, put, run

from caseload.errors import InputError

HEADER = (*OWN, "Off")
LATE = '[columns.status.late]\n{how} = ["Off"]\nhours = {hours}\n'


def status(tmp_path: Path, when: str, off: str, how: str = "cancelled_at", hours: str = "24") -> tuple[str, list[str]]:
    file = put(tmp_path, "off.csv", [HEADER, ("R1", "Bo Roe", when, "called off", off)])
    export = own_map(tmp_path, more=LATE.format(how=how, hours=hours))
    done = run(file, to=tmp_path / "practice", format=export)
    return cells(tmp_path / "practice")[0]["status"], done.files[0].notes


@pytest.mark.parametrize(
    ("when", "off", "late", "known"),
    [
        ("10/06/2026 15:00", "10/06/2026", True, True),  # that day: 15 hours before, at most
        ("10/06/2026 15:00", "09/06/2026", False, False),  # 15 to 39 hours before
        ("10/06/2026 00:30", "09/06/2026", False, False),  # half an hour to 24.5 hours
        ("10/06/2026 15:00", "08/06/2026", False, True),  # 39 hours before, at least
        ("10/06/2026 15:00", "11/06/2026", True, True),  # the day after
        ("10/06/2026", "10/06/2026", True, True),  # no time on either side: less than a whole day
        ("10/06/2026", "09/06/2026", False, False),
        ("10/06/2026", "08/06/2026", False, True),
        ("10/06/2026 15:00", "09/06/2026 15:00", False, True),
        ("10/06/2026 15:00", "09/06/2026 15:01", True, True),
        ("10/06/2026 15:00", "", False, False),
    ],
)
def test_a_day_settles_the_notice_only_where_all_of_its_hours_do(
    when: str, off: str, late: bool, known: bool, tmp_path: Path
) -> None:
    found, notes = status(tmp_path, when, off)
    assert found == ("late_cancelled" if late else "client_cancelled")
    assert any(note.startswith("Notice unknown for 1 of 1 cancellations") for note in notes) is not known


@pytest.mark.parametrize(("hours", "late"), [("23.5", True), ("24", False), ("-1", True), ("0", True)])
def test_a_number_of_hours_is_a_notice(hours: str, late: bool, tmp_path: Path) -> None:
    found, notes = status(tmp_path, "10/06/2026 15:00", hours, "notice")
    assert (found, notes) == ("late_cancelled" if late else "client_cancelled", [])


def test_a_notice_may_be_in_minutes_and_must_be_a_number(tmp_path: Path) -> None:
    found, _ = status(tmp_path, "10/06/2026 15:00", "1439", "notice", '24\nunit = "minutes"')
    assert found == "late_cancelled"
    with pytest.raises(InputError, match="not a number"):
        status(tmp_path, "10/06/2026 15:00", "a day", "notice")


def test_one_way_to_tell_the_notice(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one of cancelled_at and notice"):
        status(tmp_path, "10/06/2026 15:00", "3", "notice", '24\ncancelled_at = ["Off"]')
