"""Outcome measures: courses, reliable change against values worked out by hand, and where they may be seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from intake_fixtures import practice_frames

from caseload.estimates.frames import OUTCOMES
from caseload.estimates.outcomes import main_outcomes, outcome_courses, outcome_scores, reliable_points
from caseload.intake import Practice
from caseload.intake.measures import Measure
from caseload.pages.review import Review
from caseload.pages.supervisee.outcomes import outcome_by_client, outcomes_table
from caseload.pages.supervisee.subject import Subject

MAY = pd.Period("2026-05", "M")
NO_SESSION = pd.DataFrame(
    {
        "clinician_id": pd.Series(dtype="str"), "client_id": pd.Series(dtype="str"),
        "scheduled_start": pd.Series(dtype="datetime64[us]"), "ors_total": pd.Series(dtype=float),
    }
)  # fmt: skip


def scores(*rows: tuple[object, ...]) -> pd.DataFrame:
    """Rows of `outcomes`: day, measure, score, whether higher is better; clinician C1, client K1."""
    table = pd.DataFrame(rows, columns=["completed_on", "measure", "score", "higher_is_better"])
    table = table.assign(clinician_id="C1", client_id="K1", completed_on=pd.to_datetime(table["completed_on"]))
    return outcome_scores(table.astype({"higher_is_better": "boolean"}), NO_SESSION)


def course(table: pd.DataFrame, month: pd.Period = MAY, **own: Measure) -> dict[str, object]:
    asked = pd.DataFrame({"clinician_id": ["C1"], "client_id": ["K1"], "month": pd.PeriodIndex([month])})
    found = outcome_courses(asked, table, own)
    assert OUTCOMES.problems(found) == []
    (row,) = found.to_dict("records")
    return row


@pytest.mark.parametrize(
    ("first", "latest", "reliable", "passed"),
    [
        (19.9, 24.9, "better", False),  # five points exactly, though 24.9 - 19.9 is a little less in binary
        (19.9, 24.8, "none", False),
        (20, 26, "better", True),
        (25, 25.1, "none", True),  # 25 is on the side of people in care
        (30, 25, "worse", True),
        (30, 25.1, "none", False),
    ],
)
def test_ors_has_its_published_reliable_change_of_five_points_and_its_cut_of_25(
    first: float, latest: float, reliable: str, passed: bool
) -> None:
    row = course(scores(("2026-01-05", "ORS", first, None), ("2026-05-04", "ors", latest, None)))
    assert (row["measure"], row["scores"], row["reliable"], row["passed_cut"]) == ("ors", 2, reliable, passed)
    assert row["change"] == pytest.approx(latest - first)


def test_a_practice_s_own_measure_has_the_change_that_its_reliability_and_spread_make_reliable() -> None:
    # Jacobson & Truax 1991: SEM = 7.5 * sqrt(1 - .80) = 3.354, S_diff = 4.743, 1.96 * S_diff = 9.297
    own = Measure(higher_is_better=False, sd=7.5, reliability=0.80)
    assert reliable_points(own) == pytest.approx(9.297, abs=5e-4)
    for latest, reliable in ((10.8, "none"), (10.7, "better"), (29.3, "worse")):
        row = course(scores(("2026-01-05", "PHQ-9", 20, None), ("2026-05-04", "phq9", latest, None)), phq9=own)
        assert row["reliable"] == reliable
    stated = Measure(higher_is_better=False, sd=7.5, reliability=0.80, reliable_change=6)
    assert reliable_points(stated) == 6


def test_without_a_reliability_a_direction_or_a_second_score_nothing_is_said() -> None:
    two = (("2026-01-05", "gas", 20.0, True), ("2026-05-04", "gas", 60.0, True))
    row = course(scores(*two))
    assert (row["first"], row["latest"], row["change"], row["reliable"]) == (20, 60, 40, "")
    undirected = course(
        scores(*((day, name, score, None) for day, name, score, _ in two)), gas=Measure(reliable_change=5)
    )
    assert undirected["reliable"] == ""
    against = course(scores(("2026-01-05", "ors", 20.0, False), ("2026-05-04", "ors", 30.0, False)))
    assert (against["reliable"], against["passed_cut"]) == ("", False)  # the data say the opposite of what is published
    one = course(scores(("2026-05-04", "ors", 20.0, None)))
    assert (one["scores"], one["reliable"]) == (1, "") and np.isnan(float(str(one["change"])))


def test_a_month_knows_nothing_later_and_keeps_the_latest_score_before() -> None:
    table = scores(("2026-01-05", "ors", 20, None), ("2026-03-31", "ors", 26, None), ("2026-05-01", "ors", 12, None))
    april = course(table, MAY - 1)
    assert (april["scores"], april["latest"], april["reliable"]) == (2, 26, "better")
    assert april["latest_on"] == pd.Timestamp("2026-03-31")
    assert course(table)["reliable"] == "worse"


def test_scores_of_sessions_and_of_the_table_are_one_course_and_nobody_s_are_of_whoever_meets_the_client() -> None:
    sessions = pd.DataFrame(
        {
            "clinician_id": ["C1", "C1", "C2"], "client_id": ["K1", "K1", "K1"], "ors_total": [20.0, 22.0, np.nan],
            "scheduled_start": pd.to_datetime(["2026-01-05 10:00", "2026-02-05 10:00", "2026-02-06 09:00"]),
        }
    )  # fmt: skip
    given = pd.DataFrame(
        {
            "clinician_id": pd.Series(["C1", None], dtype="str"), "client_id": ["K1", "K1"],
            "measure": ["ors", "core-10"],
            "completed_on": pd.to_datetime(["2026-02-05", "2026-02-07"]), "score": [23.0, 14.0],
            "higher_is_better": pd.array([True, False], dtype="boolean"),
        }
    )  # fmt: skip
    table = outcome_scores(given, sessions)
    assert table[["clinician_id", "measure", "score"]].values.tolist() == [
        ["C1", "core10", 14.0], ["C1", "ors", 20.0], ["C1", "ors", 23.0], ["C2", "core10", 14.0],
    ]  # fmt: skip


def test_the_main_measure_is_the_one_with_most_scores() -> None:
    table = scores(("2026-01-05", "phq9", 20, False), ("2026-02-05", "ors", 20, True), ("2026-03-05", "ors", 21, True))
    asked = pd.DataFrame({"clinician_id": ["C1"], "client_id": ["K1"], "month": pd.PeriodIndex([MAY])})
    (row,) = main_outcomes(outcome_courses(asked, table, {})).to_dict("records")
    assert (row["outcome_measure"], row["outcome_first"], row["outcome_latest"]) == ("ors", 20, 21)


def test_a_practice_without_outcomes_has_the_columns_and_no_table(sample_review: Review) -> None:
    frames = {name: frame for name, frame in practice_frames().items() if name in ("sessions", "clinicians")}
    practice = Practice.from_frames(
        **{name: frame.drop(columns="ors_total", errors="ignore") for name, frame in frames.items()}
    )
    found = outcome_scores(practice.outcomes, practice.sessions)
    asked = sample_review.clients[["clinician_id", "client_id", "month"]]
    assert found.empty and outcome_courses(asked, found, {}).empty


def test_a_page_shows_the_outcomes_of_its_own_clients_alone(sample_review: Review) -> None:
    whole = sample_review.assessment
    for copy in ("own", "supervisor"):
        subject = Subject.of(whole, "C07", copy)
        table = outcomes_table(subject)
        mine = whole.balance.clients.loc[whole.balance.clients["clinician_id"] == "C07", "client_id"]
        assert table is not None and set(table.frame["Client"]) <= set(mine)
        assert "in no flag" in table.note and ("your work" in table.note) == (copy == "own")
    words = outcome_by_client(subject)
    rows = sample_review.clients.query("clinician_id == 'C07' and month == @MAY").dropna(subset="outcome_measure")
    assert set(words) == set(rows["client_id"])
    for row in rows.query("outcome_change == outcome_change").itertuples():
        assert words[row.client_id].startswith(f"ORS {row.outcome_first:g} to {row.outcome_latest:g}")
