"""Points in time: all orders, clocks and offsets; what can be two things is refused, never guessed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import export_fixtures as exports
import pytest
from export_fixtures import cells, put, run
from hypothesis import given, settings
from hypothesis import strategies as st

from caseload.errors import InputError, ParameterError
from caseload.intake.exports.maps import DATE_ORDERS
from caseload.intake.exports.moments import (
    DAY_NUMBER,
    EPOCH,
    NO_CLOCK,
    NO_DATE,
    SHORT_YEAR,
    UNDECLARED,
    UNREAL,
    ZEROS,
    ZONE_NAME,
    ZONED,
    Calendar,
)
from caseload.intake.exports.months import ENGLISH, month_in, month_number

EXAMPLES = 300  # of each property
MONDAY = dt.date(2026, 5, 4)
WRITTEN = {
    "year-month-day": "2026-05-04",
    "month/day/year": "05/04/2026",
    "day/month/year": "04/05/2026",
    "month/day/yy": "5/4/26",
    "day/month/yy": "4.5.26",
}
NUMERIC = {
    "year-month-day": "{0:%Y-%m-%d}",
    "month/day/year": "{0.month}/{0.day}/{0.year}",
    "day/month/year": "{0.day}.{0.month}.{0.year}",
    "month/day/yy": "{0:%m-%d-%y}",
    "day/month/yy": "{0:%d/%m/%y}",
}
CLOCKS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M%p", "%I:%M:%S %p")
PLAIN = ("{0:%Y/%m/%d}", "{0:%Y%m%d}", "{0.day} {1} {0.year}", "{1} {0.day}, {0.year}", "{0:%A}, {0.day} {1} {0.year}")
LIKE_MOMENTS = st.from_regex(r"[0-9]{1,5}[-/. :T][0-9]{1,2}[-/. :T,][0-9]{1,5}[ T]?[0-9ap:]{0,6}")


@pytest.mark.parametrize("order", DATE_ORDERS)
def test_each_order_reads_its_own_dates(order: str) -> None:
    moment = Calendar(order).moment(WRITTEN[order])
    assert (moment.text, moment.timed) == ("2026-05-04T00:00", False)


@pytest.mark.parametrize("order", DATE_ORDERS)
@pytest.mark.parametrize("written", ["month/day/year", "month/day/yy"])
def test_a_date_of_undeclared_order_is_not_guessed(order: str, written: str) -> None:
    """Two digits of a year are told as such; and 05/04/2026 in the other order is another day, which nobody can see."""
    found = Calendar(order).moment(WRITTEN[written])
    same_length = order.endswith("/yy") == written.endswith("/yy")
    if order == "year-month-day" or not same_length:
        short = written.endswith("/yy") and order.endswith("/year")
        assert (found.text, found.wrong) == (None, SHORT_YEAR if short else UNDECLARED)
    else:
        assert found.text == ("2026-05-04T00:00" if order.startswith("month") else "2026-04-05T00:00")


@pytest.mark.parametrize("order", DATE_ORDERS)
@pytest.mark.parametrize("text", ["2026-05-04", "2026/5/4", "4 May 2026", "May 4, 2026", "Mon, 4 May 2026",
                                  "monday 4. may 2026", "20260504",
                                  "Sept 4 2026"])  # fmt: skip
def test_what_cannot_be_misread_is_read_in_any_order(order: str, text: str) -> None:
    assert Calendar(order).moment(text).text == ("2026-09-04T00:00" if "Sept" in text else "2026-05-04T00:00")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("2026-02-29", UNREAL), ("31/04/2026", UNREAL), ("00/05/2026", UNREAL), ("04/13/2026", UNDECLARED),
        ("1899-12-31", UNREAL), ("2200-01-01", UNREAL), ("04/05/0026", UNREAL), ("04/05/26", SHORT_YEAR),
        ("2026-05-04 24:01", NO_CLOCK), ("2026-05-04 12:60", NO_CLOCK), ("2026-05-04 13:00 pm", NO_CLOCK),
        ("2026-05-04 0:30 am", NO_CLOCK), ("2026-05-04 838:59:59", NO_CLOCK), ("0000-00-00", ZEROS),
        ("00/00/0000", ZEROS), ("4-Jun-26", SHORT_YEAR), ("1780000000", EPOCH), ("1780000000000", EPOCH),
        ("4 jui 2026", NO_DATE), ("2026-05-04 09:00 CEST", ZONED), ("2026-05-04 09:00 Asia/Tokyo", ZONED),
        ("4 Mayor 2026", NO_DATE), ("4 Mat 2026", NO_DATE), ("yesterday", NO_DATE),
        ("12:30", NO_DATE), ("46146", DAY_NUMBER), ("2026-05", NO_DATE), ("4/5", NO_DATE), ("", NO_DATE),
        ("2026-05-04T09:00+02:00", ZONED), ("2026-05-04T09:00Z", ZONED), ("2026-05-04 09:00 noon", NO_CLOCK),
    ],
)  # fmt: skip
def test_what_is_no_moment(text: str, wrong: str) -> None:
    found = Calendar("day/month/year").moment(text)
    assert (found.text, found.wrong) == (None, wrong)


@pytest.mark.parametrize(
    ("clock", "expected"),
    [("12:00 am", "00:00"), ("12:30 AM", "00:30"), ("1:05 a.m.", "01:05"), ("11:59am", "11:59"), ("12:00 PM", "12:00"),
     ("12:59 p.m.", "12:59"), ("9pm", "21:00"), ("9 PM", "21:00"), ("9:00\u202fPM", "21:00"), ("23:59", "23:59"),
     ("7:05", "07:05"), ("07:05:00", "07:05"), ("07:05:09", "07:05:09"), ("07:05:00.000", "07:05")],
)  # fmt: skip
def test_clocks(clock: str, expected: str) -> None:
    for day in ("2026-05-04", "5/4/2026", "4 May 2026", "Monday, May 4, 2026"):
        moment = Calendar("month/day/year").moment(f"{day} {clock}")
        assert (moment.text, moment.timed) == (f"2026-05-04T{expected}", True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("17-Jun-2026 16:05", "16:05"), ("17 JUN 2026 4.05 pm", "16:05"), ("17th June 2026 at 4:05 PM", "16:05"),
        ("June 17th, 2026 4:05 p. m.", "16:05"), ("17. Juni 2026 16:05", "16:05"), ("17 juin 2026 16h05", "16:05"),
        ("17 de junio de 2026 16:05", "16:05"), ("17 giugno 2026, 16.05", "16:05"), ("20260617T1605", "16:05"),
        ("2026-Jun-17 16:05:00.5", "16:05"), ("\u200e17/06/2026\u200f 16:05", "16:05"), ("17/06/2026 16h", "16:00"),
        ("１７/０６/２０２６ １６:０５", "16:05"), ("16/06/2026 24:00", "00:00"),
    ],
)  # fmt: skip
def test_spellings_that_cannot_be_misread(text: str, expected: str) -> None:
    assert Calendar("day/month/year").moment(text).text == f"2026-06-17T{expected}"


def test_years_of_two_digits_behind_a_month_are_declared() -> None:
    assert Calendar("day/month/yy").moment("17-JUN-26 04.05.00 PM").text == "2026-06-17T16:05"


def test_months_in_other_languages_are_read_where_they_are_one() -> None:
    """Whole or cut off, with or without accents; `jui` is June or July."""
    for names in (("märz", "marz", "mar", "mars", "mrt"), ("août", "aout", "ago", "aug"), ("gen", "ene", "janv")):
        assert len({month_number(name) for name in names} - {0}) == 1
    assert [month_number(name) for name in ("jui", "ma", "mayor", "sunday")] == [0, 0, 0, 0]


def test_a_month_is_read_as_people_write_it_and_never_guessed():
    texts = ("2026-11", "2026-11 ", "November 2026", "nov 2026", "Nov. 2026", "2026 November", "11/2026", "2026/11")
    assert {month_in(text) for text in texts} == {"2026-11"}
    assert month_in("2026-5") == "2026-05"
    assert [month_in(text) for text in ("November", "11/26", "13/2026", "jui 2026", "2026-11-03", "", "2026")] == [
        ""
    ] * 7


def test_names_of_zones_are_read_where_they_are_clear() -> None:
    berlin = Calendar("year-month-day", "Europe/Berlin")
    for text in ("2026-06-17 09:00 America/New_York", "2026-06-17 15:00 CEST", "2026-06-17 10:00 AM GMT-3",
                 "2026-06-17 3:00 PM [Europe/Berlin]"):  # fmt: skip
        assert berlin.moment(text).text == "2026-06-17T15:00"
    assert berlin.moment("2026-06-17 15:00 CET").wrong == ZONE_NAME  # not the clock of June
    assert berlin.moment("2026-06-17 15:00 IST").wrong == ZONE_NAME


@pytest.mark.parametrize(("unit", "number"), [("seconds", "1781694000"), ("milliseconds", "1781694000000")])
def test_seconds_since_1970_are_times_where_the_map_says_so(unit: str, number: str, tmp_path: Path) -> None:
    file = put(tmp_path, "f.csv", exports.own_rows(number))
    with pytest.raises(InputError, match="since_1970"):
        run(file, to=tmp_path / "p", format=exports.own_map(tmp_path))
    when = f'["When"]\nsince_1970 = "{unit}"'
    with pytest.raises(InputError, match="time zone"):
        run(file, to=tmp_path / "p", format=exports.own_map(tmp_path, when=when))
    run(file, to=tmp_path / "p", format=exports.own_map(tmp_path, when=when), time_zone="Europe/Berlin")
    assert cells(tmp_path / "p")[0]["scheduled_start"] == "2026-06-17T13:00"


def test_days_of_a_spreadsheet_are_read_where_all_cells_are_such_and_said(tmp_path: Path) -> None:
    whole = put(tmp_path, "a.csv", exports.own_rows("46190.3958333", "46191"))
    done = run(whole, to=tmp_path / "a", format=exports.own_map(tmp_path))
    assert [row["scheduled_start"] for row in cells(tmp_path / "a")] == ["2026-06-17T09:30", "2026-06-18T00:00"]
    assert "numbers in all rows" in done.files[0].notes[0]
    mixed = put(tmp_path, "b.csv", exports.own_rows("46190.3958333", "18/06/2026"))
    with pytest.raises(InputError, match="excel_serials"):
        run(mixed, to=tmp_path / "b", format=exports.own_map(tmp_path))


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("31/02/2026", "Correct it"), ("06/17/2026", "--dates"), ("0000-00-00 10:00", "leave_out"),
        ("17/06/2026 99:00", "Correct the time of day"), ("soon", "missing"), ("17-Jun-26 9:00", "day/month/yy"),
        ("17/06/2026 9:00 PST", "time zone"),
    ],
)  # fmt: skip
def test_each_cause_has_its_own_advice(text: str, advice: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        run(put(tmp_path, "f.csv", exports.own_rows(text)), to=tmp_path / "p", format=exports.own_map(tmp_path))
    (problem,) = caught.value.problems
    assert advice in problem.action
    assert text not in str(caught.value)


def test_offsets_are_times_of_the_practice() -> None:
    """Written in any zone; without an offset it is the practice's own time."""
    berlin = Calendar("year-month-day", "Europe/Berlin")
    for text in ("2026-05-04T09:00Z", "2026-05-04 11:00+02:00", "2026-05-04T11:00:00.000+0200", "2026-05-04T05:00-04",
                 "2026-05-04 09:00 UTC", "2026-05-04 11:00"):  # fmt: skip
        assert berlin.moment(text).text == "2026-05-04T11:00"
    assert berlin.moment("2026-01-04T23:30Z").text == "2026-01-05T00:30"
    assert berlin.moment("2026-01-04T23:30+99:00").wrong == UNREAL
    assert berlin.moment("2199-12-31T23:30Z").text == "2200-01-01T00:30"  # the data contract refuses it


def test_the_night_in_which_clocks_go_forward() -> None:
    """29 March 2026, Berlin: 02:00 to 03:00 does not exist. Kept, and counted. In New York it is the 8th."""
    berlin = Calendar("year-month-day", "Europe/Berlin")
    skipped = {hour: berlin.moment(f"2026-03-29 {hour}").skipped for hour in ("01:59", "02:00", "02:59", "03:00")}
    assert skipped == {"01:59": False, "02:00": True, "02:59": True, "03:00": False}
    assert berlin.moment("2026-03-29T00:59Z").text == "2026-03-29T01:59"
    assert berlin.moment("2026-03-29T01:00Z").text == "2026-03-29T03:00"
    assert Calendar("year-month-day", "America/New_York").moment("2026-03-08 02:30").skipped
    assert not Calendar("year-month-day").moment("2026-03-29 02:30").skipped


def test_the_night_in_which_clocks_go_back() -> None:
    """25 October 2026, Berlin: two moments have the local time 02:30; the log holds local times."""
    berlin = Calendar("year-month-day", "Europe/Berlin")
    assert {berlin.moment(f"2026-10-25T{hour}:30Z").text for hour in ("00", "01")} == {"2026-10-25T02:30"}


def test_numbers_are_days_of_a_spreadsheet_only_where_the_map_says_so() -> None:
    """46146 is 4 May 2026 in Excel; .5 is noon, .604166666664 half past two within a second."""
    serials = Calendar("month/day/year", serials=True)
    assert [serials.moment(text).text for text in ("46146", "46146.5", "46146.604166666664")] == [
        "2026-05-04T00:00", "2026-05-04T12:00", "2026-05-04T14:30",
    ]  # fmt: skip
    assert [serials.moment(text).timed for text in ("46146", "46146.5")] == [False, True]


dates = st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31))
times = st.times().map(lambda time: time.replace(microsecond=0))


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(DATE_ORDERS), dates, times, st.sampled_from(CLOCKS), st.sampled_from((*PLAIN, "")))
def test_every_moment_comes_back(order: str, date: dt.date, time: dt.time, clock: str, plain: str) -> None:
    """Written in the declared order, or in words, on either clock: ISO 8601 of the same moment."""
    time = time if "%S" in clock else time.replace(second=0)
    day = (plain or NUMERIC[order]).format(date, ENGLISH[date.month - 1].capitalize())
    text = f"{day} {time.strftime(clock)}"
    expected = dt.datetime.combine(date, time)
    found = Calendar(order).moment(text).text
    assert found is not None
    assert dt.datetime.fromisoformat(found) == expected


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2100, 1, 1)),
    st.sampled_from(("Europe/Berlin", "America/New_York")),
)
def test_every_instant_is_the_local_time_of_the_practice(instant: dt.datetime, zone: str) -> None:
    """The oracle is Python's own zoneinfo."""
    instant = instant.replace(microsecond=0, tzinfo=dt.UTC)
    found = Calendar("year-month-day", zone).moment(instant.isoformat()).text
    assert found is not None
    assert dt.datetime.fromisoformat(found) == instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(st.one_of(st.text(max_size=30), LIKE_MOMENTS)),
    st.sampled_from(DATE_ORDERS), st.booleans(), st.sampled_from(["", "Europe/Berlin"]),
)  # fmt: skip
def test_any_text_is_a_moment_or_is_not(texts: list[str], order: str, serials: bool, zone: str) -> None:
    """And many at once are read as each by itself."""
    calendar = Calendar(order, zone, serials)
    found = calendar.moments(texts)
    assert found == [calendar.moment(text) for text in texts]
    for moment in found:
        assert (moment.text is None) is bool(moment.wrong)
        assert moment.text is None or dt.datetime.fromisoformat(moment.text)


def test_the_order_is_declared_on_the_command_line(tmp_path: Path) -> None:
    rows = [list(row) for row in exports.attendance_rows()]
    for row in rows[2:]:
        month, day, year = row[2].split("/")
        row[2] = f"{day}/{month}/{year}"
    file = put(tmp_path, "attendance.csv", rows)
    run(file, to=tmp_path / "practice", dates="day/month/year")
    assert {row["scheduled_start"][:7] for row in cells(tmp_path / "practice")} == {"2026-05"}
    with pytest.raises(InputError) as caught:
        run(file, to=tmp_path / "other")
    assert [(problem.column, problem.rows, problem.found) for problem in caught.value.problems] == [
        ("date_of_service", (5, 11), UNDECLARED)  # the 18th and the 14th; the others are days of other months
    ]
    with pytest.raises(ParameterError, match="year-month-day"):
        run(file, to=tmp_path / "other", dates="day-month-year")
    with pytest.raises(ParameterError, match="time zone"):
        run(file, to=tmp_path / "other", time_zone="Europe/Atlantis")


def test_offsets_need_the_zone_of_the_practice(tmp_path: Path) -> None:
    rows = [list(row) for row in exports.jane_rows()]
    for row in rows[1:]:
        row[4:6] = [f"{time.replace(' ', 'T')}:00-04:00" for time in row[4:6]]
        row[7] = row[7] and f"{row[7]}:00-04:00"
    file = put(tmp_path, "jane.csv", rows)
    with pytest.raises(InputError, match="--time-zone") as caught:
        run(file, to=tmp_path / "practice")
    assert {problem.found for problem in caught.value.problems} == {ZONED}
    run(file, to=tmp_path / "practice", time_zone="America/New_York")
    run(put(tmp_path, "plain.csv", exports.jane_rows()), to=tmp_path / "plain", key_file=tmp_path / "practice.key")
    assert cells(tmp_path / "practice") == cells(tmp_path / "plain")


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"])
@settings(deadline=None, max_examples=25)
@given(st.lists(st.datetimes(dt.datetime(1972, 1, 1), dt.datetime(2150, 1, 1)), min_size=1, max_size=9))
def test_universal_times_all_at_once_are_those_one_by_one(zone: str, moments: list[dt.datetime]) -> None:
    """Also where the clocks change, and with seconds."""
    calendar = Calendar("year-month-day", zone)
    texts = [
        f"{moment:%Y-%m-%dT%H:%M:%S}Z"
        for moment in (*moments, dt.datetime(2026, 3, 29, 1), dt.datetime(2026, 11, 1, 6))
    ]
    assert calendar.moments(texts) == [calendar.moment(text) for text in texts]


@pytest.mark.parametrize("odd", ["2026-02-30T10:00:00Z", "2026-05-04T25:00:00Z", "1899-12-31T23:59:00Z", "2026-05-04"])
def test_one_text_that_is_no_universal_time_is_told_among_others(odd: str) -> None:
    calendar = Calendar("year-month-day", "Europe/Berlin")
    texts = ["2026-05-04T10:00:00Z", odd]
    assert calendar.moments(texts) == [calendar.moment(text) for text in texts]
