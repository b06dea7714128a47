"""What appointments alone say: counts against each one's own usual, and what is said of clients."""

from __future__ import annotations

from itertools import product
from math import comb, lgamma

import numpy as np
import pandas as pd
import pytest

from caseload.estimates.attendance import attendance_months
from caseload.estimates.client_attendance import attendance_clients
from caseload.estimates.usual import Spread, spread_of, usual_counts, usual_rates
from caseload.estimates.working_month import week_counts, week_hours, working_months
from caseload.signals.offered import offered

MAY = pd.Period("2026-05", "M")
MONTHS = pd.period_range("2025-11", MAY, freq="M")


def appointments(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    """Sessions from (clinician, client, start, status)."""
    table = pd.DataFrame(rows, columns=["clinician_id", "client_id", "scheduled_start", "status"])
    start = pd.to_datetime(table["scheduled_start"]).astype("datetime64[us]")
    empty = {"scheduled_minutes": np.nan, "actual_minutes": np.nan}
    return table.assign(scheduled_start=start, session_id=[f"T{n}" for n in range(len(table))], **empty)


def weekly(
    client: str, statuses: str, last: str = "2026-05-25T10:00", who: str = "C1"
) -> list[tuple[str, str, str, str]]:
    """One client's weekly appointments, the last one on `last`: a came, n missed, l late, c in time, s service."""
    words = {"a": "attended", "n": "no_show", "l": "late_cancelled", "c": "client_cancelled", "s": "service_cancelled"}
    days = pd.date_range(end=last, periods=len(statuses), freq="7D")
    return [(who, client, str(day), words[letter]) for day, letter in zip(days, statuses, strict=True)]


def many(clients: int, earlier: str, now: str, who: str = "C1") -> list[tuple[str, str, str, str]]:
    """So many weekly clients of one clinician; May has four Mondays."""
    return [row for n in range(clients) for row in weekly(f"{who}K{n}", earlier + now, who=who)]


ALMOST = "aaaaaaanaaaaaaaaaanaaaaaa"  # two of twenty-five missed


def test_the_chance_of_a_count_is_that_of_the_beta_binomial_summed_by_hand() -> None:
    def beta(a: float, b: float) -> float:
        return lgamma(a) + lgamma(b) - lgamma(a + b)

    n, hits, rate, precision = 12, 5, 0.2, 15.0
    a, b = rate * precision, (1 - rate) * precision
    by_hand = sum(comb(n, k) * np.exp(beta(k + a, n - k + b) - beta(a, b)) for k in range(hits, n + 1))
    assert usual_counts([n], [hits], [rate], [precision])["p_more"][0] == pytest.approx(by_hand, rel=1e-9)


def test_a_group_without_a_past_has_the_practice_s_rate_and_one_with_a_long_past_its_own() -> None:
    earlier = pd.DataFrame({"group": ["old"] * 40, "hits": [8] * 40, "n": [20] * 40})
    now = pd.DataFrame({"group": ["old", "new"], "hits": [0, 0], "n": [10, 10]})
    rates = usual_rates(now, earlier, Spread(0.1, 0.05, 0.01))
    assert rates["rate"].iloc[1] == pytest.approx(0.1)
    assert rates["rate"].iloc[0] == pytest.approx(0.4, abs=0.05)
    assert rates["precision"].iloc[0] > rates["precision"].iloc[1]


def test_months_that_differ_more_than_coins_widen_what_is_usual() -> None:
    alike = pd.DataFrame({"group": "C1", "hits": [4] * 24, "n": [20] * 24})
    wild = pd.DataFrame({"group": "C1", "hits": [0, 8] * 12, "n": [20] * 24})
    assumed = {"between": 0.05, "within": 0.02}
    assert spread_of(wild, **assumed).within > 3 * spread_of(alike, **assumed).within
    assert spread_of(alike.iloc[:0], **assumed) == Spread(0.5, 0.05, 0.02)


def test_what_the_practice_cancels_is_nobody_s_engagement() -> None:
    kept = attendance_months(appointments(*many(5, ALMOST, "aaaa")), MONTHS).iloc[-1]
    cancelled = attendance_months(appointments(*many(5, ALMOST, "aass")), MONTHS).iloc[-1]
    assert (kept["counted"], kept["missed"]) == (20, 0)
    assert (cancelled["counted"], cancelled["missed"]) == (10, 0)
    assert not cancelled["attendance_watch"]


def test_a_month_in_which_half_is_missed_is_worth_watching_and_a_usual_one_is_not() -> None:
    usual, half = (attendance_months(appointments(*many(9, ALMOST, now)), MONTHS).iloc[-1] for now in ("aaan", "nnaa"))
    assert (half["counted"], half["missed"]) == (36, 18)
    assert half["missed_low"] <= half["missed_usual"] <= half["missed_high"] < 18
    assert half["attendance_watch"] and half["missed_chance"] < 0.01
    assert not usual["attendance_watch"]


def test_a_month_in_which_everybody_misses_is_no_clinician_s() -> None:
    calm = [row for n in range(5) for row in many(8, ALMOST, "aaaa", who=f"C{n}")]
    snow = [row for n in range(5) for row in many(8, ALMOST, "nnaa", who=f"C{n}")]
    alone = [*calm[len(calm) // 5 :], *snow[: len(snow) // 5]]
    watched = {
        name: attendance_months(appointments(*rows), MONTHS[-1:]) for name, rows in (("alone", alone), ("all", snow))
    }
    assert watched["alone"].set_index("clinician_id")["attendance_watch"].to_dict() == {
        "C0": True, "C1": False, "C2": False, "C3": False, "C4": False,
    }  # fmt: skip
    assert not watched["all"]["attendance_watch"].any()


def test_a_month_is_read_as_it_was_known_at_its_end() -> None:
    sessions = appointments(*many(6, ALMOST, "annn"), *many(6, "a" * 20, "aaln", who="C2"))
    whole = attendance_months(sessions, MONTHS)
    for month in MONTHS[3:]:
        known = sessions[sessions["scheduled_start"] < (month + 1).start_time]
        alone = attendance_months(known, pd.period_range(month, month, freq="M"))
        pd.testing.assert_frame_equal(whole[whole["month"] == month].reset_index(drop=True), alone)


def test_without_a_past_nothing_is_usual_and_nothing_is_watched() -> None:
    first = attendance_months(appointments(*many(9, "", "nnnn")), MONTHS).iloc[-1]
    assert np.isnan(first["missed_usual"]) and not first["attendance_watch"]
    assert attendance_months(appointments(), MONTHS).empty


def test_a_recurring_series_offers_nothing_and_single_bookings_do() -> None:
    series = appointments(*weekly("K1", "aaaaaana"))
    assert offered(series).empty
    days = ["04-01T09:00", "04-07T11:00", "04-15T10:00", "04-21T15:00", "04-28T09:00", "04-30T12:00", "05-08T09:00"]
    statuses = ["attended"] * 4 + ["no_show", "attended", "no_show"]
    single = appointments(*[("C1", "K1", f"2026-{day}", status) for day, status in zip(days, statuses, strict=True)])
    found = offered(single, pd.Timestamp("2026-05-31"))
    assert found["offered"].tolist() == [True, False]  # two days after the first miss; nothing after the second
    assert len(offered(single, pd.Timestamp("2026-05-09"))) == 1  # of the second it is not known yet


def test_clients_are_named_where_they_came_less_than_their_own_usual() -> None:
    rows = [*weekly("K1", ALMOST + "nnna"), *weekly("K2", "an" * 13 + "annn"), *weekly("K3", ALMOST + "aaan")]
    rows += [row for n in range(6) for row in weekly(f"Q{n}", ALMOST + "aaaa")]
    found = attendance_clients(appointments(*rows), MAY).set_index("client_id")
    assert found["is_less"].to_dict() == {"K1": True, "K2": False, "K3": False} | {f"Q{n}": False for n in range(6)}
    assert found.loc["K1", ["counted", "missed", "in_a_row"]].tolist() == [4, 3, 0]
    assert found.loc["K2", "in_a_row"] == 3  # as usual for them
    assert found.loc["K1", "chance"] < 0.05 < found.loc["K3", "chance"]


def test_two_appointments_are_no_trend() -> None:
    rows = [*weekly("K1", "aann"), *[row for n in range(6) for row in weekly(f"Q{n}", ALMOST + "aaaa")]]
    found = attendance_clients(appointments(*rows), MAY).set_index("client_id")
    assert np.isnan(found.loc["K1", "chance"]) and not found.loc["K1", "is_less"]
    once = attendance_clients(appointments(*weekly("K1", ALMOST + "n", "2026-05-04T10:00"), *rows[4:]), MAY)
    assert once.set_index("client_id").loc["K1", ["counted", "chance_size"]].tolist() == [1, 0.0]


def test_days_since_last_seen_are_held_against_the_client_s_own_rhythm() -> None:
    away = [*weekly("K1", ALMOST + "nnnn"), *weekly("K2", ALMOST, "2026-05-05T10:00"), *weekly("K3", "aaaaaa")]
    found = attendance_clients(appointments(*away), MAY).set_index("client_id")
    assert found.loc["K1", ["rhythm_days", "days_since", "is_long", "is_gone"]].tolist() == [7.0, 34, True, False]
    assert found.loc["K2", ["is_gone", "is_long"]].tolist() == [True, False]
    assert not found.loc["K3", ["is_gone", "is_long", "is_new"]].any()


def test_new_clients_are_new_only_where_the_past_is_known() -> None:
    new = weekly("K9", "aaa")
    assert not attendance_clients(appointments(*new), MAY)["is_new"].any()
    known = attendance_clients(appointments(*new, *weekly("K1", ALMOST)), MAY).set_index("client_id")
    assert known["is_new"].to_dict() == {"K1": False, "K9": True}


def test_a_client_who_comes_back_after_a_pause_is_told() -> None:
    rows = [*weekly("K1", "aaaaaaaa", "2026-02-09T10:00"), *weekly("K1", "aa")]
    found = attendance_clients(appointments(*rows), MAY).iloc[0]
    assert found["back_after_days"] == (pd.Timestamp("2026-05-18") - pd.Timestamp("2026-02-09")).days
    assert np.isnan(attendance_clients(appointments(*weekly("K1", ALMOST)), MAY).iloc[0]["back_after_days"])


def test_the_working_month_counts_evenings_weekends_and_who_cancelled() -> None:
    rows = [
        ("C1", "K1", "2026-05-04T18:00", "attended"),
        ("C1", "K1", "2026-05-05T17:59", "attended"),
        ("C1", "K2", "2026-05-09T10:00", "attended"),
        ("C1", "K2", "2026-05-11T19:00", "late_cancelled"),
        ("C1", "K2", "2026-05-12T10:00", "clinician_cancelled"),
    ]
    person = pd.DataFrame({"clinician_id": ["C1"], "workday_start": ["08:00"], "workday_end": ["18:00"]})
    table = working_months(appointments(*rows), person, pd.period_range(MAY, MAY, freq="M"))
    found = table.set_index("measure")["value"]
    assert found[["late_cancelled", "service_cancelled", "clinician_cancelled"]].tolist() == [1, 0, 1]
    assert found[["out_of_hours", "weekend"]].tolist() == [1, 1]
    assert np.isnan(found["longer"])  # no length is recorded


def test_weeks_hold_what_was_booked_and_what_took_place() -> None:
    rows = appointments(
        ("C1", "K1", "2026-05-04T10:00", "attended"),
        ("C1", "K2", "2026-05-04T10:00", "attended"),  # a group
        ("C1", "K1", "2026-05-05T10:00", "no_show"),
        ("C1", "K1", "2026-04-30T10:00", "attended"),  # its Friday is in May
        ("C1", "K1", "2026-04-24T10:00", "attended"),
    ).assign(scheduled_minutes=60.0)
    weeks = week_hours(rows, MAY)
    assert weeks["week"].dt.day.tolist() == [27, 4]
    assert weeks[["booked", "held", "appointments", "attended"]].to_numpy().tolist() == [[1, 1, 1, 1], [2, 1, 2, 1]]


def test_dates_without_times_have_no_evenings_and_weeks_add_up_to_the_month() -> None:
    rows = appointments(
        ("C1", "K1", "2026-04-30", "attended"),
        ("C1", "K1", "2026-05-01", "attended"),
        ("C1", "K2", "2026-05-01", "no_show"),
        ("C1", "K3", "2026-05-04", "attended"),
        ("C1", "K4", "2026-05-04", "attended"),
        ("C1", "K1", "2026-05-31", "attended"),
        ("C1", "K2", "2026-05-29", "service_cancelled"),
    )
    person = pd.DataFrame({"clinician_id": ["C1"], "workday_start": ["08:00"], "workday_end": ["18:00"]})
    table = working_months(rows, person, pd.period_range(MAY, MAY, freq="M")).set_index("measure")["value"]
    assert np.isnan(table["out_of_hours"]) and table["weekend"] == 1
    weeks = week_counts(rows, MAY)
    assert weeks[["appointments", "attended"]].to_numpy().tolist() == [[2, 1], [2, 2], [1, 1]]
    assert weeks["first"].dt.day.tolist() == [1, 4, 25] and weeks["last"].dt.day.tolist() == [3, 10, 31]
    assert week_hours(rows.assign(scheduled_minutes=60.0), MAY)["booked"].tolist() == [3, 2, 2]


@pytest.mark.parametrize(("month", "who"), list(product(MONTHS[4:], ("C1", "C2"))))
def test_the_range_of_the_usual_holds_the_expected_count(month: pd.Period, who: str) -> None:
    table = attendance_months(appointments(*many(6, ALMOST, "annn"), *many(6, "an" * 12, "aaln", who="C2")), MONTHS)
    row = table[(table["month"] == month) & (table["clinician_id"] == who)].iloc[0]
    assert 0 <= row["missed_low"] <= np.ceil(row["missed_usual"]) <= row["missed_high"] + 1 <= row["counted"] + 1
