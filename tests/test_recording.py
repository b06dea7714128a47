"""How a practice records: planted faults are found, each alone; clean practices have none; both sides of thresholds."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from planted_faults import FAULTS, WHO, of, with_sessions

from caseload import simulate as sim
from caseload.intake import Practice
from caseload.pages.oddities import MEANINGS
from caseload.signals import SIGNALS, coverage, monthly_signals
from caseload.signals.recording import EVERYBODY, changes, findings, recorded_by_clinician, untouched
from caseload.signals.recording.finding import FINDINGS

Tables = dict[str, pd.DataFrame]
START = pd.Timestamp("2026-01-05T09:00")


@pytest.fixture(scope="module")
def clean() -> Tables:
    return sim.simulate(sim.Settings(seed=3, clinicians=6, months=10)).tables


def told(tables: Tables, today: dt.date | None = None) -> pd.DataFrame:
    found = findings(Practice.from_frames(**tables), today)
    for table in found.values():
        assert table.dtypes.astype(str).to_dict() == FINDINGS
        assert (table["first"] <= table["last"]).all() and (table["rows"] > 0).all()
    return pd.concat(found.values(), ignore_index=True)


def names(table: pd.DataFrame) -> list[tuple[str, str, str]]:
    return sorted(zip(table["kind"], table["column"], table["clinician_id"], strict=True))


def log(number: int, who: str = "A", **columns: object) -> pd.DataFrame:
    """Attended sessions of one clinician, one a day at nine, of ten clients in turn."""
    start = START + pd.to_timedelta(range(number), unit="D")
    cells = {"clinician_id": who, "client_id": [f"{who}{at % 10}" for at in range(number)], "scheduled_start": start}
    table = pd.DataFrame({**cells, "status": "attended", **columns})
    return table.assign(session_id=[f"{who}-{at}" for at in range(number)])


def practice(*sessions: pd.DataFrame, **tables: pd.DataFrame) -> Practice:
    return Practice.from_frames(sessions=pd.concat(sessions, ignore_index=True), **tables)


# --- planted and clean ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_and_nothing_else(clean: Tables, name: str) -> None:
    plant, expected = FAULTS[name]
    assert names(told(plant(clean))) == sorted(expected)


@pytest.mark.parametrize(("clinicians", "months", "seeds"), [(5, 12, range(1, 9)), (200, 6, (1, 2))])
def test_clean_practices_bring_no_false_alarm(clinicians: int, months: int, seeds: range) -> None:
    for seed in seeds:
        found = told(sim.simulate(sim.Settings(seed=seed, clinicians=clinicians, months=months)).tables)
        # shared clients may be booked with two clinicians at once: that is in the data, and no false alarm
        assert set(found["kind"]) <= {"two_clinicians"}
        assert len(found) <= clinicians / 20


def test_the_clean_practice_is_clean(clean: Tables) -> None:
    assert told(clean).empty


def test_a_practice_that_records_little_has_no_finding() -> None:
    assert told(sim.simulate(sim.Settings(seed=3, clinicians=4, months=6, recording=sim.FIVE_COLUMNS)).tables).empty


def test_without_modality_groups_cannot_be_told_from_double_bookings() -> None:
    """Groups of 90 minutes among appointments of an hour: with their modality nothing is odd."""
    tables = sim.simulate(sim.Settings(seed=3, clinicians=4, months=6)).tables
    assert told(tables).empty
    unmarked = told(tables | {"sessions": tables["sessions"].drop(columns="modality")})
    assert set(unmarked["kind"]) == {"overlap", "into_next"}


def test_one_session_is_a_practice_without_findings() -> None:
    assert told({"sessions": log(1)}).empty


# --- untouched --------------------------------------------------------------------------------------------------------


def values(found: pd.DataFrame) -> pd.DataFrame:
    """Without what is said of attendance: in these practices nobody ever misses a session."""
    return found[found["kind"] != "no_missed"]


def rated(number: int, who: str) -> pd.DataFrame:
    """Ratings that take four values in turn: a quarter each."""
    return log(number, who, clinician_effort_rating=[float(3 + at % 4) for at in range(number)])


@pytest.mark.parametrize(("length", "found"), [(25, False), (26, True)])
def test_one_value_is_told_from_where_chance_would_not_bring_it(length: int, found: bool) -> None:
    """Half of the others' variety: 1 − ½·¾ = 0.625 a session; 0.625^26 · (440·0.375 + 2) is below 1/1000."""
    mine = rated(40, "A").assign(clinician_effort_rating=[5.0] * length + [float(at % 2) for at in range(40 - length)])
    sessions = practice(mine, rated(400, "B"))
    expected = 0.625**length * (440 * 0.375 + 2)
    assert (expected < 1 / 1000) is found
    found_there = values(untouched(sessions))
    assert names(found_there) == [("one_value", "clinician_effort_rating", "A")] * found


def test_a_stretch_of_all_but_twenty_sessions_is_not_looked_at() -> None:
    exact = [float(at) / 100 for at in range(1000)]
    others = log(1000, "B", srs_total=[value % 40 for value in exact])
    for length, found in ((19, 0), (20, 1)):
        mine = log(60, "A", srs_total=[36.0] * length + exact[: 60 - length])
        assert len(values(untouched(practice(mine, others)))) == found


def test_what_is_usual_in_the_practice_is_said_of_nobody() -> None:
    """Nobody is ever late: one sentence on the practice, however many clinicians; of few sessions none."""
    many = [log(70, who, minutes_late=0.0) for who in "AB"]
    late = values(untouched(practice(*many)))
    assert names(late) == [("one_value", "minutes_late", EVERYBODY)]
    few = untouched(practice(*(log(67, who, minutes_late=0.0) for who in "AB")))  # 134 in all
    assert few.empty


def test_sessions_in_which_nothing_is_recorded_neither_break_nor_lengthen_a_stretch() -> None:
    value = [5.0 if at % 2 else np.nan for at in range(60)]
    mine = log(80, "A", clinician_effort_rating=value + [float(at % 9) for at in range(20)])
    (found,) = values(untouched(practice(mine, rated(400, "B")))).to_dict("records")
    assert (found["kind"], found["rows"]) == ("one_value", 30)


def test_a_clinician_alone_is_compared_with_their_own_other_sessions() -> None:
    mine = log(300, "A", note_minutes=[float(at % 7) for at in range(200)] + [10.0] * 100)
    (found,) = values(untouched(practice(mine))).to_dict("records")
    assert (found["clinician_id"], found["rows"]) == ("A", 100)


# --- changes ----------------------------------------------------------------------------------------------------------


def test_a_change_has_the_months_and_shares_of_the_data(clean: Tables) -> None:
    (found,) = changes(Practice.from_frames(**FAULTS["stopped"][0](clean))).to_dict("records")
    sessions = clean["sessions"]
    before, after = of(clean, last="2025-10"), of(clean, first="2025-11")
    assert (str(found["first"]), str(found["last"])) == ("2025-11", "2026-03")
    assert found["rows"] == after.sum() and found["after"] == 0
    assert found["before"] == pytest.approx(sessions.loc[before, "note_minutes"].notna().mean())


def test_a_month_without_recording_is_no_change_and_two_are(clean: Tables) -> None:
    for last, kinds in (("2025-11", []), ("2025-12", ["stopped", "started"])):
        gone = with_sessions(clean, of(clean, first="2025-11", last=last), scheduled_minutes=np.nan)
        assert list(changes(Practice.from_frames(**gone))["kind"]) == kinds


def test_a_month_of_leave_is_no_month(clean: Tables) -> None:
    """Nothing recorded in the two months around a month without a session: they follow one another."""
    away = of(clean, first="2025-12", last="2025-12", came=False)
    tables = with_sessions(clean, of(clean, first="2025-11", last="2026-01"), scheduled_minutes=np.nan)
    tables |= {"sessions": tables["sessions"][~away].reset_index(drop=True)}
    found = changes(Practice.from_frames(**tables))
    assert [str(month) for month in found["first"]] == ["2025-11", "2026-02"]


def test_what_everybody_does_is_told_once(clean: Tables) -> None:
    found = changes(Practice.from_frames(**FAULTS["all stopped"][0](clean)))
    assert list(found["clinician_id"]) == [EVERYBODY]


@pytest.mark.parametrize(("people", "told"), [(4, ["C01", "C02", "C03", "C04"]), (5, [EVERYBODY])])  # of six
def test_a_level_that_only_some_change_is_their_own(clean: Tables, people: int, told: list[str]) -> None:
    where = clean["sessions"]["clinician_id"].isin([f"C0{n}" for n in range(1, people + 1)])
    where &= clean["sessions"]["scheduled_start"] >= "2025-11"
    tables = with_sessions(clean, where, note_minutes=lambda rows: 2.5 * rows["note_minutes"])
    tables |= {"clinicians": tables["clinicians"].assign(team="North")}
    assert list(changes(Practice.from_frames(**tables))["clinician_id"]) == told


def test_what_a_whole_team_changes_is_told_of_the_team(clean: Tables) -> None:
    team = clean["clinicians"]["clinician_id"].isin(["C01", "C02", "C03"])
    where = clean["sessions"]["clinician_id"].isin(["C01", "C02", "C03"])
    where &= clean["sessions"]["scheduled_start"] >= "2025-11"
    tables = with_sessions(clean, where, note_minutes=lambda rows: 2.5 * rows["note_minutes"])
    tables |= {"clinicians": tables["clinicians"].assign(team=np.where(team, "North", "South"))}
    (found,) = changes(Practice.from_frames(**tables)).to_dict("records")
    assert (found["kind"], found["clinician_id"], str(found["first"])) == ("own_level", "team North", "2025-11")
    assert found["after"] / found["before"] == pytest.approx(2.5, rel=0.2)


# --- twice, and at impossible times -----------------------------------------------------------------------------------


def both(**cells: object) -> pd.DataFrame:
    """Two sessions of one day, of two clinicians' or clients' or one's, the second as `cells` say."""
    rows = log(2, scheduled_minutes=50.0, modality="in_person").assign(scheduled_start=START)
    for name, value in cells.items():
        rows[name] = [rows[name].iloc[0], value]
    return rows


@pytest.mark.parametrize(
    ("cells", "kinds"),
    [
        ({}, {"overlap"}),  # two clients of A at nine
        ({"client_id": "A0"}, {"session_twice"}),
        ({"client_id": "A0", "status": "no_show"}, {"session_twice"}),
        ({"client_id": "A0", "clinician_id": "B"}, {"two_clinicians"}),
        ({"clinician_id": "B"}, set()),
        ({"status": "no_show"}, set()),
        ({"modality": "group"}, set()),
        ({"modality": None}, set()),  # may be a group
        ({"scheduled_start": START + pd.Timedelta(minutes=44)}, {"overlap"}),
        ({"scheduled_start": START + pd.Timedelta(minutes=45)}, set()),
        ({"scheduled_start": START + pd.Timedelta(minutes=44), "client_id": "A0", "clinician_id": "B"},
         {"two_clinicians"}),
    ],
)  # fmt: skip
def test_two_sessions_at_once(cells: dict[str, object], kinds: set[str]) -> None:
    assert set(told({"sessions": both(**cells)})["kind"]) == kinds


def at(*times: str, **columns: object) -> pd.DataFrame:
    return log(len(times), **columns).assign(scheduled_start=pd.to_datetime(list(times)))


DAYS = [f"2026-01-{day:02}T10:00" for day in range(1, 29)]


@pytest.mark.parametrize(
    ("sessions", "kinds"),
    [
        (at(*DAYS, "2026-02-01T04:59"), {"night"}),
        (at(*DAYS, "2026-02-01T05:00"), set()),
        (at("2026-02-01T03:00", "2026-02-02T03:00"), set()),  # who always works at night does so
        (at(*DAYS, "2026-02-01T00:00"), {"no_time"}),
        (at(*DAYS, "2026-07-27T09:59"), set()),  # a little less than 180 days
        (at(*DAYS, "2026-07-27T10:00"), {"far_away"}),
        (at("2026-01-01T08:00", "2026-01-01T18:00", scheduled_minutes=480.0), set()),
        (at("2026-01-01T08:00", "2026-01-01T18:00", scheduled_minutes=[480.0, 481.0 - 1]), set()),
        (at("2026-01-01T06:00", "2026-01-01T18:00", scheduled_minutes=50.0, actual_minutes=[600.0, 361.0]),
         {"long_day"}),
    ],
)  # fmt: skip
def test_times_on_both_sides_of_what_is_possible(sessions: pd.DataFrame, kinds: set[str]) -> None:
    assert set(told({"sessions": sessions})["kind"]) == kinds


@pytest.mark.parametrize(("over", "number", "found"), [(76, 3, True), (75, 3, False), (76, 2, False)])
def test_sessions_that_last_into_the_next_one(over: int, number: int, found: bool) -> None:
    times = [f"2026-01-{day:02}T{hour}:00" for day in range(1, 11) for hour in (10, 11)]
    lasted = [float(over) if at % 2 == 0 and at < 2 * number else 50.0 for at in range(20)]
    sessions = at(*times, scheduled_minutes=50.0, actual_minutes=lasted)
    assert names(told({"sessions": sessions})) == ([("into_next", "", "A")] if found else [])


def test_what_is_attended_tomorrow_is_told_where_the_day_is_known() -> None:
    sessions = at("2026-01-01T10:00", "2026-01-02T10:00", "2026-01-03T10:00")
    assert told({"sessions": sessions}).empty
    assert names(told({"sessions": sessions}, dt.date(2026, 1, 2))) == [("not_yet", "", "A")]
    assert told({"sessions": sessions}, dt.date(2026, 1, 3)).empty


def test_days_without_times_are_told_once_and_ask_for_nothing() -> None:
    sessions = at("2026-01-01", "2026-01-02", "2026-02-03", clinician_id=["A", "B", "B"])
    found = told({"sessions": sessions})
    assert names(found) == [("no_times", "", "")]
    assert list(found["rows"]) == [3]
    assert "Export" not in MEANINGS["no_times"].to_do


def test_before_the_first_day_is_told_and_the_first_day_is_not() -> None:
    for day, kinds in (("2026-01-05", []), ("2026-01-06", ["before_intake", "before_start"])):
        clients = pd.DataFrame({"client_id": ["A0"], "intake_date": [day]})
        clinicians = pd.DataFrame({"clinician_id": ["A"], "started_on": [day]})
        found = told({"sessions": log(1), "clients": clients, "clinicians": clinicians})
        assert list(found["kind"]) == kinds


# --- coverage ---------------------------------------------------------------------------------------------------------


def test_coverage_by_clinician_and_month_adds_up_to_that_of_the_practice(clean: Tables) -> None:
    signals = monthly_signals(Practice.from_frames(**clean))
    table = recorded_by_clinician(signals)
    assert not table.duplicated(["clinician_id", "month"]).any()
    assert table["client_months"].sum() == len(signals)
    total = coverage(signals).set_index("signal")["recorded"]
    for signal in SIGNALS:
        assert (table[signal.name] * table["client_months"]).sum() == pytest.approx(total[signal.name])
    mine = signals[(signals["clinician_id"] == WHO) & (signals["month"] == pd.Period("2025-12"))]
    row = table[(table["clinician_id"] == WHO) & (table["month"] == pd.Period("2025-12"))].iloc[0]
    assert row["srs"] == sum(n > 0 for n in mine["srs_n"]) / len(mine)
