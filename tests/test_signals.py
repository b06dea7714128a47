"""Signals: every rule of the data contract against a slow recomputation in plain Python, and numbers by hand."""

from __future__ import annotations

from math import log

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from signals_oracle import LOW, contact, handmade_practice, oracle, practice_of, random_practice, session

from caseload import simulate as sim
from caseload.intake import Practice
from caseload.signals import CASE_MIX, EFFORT, ENGAGEMENT, SIGNALS, coverage, monthly_signals

KEYS = ["clinician_id", "client_id", "month"]
NAMES = [signal.name for signal in SIGNALS]
seeds = st.integers(0, 10**6)


@pytest.fixture(scope="module")
def handmade() -> Practice:
    return handmade_practice()


def row_of(practice: Practice, month: str = "2026-03", who: str = "A", client: str = "x") -> pd.Series:
    table = monthly_signals(practice).set_index(KEYS)
    return table.loc[(who, client, pd.Period(month))]


def assert_as_recomputed(practice: Practice) -> None:
    found, expected = monthly_signals(practice), oracle(practice)
    assert [(*key[:2], str(key[2])) for key in found[KEYS].itertuples(index=False)] == list(expected)
    for (index, row), (key, values) in zip(found.iterrows(), expected.items(), strict=True):
        assert set(values) == set(found.columns) - set(KEYS)
        for name, value in values.items():
            if value is None or value != value:
                assert pd.isna(row[name]), (index, key, name, row[name])
            else:
                assert row[name] == (value if isinstance(value, str) else pytest.approx(value)), (index, key, name)


# --- against the oracle -----------------------------------------------------------------------------------------------


def test_every_column_of_the_handmade_practice_is_as_recomputed(handmade: Practice) -> None:
    assert_as_recomputed(handmade)


@given(seeds)
@hypothesis_settings(max_examples=20, deadline=None)
def test_every_column_of_any_practice_is_as_recomputed(seed: int) -> None:
    assert_as_recomputed(random_practice(seed))


@pytest.mark.parametrize("recording", [sim.Recording(), sim.ATTENDANCE_MINUTES_CONTACTS, sim.FIVE_COLUMNS])
def test_every_column_of_a_simulated_practice_is_as_recomputed(recording: sim.Recording) -> None:
    settings = sim.Settings(seed=8, clinicians=3, months=4, clients_per_clinician=6, recording=recording)
    assert_as_recomputed(sim.simulate(settings).practice())


# --- by hand, rule by rule --------------------------------------------------------------------------------------------


def test_the_handmade_januarys_numbers_by_hand(handmade: Practice) -> None:
    row = row_of(handmade, "2026-01")
    assert row[["n_sessions", "n_attended", "n_scheduled"]].tolist() == [4, 1, 6]
    assert (row["attendance"], row["attendance_n"]) == (0.25, 4)
    assert row["prep"] == pytest.approx((log(10) + log(5) + log(21)) / 3)  # of any appointment, were it cancelled
    assert (row["overrun"], row["overrun_n"]) == (15.0, 1)
    assert (row["lateness"], row["lateness_n"]) == (pytest.approx(log(4)), 1)  # not the no-show's nine minutes
    assert row["srs"] == pytest.approx(-log(5))
    # 5 and 30 minutes count: 10, one without minutes and 4 are rebooking; 29 and 31 January are the crisis, one contact
    # is planned
    assert row["contacts_to"] == pytest.approx(log(1 + 35))
    assert (row["after_hours"], row["after_hours_n"]) == (pytest.approx(1 / 5), 5)  # 08:59 alone
    # after 14 January: 10:00 and 21st 09:59; after the 21st: 28th 08:59 (neither planned nor about the client); after
    # the 29th none outside the crisis
    assert row["rebooking"] == pytest.approx((log(3) + log(2) + log(1)) / 3)
    assert (row["trauma"], row["crisis"], row["stage"], row["early"]) == (0.0, 0.5, 2.0, 1.0)


@pytest.mark.parametrize(
    ("status", "counts"),
    [("attended", True), *((status, True) for status in LOW), ("clinician_cancelled", False),
     ("service_cancelled", False)],
)  # fmt: skip
def test_cancellations_by_clinician_or_service_say_nothing_about_the_client(status: str, counts: bool) -> None:
    row = row_of(practice_of([session(1, "2026-03-03T10:00", status)]))
    assert (row["n_sessions"], row["n_scheduled"], row["attendance_n"]) == (int(counts), 1, int(counts))
    assert pd.isna(row["attendance"]) if not counts else row["attendance"] == float(status == "attended")


def test_no_contact_is_zero_where_the_table_covers_and_missing_elsewhere() -> None:
    sessions = [session(i, f"2026-0{i}-05T10:00", "no_show") for i in (1, 2, 3, 4)]
    sessions += [session(9, "2026-02-05T10:00", "no_show", who="B", client="y")]
    practice = practice_of(
        sessions, [contact("2026-02-01T10:00", "from_client"), contact("2026-04-01T10:00", minutes=5)]
    )
    found = monthly_signals(practice).set_index(["clinician_id", "month"])
    by_month = found.loc["A"]
    assert by_month["contacts_to_n"].tolist() == [0, 1, 0, 1]  # before the first; covered; a month nobody recorded
    assert by_month["rebooking_n"].tolist() == [0, 1, 0, 1]
    assert by_month["contacts_to"].tolist()[1] == 0.0
    assert by_month["contacts_from"].tolist()[1] == pytest.approx(log(2))
    assert found.loc["B", ["contacts_to_n", "contacts_from_n", "rebooking_n"]].to_numpy().sum() == 0


def test_a_contact_without_a_client_is_nobodys_effort() -> None:
    sessions = [session(1, "2026-03-03T10:00"), session(2, "2026-03-04T10:00", who="B", client="y")]
    practice = practice_of(sessions, [contact("2026-03-05T22:00", who="B", client=None, minutes=60)])
    assert len(monthly_signals(practice)) == 2
    assert row_of(practice, who="B", client="y")["contacts_to"] == 0.0  # the table covers B's month
    assert row_of(practice)["contacts_to_n"] == 0


@pytest.mark.parametrize(
    ("clock", "late"),
    [("07:59", 1.0), ("08:00", 0.0), ("17:59", 0.0), ("18:00", 1.0)],
)
def test_after_hours_begin_before_the_workday_and_at_its_end(clock: str, late: float) -> None:
    practice = practice_of([session(1, "2026-03-03T10:00")], [contact(f"2026-03-08T{clock}")])  # a Sunday
    assert row_of(practice)["after_hours"] == late


@pytest.mark.parametrize(("clock", "late"), [("10:29", 1.0), ("10:30", 0.0), ("19:59", 0.0), ("20:00", 1.0)])
def test_after_hours_follow_the_clinicians_own_workday(clock: str, late: float) -> None:
    hours = [{"clinician_id": "A", "workday_start": "10:30", "workday_end": "20:00"}]
    practice = practice_of([session(1, "2026-03-03T10:00")], [contact(f"2026-03-05T{clock}")], clinicians=hours)
    assert row_of(practice)["after_hours"] == late


@pytest.mark.parametrize(
    ("at", "found"),
    [("2026-03-03T09:59", 0), ("2026-03-03T10:00", 1), ("2026-03-10T09:59", 1), ("2026-03-10T10:00", 0)],
)
def test_rebooking_looks_seven_days_ahead(at: str, found: int) -> None:
    practice = practice_of([session(1, "2026-03-03T10:00", "no_show")], [contact(at)])
    assert row_of(practice)["rebooking"] == pytest.approx(log(1 + found))


def test_a_rebooking_call_is_not_counted_once_more() -> None:
    contacts = [contact("2026-03-05T19:00", minutes=6), contact("2026-03-11T09:00", minutes=2)]
    row = row_of(practice_of([session(1, "2026-03-03T10:00", "no_show")], contacts))
    assert row["rebooking"] == pytest.approx(log(2))
    assert (row["contacts_to"], row["after_hours_n"]) == (pytest.approx(log(3)), 2)


def test_rebooking_stays_within_the_month() -> None:
    contacts = [contact("2026-03-31T23:59"), contact("2026-04-01T00:00"), contact("2026-04-02T09:00")]
    practice = practice_of([session(1, "2026-03-31T10:00", "no_show")], contacts)
    assert row_of(practice)["rebooking"] == pytest.approx(log(2))


@pytest.mark.parametrize(
    ("more", "counts"),
    [({}, True), ({"planned": True}, False), ({"planned": False}, True), ({"direction": "about_client"}, True)],
)
def test_planned_contacts_are_no_effort(more: dict, counts: bool) -> None:
    practice = practice_of([session(1, "2026-03-03T10:00")], [contact("2026-03-05T10:00", minutes=6) | more])
    row = row_of(practice)
    assert row["contacts_to"] == pytest.approx(log(7) if counts else 0.0)
    assert row["after_hours_n"] == int(counts)


@pytest.mark.parametrize(
    ("at", "excluded"),
    [("2026-03-02T23:59", False), ("2026-03-03T00:00", True), ("2026-03-05T23:59", True), ("2026-03-06T00:00", False)],
)
@pytest.mark.parametrize("status", ["attended", "no_show"])
def test_contacts_of_a_crisis_are_no_effort(at: str, excluded: bool, status: str) -> None:
    sessions = [session(1, "2026-03-03T15:00", status, crisis=True), session(2, "2026-03-01T09:00", "no_show")]
    letter = contact(at, minutes=6) | {"direction": "about_client"}
    row = row_of(practice_of(sessions, [contact(at, minutes=6), letter, contact("2026-03-20T10:00", minutes=2)]))
    assert row["contacts_to"] == pytest.approx(log(3 if excluded else 9))
    calls_after_first = 0 if excluded else 1  # all four times lie within seven days of 1 March
    after_crisis = 1 if status == "no_show" else 0
    inside = int(not excluded and at > "2026-03-03T15:00")
    expected = (log(1 + calls_after_first) + after_crisis * log(1 + inside)) / (1 + after_crisis)
    assert row["rebooking"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("rated", "stage"),
    [("2026-03-01T23:59", np.nan), ("2026-03-02T00:00", 4.0), ("2026-04-30T23:59", 4.0), ("2026-05-01T00:00", np.nan)],
)
def test_a_stage_is_known_for_sixty_days(rated: str, stage: float) -> None:
    """April ends with 30 April, 24:00, and 2 March, 00:00, is sixty days before."""
    sessions = [session(1, "2026-04-10T10:00"), session(2, rated, stage_of_change="action")]
    np.testing.assert_equal(row_of(practice_of(sessions), "2026-04")["stage"], stage)


def test_the_latest_stage_counts_whoever_rated_it() -> None:
    sessions = [session(1, "2026-03-03T10:00", stage_of_change="action"),
                session(2, "2026-03-20T10:00", who="B", stage_of_change="precontemplation"),
                session(3, "2026-03-27T10:00")]  # fmt: skip
    for who in "AB":
        assert row_of(practice_of(sessions), who=who)["stage"] == 1.0


@pytest.mark.parametrize(("intake", "early"), [("2026-01-01", 0.0), ("2026-01-02", 1.0), ("2026-04-20", 1.0)])
def test_the_early_phase_is_ninety_days_from_intake(intake: str, early: float) -> None:
    """1 January is ninety days before 1 April 2026 (31 + 28 + 31), 2 January eighty-nine."""
    practice = practice_of([session(1, "2026-04-07T10:00")], clients=[{"client_id": "x", "intake_date": intake}])
    assert row_of(practice, "2026-04")["early"] == early


def test_without_intake_the_first_session_stands_for_it_unless_the_data_begin_there() -> None:
    sessions = [session(1, "2026-01-20T10:00"), session(2, "2026-02-03T10:00", client="y"),
                session(3, "2026-05-03T10:00", client="y"), session(4, "2026-06-03T10:00", client="y")]  # fmt: skip
    practice = practice_of(sessions)
    assert pd.isna(row_of(practice, "2026-01")["early"])
    early = [row_of(practice, month, client="y")["early"] for month in ("2026-02", "2026-05", "2026-06")]
    assert early == [1.0, 1.0, 0.0]  # 86 days on 1 May, 117 on 1 June


def test_a_shared_client_has_a_row_with_each_clinician() -> None:
    sessions = [session(1, "2026-03-03T10:00", prep_minutes=0), session(2, "2026-03-04T10:00", "no_show", who="B")]
    practice = practice_of(sessions, clients=[{"client_id": "x", "severity": 7}])
    assert [row_of(practice, who=who)["attendance"] for who in "AB"] == [1.0, 0.0]
    assert [row_of(practice, who=who)["severity"] for who in "AB"] == [7.0, 7.0]
    assert [row_of(practice, who=who)["prep_n"] for who in "AB"] == [1, 0]


def test_missing_is_not_zero_and_zero_is_not_missing() -> None:
    columns = {"prep": "prep_minutes", "notes": "note_minutes", "homework": "homework_done", "lateness": "minutes_late",
               "effort_rating": "clinician_effort_rating", "engagement_rating": "client_engagement_rating",
               "talk_share": "clinician_talk_share", "change_talk": "change_talk_share"}  # fmt: skip
    sessions = [session(1, "2026-03-03T10:00", **dict.fromkeys(columns.values(), 0)), session(2, "2026-03-04T10:00"),
                session(3, "2026-03-05T10:00", client="y")]  # fmt: skip
    practice = practice_of(sessions)
    zero, missing = row_of(practice), row_of(practice, client="y")
    assert {(zero[name], zero[f"{name}_n"]) for name in columns} == {(0.0, 1)}
    assert missing[list(columns)].isna().all() and missing[[f"{name}_n" for name in columns]].sum() == 0


def test_five_columns_give_attendance_and_nothing_else() -> None:
    practice = practice_of([session(1, "2026-03-03T10:00"), session(2, "2026-03-10T10:00", "no_show")])
    table = monthly_signals(practice)
    assert table["attendance"].tolist() == [0.5]
    assert table[[name for name in NAMES if name != "attendance"]].isna().all(axis=None)
    assert table[list(CASE_MIX)].isna().all(axis=None)


def test_months_before_the_data_have_no_rows(handmade: Practice) -> None:
    table = monthly_signals(handmade.until("2025-12"))
    assert len(table) == 0
    assert list(table.columns) == list(monthly_signals(handmade).columns)
    assert coverage(table)["share"].isna().all()


# --- properties -------------------------------------------------------------------------------------------------------


def assert_no_look_ahead(practice: Practice) -> None:
    table = monthly_signals(practice)
    for month in table["month"].unique():
        known = table[table["month"] <= month].reset_index(drop=True)
        assert_frame_equal(monthly_signals(practice.until(month)), known)


@given(seeds)
@hypothesis_settings(max_examples=6, deadline=None)
def test_no_month_knows_a_later_one(seed: int) -> None:
    assert_no_look_ahead(random_practice(seed))


@pytest.mark.parametrize("seed", [1, 2])
def test_no_month_of_a_simulated_practice_knows_a_later_one(seed: int) -> None:
    assert_no_look_ahead(sim.simulate(sim.Settings(seed=seed, clinicians=6, months=6)).practice())


def test_what_a_first_session_will_tell_is_not_known_before() -> None:
    """A contact in February with somebody whose first session, and whose clinician's, is in March."""
    sessions = [session(1, "2026-01-05T10:00"), session(2, "2026-03-05T10:00", who="B", client="y")]
    practice = practice_of(sessions, [contact("2026-02-10T19:00", who="B", client="y")])
    row = row_of(practice, "2026-02", who="B", client="y")
    assert pd.isna(row["early"])
    assert row["after_hours"] == 1.0
    assert_no_look_ahead(practice)


@given(seeds, seeds)
@hypothesis_settings(max_examples=6, deadline=None)
def test_the_order_of_rows_does_not_matter(seed: int, order: int) -> None:
    practice = random_practice(seed)
    names = ("sessions", "contacts", "clients", "clinicians", "ratings")
    frames = {name: getattr(practice, name) for name in names}
    shuffled = {k: f.sample(frac=1, random_state=order % 2**31) for k, f in frames.items() if len(f)}
    assert_frame_equal(monthly_signals(Practice.from_frames(**shuffled)), monthly_signals(practice), rtol=1e-12)


@given(seeds)
@hypothesis_settings(max_examples=4, deadline=None)
def test_names_of_people_do_not_matter(seed: int) -> None:
    """Ids are opaque: other names give the same numbers in another order."""
    practice = random_practice(seed)
    new = {"A": "m", "B": "c", "C": "r", "x": "beta", "y": "alpha", "z": "delta", "w": "gamma"}
    frames = {}
    for name in ("sessions", "contacts", "clients", "clinicians", "ratings"):
        frame = getattr(practice, name)
        ids = {column: frame[column].replace(new) for column in ("clinician_id", "client_id") if column in frame}
        frames |= {name: frame.assign(**ids)} if len(frame) else {}
    renamed = monthly_signals(Practice.from_frames(**frames))
    table = monthly_signals(practice)
    expected = table.assign(clinician_id=table["clinician_id"].replace(new), client_id=table["client_id"].replace(new))
    assert_frame_equal(renamed, expected.sort_values(KEYS, ignore_index=True), rtol=1e-12)


def test_a_client_month_has_one_row_in_order_of_its_keys() -> None:
    table = monthly_signals(sim.simulate(sim.Settings(seed=2, clinicians=5, months=4)).practice())
    assert not table.duplicated(KEYS).any()
    assert_frame_equal(table, table.sort_values(KEYS, ignore_index=True))
    assert ((table[[f"{name}_n" for name in NAMES]].to_numpy() == 0) == table[NAMES].isna().to_numpy()).all()


# --- coverage and definitions -----------------------------------------------------------------------------------------


def test_coverage_counts_the_client_months_of_each_signal(handmade: Practice) -> None:
    """By hand: seven client-months of the ten have a session that says something, and so on."""
    table = coverage(monthly_signals(handmade)).set_index("signal")
    assert list(table.index) == NAMES
    assert table["side"].tolist() == ["effort"] * 9 + ["engagement"] * 9
    # A-x Jan Feb Apr; A-y Feb (service cancelled) Mar Apr (contacts only); A-w (a check-in only);
    # B-x Feb; B-w Mar; B-z Apr
    assert table.loc["attendance", ["recorded", "share"]].tolist() == [7, pytest.approx(7 / 10)]
    assert table.loc["srs", "recorded"] == 2
    assert table.loc["prep", "recorded"] == 1
    # covered: A in January, February and April (5 rows), B in April (1 row); nobody recorded a contact in March
    assert table.loc["contacts_to", "recorded"] == 6
    assert table.loc["talk_share", "share"] == pytest.approx(1 / 10)


def test_every_signal_is_defined_once() -> None:
    assert SIGNALS == EFFORT + ENGAGEMENT
    assert len(set(NAMES)) == 18
    assert {signal.name for signal in SIGNALS if signal.sign < 0} == {"lateness", "sustain_talk"}
