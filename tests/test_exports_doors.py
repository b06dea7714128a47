"""Questionnaires with a column for each item, and calendars: what practices have that keep nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from export_fixtures import cells, own_map, own_rows, put, run

from caseload.errors import InputError, ParameterError
from caseload.intake.exports.guess import write_first_map

ITEMS = tuple(f"stss_{number:02}" for number in range(1, 18))
WORDS = ("Never", "Rarely", "Occasionally", "Often", "Very often")


@pytest.fixture
def practice(tmp_path: Path) -> Path:
    """A practice of one clinician, and of another one who has no survey."""
    rows = own_rows("17/06/2026 9:00", "18/06/2026 9:00")
    rows[2] = (rows[2][0], "Ro Boe", *rows[2][2:])
    run(put(tmp_path, "appointments.csv", rows), to=tmp_path / "practice", format=own_map(tmp_path))
    return tmp_path / "practice"


def answers(header: Sequence[str], *rows: Sequence[object]) -> list[Sequence[object]]:
    return [("record_id", "Filled in", "Worker", *header), *rows]


def guessed(folder: Path, rows: Sequence[Sequence[object]], **changes: str) -> str:
    """The path of a first map, with questions answered."""
    file, to = put(folder, "survey.csv", rows), folder / "survey.toml"
    write_first_map(file, to)
    text = to.read_text(encoding="utf-8")
    for question, answer in changes.items():
        text = text.replace(f'{question} = "?"', f'{question} = "{answer}"')
    text = text.replace('name = ["?"]', 'name = ["Worker"]')
    to.write_text(text, encoding="utf-8")
    return str(to)


def test_a_column_for_each_item_becomes_a_row_for_each_answer(practice: Path, tmp_path: Path) -> None:
    """An item without an answer has none."""
    rows = answers(ITEMS, (1, "2026-06-19 8:00", "Bartholomew Xuereb", *[2] * 16, ""))
    export = guessed(tmp_path, rows)
    done = run(tmp_path / "survey.csv", to=practice, format=export)
    found = cells(practice, "surveys")
    assert [row["item"] for row in found] == [str(number) for number in range(1, 17)]
    assert {(row["instrument"], row["completed_on"], row["response"]) for row in found} == {("stss", "2026-06-19", "2")}
    assert (done.files[0].read, len(done.files[0].rows)) == (1, 16)
    again = run(tmp_path / "survey.csv", to=practice, format=export)
    assert not again.written


def test_answers_in_words_are_numbers_of_the_instrument(practice: Path, tmp_path: Path) -> None:
    header = [f"{number}. I noticed something" for number in range(1, 18)]
    given = [WORDS[number % 5] for number in range(17)]
    rows = answers(header, (1, "2026-06-19", "Bartholomew Xuereb", *given))
    run(put(tmp_path, "survey.csv", rows), to=practice, format=guessed(tmp_path, rows))
    assert [row["response"] for row in cells(practice, "surveys")] == [str(number % 5 + 1) for number in range(17)]


def test_answers_that_no_instrument_knows_are_asked(tmp_path: Path) -> None:
    rows = answers(ITEMS, (1, "2026-06-19", "Bo Roe", *["Zqsecret"] * 17))
    text = Path(guessed(tmp_path, rows)).read_text(encoding="utf-8")
    assert '"?" = "?"' in text and "Zqsecret" not in text


@pytest.mark.parametrize(
    ("count", "prefix", "instrument"),
    [(30, "q", "proqol5"), (21, "ProQOL_", "proqol21"), (16, "x", "olbi"), (19, "burnout_", "cbi"), (12, "q", "?")],
)
def test_instruments_are_told_by_name_and_length(count: int, prefix: str, instrument: str, tmp_path: Path) -> None:
    header = [f"{prefix}{number}" for number in range(1, count + 1)]
    rows = answers(header, (1, "2026-06-19", "Bo Roe", *[2] * count))
    text = Path(guessed(tmp_path, rows)).read_text(encoding="utf-8")
    assert f'instrument = "{instrument}"' in text and f'items = "{prefix}{{}}"' in text


def test_a_response_outside_the_scale_is_refused_by_its_row(practice: Path, tmp_path: Path) -> None:
    rows = answers(ITEMS, (1, "2026-06-19", "Bartholomew Xuereb", *[9] * 17))
    with pytest.raises(InputError) as caught:
        run(put(tmp_path, "survey.csv", rows), to=practice, format=guessed(tmp_path, rows))
    assert set(caught.value.problems[0].rows) == {2}


def test_surveys_are_added_to_a_practice_and_begin_none(tmp_path: Path) -> None:
    rows = answers(ITEMS, (1, "2026-06-19", "Bo Roe", *[2] * 17))
    export = guessed(tmp_path, rows)
    with pytest.raises(InputError, match="Import the appointments into this folder first"):
        run(tmp_path / "survey.csv", to=tmp_path / "new", format=export)


# Calendars

CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//nobody//nothing//EN
{head}
{events}
END:VCALENDAR
"""
SERIES = """BEGIN:VEVENT
UID:s1
DTSTART;TZID=Europe/Berlin:20260525T100000
DTEND;TZID=Europe/Berlin:20260525T105000
RRULE:FREQ=WEEKLY;COUNT=6
EXDATE;TZID=Europe/Berlin:20260608T100000
SUMMARY:A.M.
END:VEVENT
BEGIN:VEVENT
UID:s1
RECURRENCE-ID;TZID=Europe/Berlin:20260601T100000
DTSTART;TZID=Europe/Berlin:20260602T120000
DTEND;TZID=Europe/Berlin:20260602T125000
SUMMARY:A.M. (no show)
END:VEVENT"""


def event(summary: str, start: str = "DTSTART:20260616T070000Z", more: str = "") -> str:
    lines = ["BEGIN:VEVENT", f"UID:{summary}", start, f"SUMMARY:{summary}", *filter(None, [more]), "END:VEVENT"]
    return "\n".join(lines)


def calendar(folder: Path, *events: str, head: str = "X-WR-CALNAME:Bo Roe\nX-WR-TIMEZONE:Europe/Berlin") -> Path:
    path = folder / "calendar.ics"
    text = CALENDAR.format(head=head, events="\n".join(events)).replace("\n\n", "\n")
    path.write_bytes(text.replace("\n", "\r\n").encode())
    return path


def imported(folder: Path, file: Path) -> list[tuple[str, str]]:
    """What an import gives by the first map, with its one or two questions answered."""
    to = folder / "map.toml"
    write_first_map(file, to)
    text = to.read_text(encoding="utf-8").replace('is = "?"', 'is = "attended"').replace('value = "?"', 'value = "Bo"')
    to.write_text(text, encoding="utf-8")
    run(file, to=folder / "practice", format=str(to))
    return [(row["scheduled_start"], row["status"]) for row in cells(folder / "practice")]


def test_a_series_with_exceptions_is_all_of_its_appointments_up_to_now(tmp_path: Path) -> None:
    """One was left out, one was moved, and the last ones are still to come."""
    assert sorted(imported(tmp_path, calendar(tmp_path, SERIES))) == [
        ("2026-05-25T10:00", "attended"), ("2026-06-02T12:00", "no_show"), ("2026-06-15T10:00", "attended"),
        ("2026-06-22T10:00", "attended"), ("2026-06-29T10:00", "attended"),
    ]  # fmt: skip
    found = cells(tmp_path / "practice")
    assert len({row["client_id"] for row in found}) == 1
    assert len({row["session_id"] for row in found}) == 5


def test_marks_in_titles_say_who_came_and_are_no_part_of_a_name(tmp_path: Path) -> None:
    titles = ("K.L.", "K.L. - cancelled", "DNA K.L.", "K.L. late cancel", "Lunch", "Team meeting")
    events = [event(title, f"DTSTART:202606{10 + place}T070000Z") for place, title in enumerate(titles)]
    events.append(event("Day off", "DTSTART;VALUE=DATE:20260603"))
    events.append(event("M.N.", "DTSTART:20260620T070000Z", "STATUS:CANCELLED"))
    found = imported(tmp_path, calendar(tmp_path, *events))
    assert [status for _, status in sorted(found)] == ["attended", "client_cancelled", "no_show", "late_cancelled"]
    assert found[0][0] == "2026-06-10T09:00"
    assert len({row["client_id"] for row in cells(tmp_path / "practice")}) == 1


def test_a_calendar_without_a_name_asks_whose_it_is(tmp_path: Path) -> None:
    file = calendar(tmp_path, event("K.L.", "DTSTART:20260616T090000"), head="")
    write_first_map(file, tmp_path / "first.toml")
    text = (tmp_path / "first.toml").read_text(encoding="utf-8")
    assert 'value = "?"' in text and "K.L." not in text
    assert imported(tmp_path, file) == [("2026-06-16T09:00", "attended")]


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY", "FREQ=HOURLY;COUNT=3", "FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=1,2,3"])
def test_a_series_within_a_day_would_fill_the_memory_and_is_refused(rule: str, tmp_path: Path) -> None:
    file = calendar(tmp_path, event("K.L.", "DTSTART:19950616T090000", f"RRULE:{rule}"))
    with pytest.raises(InputError, match="repeats within a day"):
        write_first_map(file, tmp_path / "map.toml")


@pytest.mark.parametrize(
    ("rule", "said"),
    [("FREQ=DAILY;INTERVAL=0", "INTERVAL"), ("FREQ=WEEKLY;INTERVAL=-1", "INTERVAL"),
     ("FREQ=DAI\n LY;INTERVAL=\n 00", "INTERVAL"), ("INTERVAL=2;FREQ=MINUTELY", "within a day")],
)  # fmt: skip
@pytest.mark.parametrize("zone", [False, True])
def test_a_series_that_never_gets_on_is_refused_at_once(rule: str, said: str, zone: bool, tmp_path: Path) -> None:
    if zone:
        part = (
            f"BEGIN:STANDARD\nDTSTART:19701025T030000\nRRULE:{rule}\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD"
        )
        events = [f"BEGIN:VTIMEZONE\nTZID:Own\n{part}\nEND:VTIMEZONE", event("K.L.")]
    else:
        events = [event("K.L.", "DTSTART:20260616T090000", f"RRULE:{rule}")]
    with pytest.raises(InputError, match=said):
        write_first_map(calendar(tmp_path, *events), tmp_path / "map.toml")


@pytest.mark.parametrize("end", ["19260616T100000", "20260401T090000", "20990616T090000"])
def test_a_series_whose_entries_end_before_they_begin_or_years_later_is_refused_at_once(
    end: str, tmp_path: Path
) -> None:
    text = event("K.L.", "DTSTART:20260616T090000", f"RRULE:FREQ=DAILY;COUNT=9\nDTEND:{end}")
    with pytest.raises(InputError, match="another end"):
        write_first_map(calendar(tmp_path, text), tmp_path / "map.toml")


def test_more_appointments_than_can_be_unfolded_are_refused_before(tmp_path: Path) -> None:
    events = [event(f"K{n}", "DTSTART:19900101T090000", "RRULE:FREQ=DAILY") for n in range(20)]
    with pytest.raises(InputError, match="at most 200,000"):
        write_first_map(calendar(tmp_path, *events), tmp_path / "map.toml")


def test_people_who_are_called_like_a_mark_stay_clients(tmp_path: Path) -> None:
    titles = (
        "Anna Holiday",
        "B. Break",
        "LC",
        "DNA",
        "Notes, Ida",
        "Lee Lc",
        "K.L. (LC)",
        "K.L. - cxl",
        "Lunch",
        "Holiday",
    )
    events = [event(title, f"DTSTART:202606{10 + at}T090000") for at, title in enumerate(titles)]
    found = [status for _, status in sorted(imported(tmp_path, calendar(tmp_path, *events)))]
    assert found == ["attended"] * 6 + ["late_cancelled", "client_cancelled"]
    assert len({row["client_id"] for row in cells(tmp_path / "practice")}) == 7


def test_a_calendar_needs_a_map(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="--guess"):
        run(calendar(tmp_path, SERIES), to=tmp_path / "practice")


@pytest.mark.parametrize(
    "content", [b"", b"BEGIN:VCALENDAR", b"\xff\xfe", b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:never\n"]
)
def test_what_is_no_calendar_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "calendar.ics").write_bytes(content)
    with pytest.raises(InputError):
        write_first_map(tmp_path / "calendar.ics", tmp_path / "map.toml")
