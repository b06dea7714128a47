"""Supports: hours by kind and by who cancelled, unmet provision, leave, and what stays private."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caseload.estimates.supports import (
    HOURS,
    last_planned,
    leave_dates,
    leave_days,
    support_hours,
    supports_chart,
    unmet_provision,
)

MAY = pd.Period("2026-05", "M")
NONE = float("nan")


def supports(*rows: tuple) -> pd.DataFrame:
    """Rows of (date, kind, planned minutes, done minutes, cancelled by)."""
    frame = pd.DataFrame(rows, columns=["date", "kind", "planned_minutes", "done_minutes", "cancelled_by"])
    frame["date"] = pd.to_datetime(frame["date"])
    frame = frame.assign(clinician_id="C1").astype({"planned_minutes": float, "done_minutes": float})
    return frame.astype({"clinician_id": "str", "kind": "str", "cancelled_by": "str"})


def test_hours_by_kind_and_by_who_cancelled():
    data = supports(
        ("2026-05-01", "supervision", 60, 60, None),
        ("2026-05-08", "supervision", 60, NONE, "supervisor"),
        ("2026-05-15", "supervision", 90, 30, "service"),  # half an hour took place
        ("2026-05-22", "supervision", 60, NONE, None),  # nobody wrote down what became of it
        ("2026-05-23", "supervision", 60, 45, None),
        ("2026-05-29", "peer_support", NONE, 30, None),  # unplanned
        ("2026-06-01", "supervision", 60, 60, None),
    )
    table = support_hours(data, MAY).set_index("kind")
    # planned 60 + 60 + 90 + 60 + 60 = 5.5 h; done 60 + 30 + 45 = 2.25 h; not recorded 60 + 15 = 1.25 h
    assert table.loc["supervision", HOURS].tolist() == [5.5, 2.25, 0.0, 1.0, 1.0, 1.25]
    assert table.loc["peer_support", HOURS].tolist() == [0.0, 0.5, 0.0, 0.0, 0.0, 0.0]


def test_personal_therapy_is_in_the_own_copy_only():
    data = supports(("2026-05-01", "personal_therapy", 60, 60, None), ("2026-05-02", "restorative", 60, 60, None))
    assert support_hours(data, MAY)["kind"].tolist() == ["restorative"]
    assert support_hours(data, MAY, own_copy=True)["kind"].tolist() == ["personal_therapy", "restorative"]
    assert supports_chart(data, "C1", MAY)["kind"].tolist() == ["restorative"]


def test_leave_is_no_support():
    assert support_hours(supports(("2026-05-01", "time_off", 480, 480, None)), MAY).empty


def test_the_chart_sums_months():
    data = supports(("2026-04-01", "supervision", 60, 60, None), ("2026-05-01", "supervision", 60, NONE, "clinician"))
    table = supports_chart(data, "C1", pd.period_range("2026-03", "2026-05", freq="M"))
    assert list(table) == ["kind", *HOURS[1:]]
    assert table.to_numpy().tolist() == [["supervision", 1.0, 1.0, 0.0, 0.0, 0.0]]
    assert supports_chart(data, "C9", MAY).empty


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([0.0, 30.0, 60.0, NONE]),
            st.sampled_from([0.0, 30.0, 90.0, NONE]),
            st.sampled_from([None, "clinician", "supervisor", "service"]),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_every_planned_hour_is_accounted_for(rows):
    data = supports(*[("2026-05-01", "supervision", *row) for row in rows])
    found = support_hours(data, MAY).iloc[0]
    planned = sum(p for p, _, _ in rows if not np.isnan(p)) / 60
    short = sum(max(0.0, np.nan_to_num(p) - np.nan_to_num(d)) for p, d, _ in rows) / 60
    assert found["planned"] == pytest.approx(planned)
    assert found[HOURS[2:]].sum() == pytest.approx(short)
    pd.testing.assert_series_equal(support_hours(data[::-1], MAY).iloc[0], found)


def planned(*cancelled: str | None, kind: str = "supervision") -> pd.DataFrame:
    return supports(*[(f"2026-05-{day:02}", kind, 60, NONE, who) for day, who in enumerate(cancelled, start=1)])


@pytest.mark.parametrize(
    ("cancelled", "unmet"),
    [
        (("supervisor", "service", None), True),
        (("supervisor", None, "supervisor"), True),
        (("supervisor", None, None), False),
        (("clinician", "clinician", "clinician"), False),
        (("clinician", "supervisor", "service"), True),
        (("supervisor", "supervisor", None, None), False),  # only one of the last three
        (("supervisor", "supervisor"), True),
        (("supervisor",), False),
        ((None,), False),
    ],
)
def test_unmet_provision_is_two_of_the_last_three(cancelled, unmet):
    assert unmet_provision(planned(*cancelled), MAY)["unmet"].tolist() == [unmet]


def test_unmet_provision_says_who_cancelled():
    row = unmet_provision(planned("supervisor", "service", None), MAY).iloc[0]
    assert row[["planned", "cancelled_supervisor", "cancelled_service"]].tolist() == [3, 1, 1]


def test_the_last_planned_are_those_that_unmet_provision_looks_at():
    data = pd.concat(
        [
            supports(("2025-11-30", "supervision", 60, 60, None)),  # more than six months before
            planned("service", "supervisor", None, "clinician"),
            supports(("2026-05-20", "supervision", NONE, 60, None), ("2026-05-21", "restorative", 60, 60, None)),
        ]
    )
    last = last_planned(data, "C1", MAY)
    assert last["cancelled_by"].fillna("").tolist() == ["supervisor", "", "clinician"]
    assert [f"{date:%m-%d}" for date in last["date"]] == ["05-02", "05-03", "05-04"]
    assert last_planned(data, "C1", pd.Period("2026-04", "M"))["done_minutes"].tolist() == [60]
    assert last_planned(data, "C9", MAY).empty


def test_supervision_and_consultation_count_together_and_nothing_else():
    mixed = pd.concat([planned("service"), planned(None, "service", kind="consultation")])
    assert unmet_provision(mixed, MAY)["unmet"].tolist() == [True]
    assert unmet_provision(planned("service", "service", kind="restorative"), MAY)["unmet"].tolist() == [False]


def test_unplanned_supervision_does_not_count():
    data = pd.concat([planned("service", "service"), supports(("2026-05-20", "supervision", NONE, 60, None))])
    assert unmet_provision(data, MAY)["planned"].tolist() == [2]


@pytest.mark.parametrize(
    ("month", "unmet"), [("2026-04", False), ("2026-05", True), ("2026-10", True), ("2026-11", False)]
)
def test_unmet_provision_ends_with_six_months_and_looks_at_nothing_later(month, unmet):
    assert unmet_provision(planned("service", "service"), pd.Period(month, "M"))["unmet"].tolist() == [unmet]


def test_leave_days_are_counted_once_a_day():
    data = supports(
        ("2026-05-04", "time_off", NONE, NONE, None),
        ("2026-05-04", "time_off", NONE, 240, None),
        ("2026-05-05", "time_off", 480, 480, None),
        ("2026-05-06", "time_off", 480, 0, None),  # planned and not taken
        ("2026-05-07", "time_off", 480, NONE, "service"),
        ("2026-05-08", "supervision", 60, 60, None),
        ("2026-06-01", "time_off", NONE, NONE, None),
    )
    table = leave_days(data, pd.period_range("2026-04", "2026-06", freq="M"))
    assert table["days_off"].tolist() == [0, 2, 1]
    assert [str(day.date()) for day in leave_dates(data)["date"]] == ["2026-05-04", "2026-05-05", "2026-06-01"]


def test_no_supports_no_rows():
    empty = planned("service").iloc[:0]
    assert support_hours(empty, MAY).empty and list(support_hours(empty, MAY)) == [
        "clinician_id",
        "month",
        "kind",
        *HOURS,
    ]
    assert unmet_provision(empty, MAY).empty and leave_days(empty, MAY).empty
    assert supports_chart(empty, "C1", MAY).empty
