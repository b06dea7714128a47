"""Ways of recording: what they change in the tables, and that the truth stays as it was."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from caseload.errors import ParameterError
from caseload.simulate import Caseload, Habits, Settings, Simulated, simulate, with_habits

MINUTES = ["prep_minutes", "note_minutes"]


@pytest.fixture(scope="module")
def plain() -> Simulated:
    return simulate(Settings(seed=5, clinicians=8, months=6, caseload=Caseload(late_starters=0.0)))


def sessions(plain: Simulated, **habits: object) -> pd.DataFrame:
    changed = with_habits(plain, Habits(**habits))
    pd.testing.assert_frame_equal(changed.truth.clients, plain.truth.clients)
    return changed.tables["sessions"]


def begun(table: pd.DataFrame, since: int) -> pd.Series:
    return table["scheduled_start"].dt.to_period("M") >= table["scheduled_start"].dt.to_period("M").min() + since


def test_no_habit_changes_nothing(plain: Simulated) -> None:
    pd.testing.assert_frame_equal(sessions(plain), plain.tables["sessions"])


def test_longer_minutes_concern_a_share_from_their_month_on(plain: Simulated) -> None:
    before, after = plain.tables["sessions"], sessions(plain, share=0.25, since=3, minutes=2.0)
    recorded = before["note_minutes"].notna()
    changed = recorded & (before["note_minutes"] != after["note_minutes"])
    assert after.loc[changed, "clinician_id"].nunique() == 2
    assert begun(after, 3)[changed].all()
    assert (after["note_minutes"] / before["note_minutes"])[changed].eq(2).all()


def test_defaults_stay_until_they_end(plain: Simulated) -> None:
    after = sessions(plain, share=0.25, since=4, defaults=True)
    early = after[~begun(after, 4)].dropna(subset=MINUTES)
    untouched = early.groupby("clinician_id")[MINUTES].nunique().eq(1).all(axis=1)
    assert untouched.sum() == 2
    late = after[begun(after, 4) & after["clinician_id"].isin(untouched.index[untouched])].dropna(subset=MINUTES)
    assert late.groupby("clinician_id")[MINUTES].nunique().min().min() > 5


def test_ratings_alone_are_one_a_month_and_follow_the_truth(plain: Simulated) -> None:
    rated = with_habits(plain, Habits(ratings=0.5, monthly=True))
    table = rated.tables["sessions"]
    assert list(rated.tables) == ["sessions", "clients", "clinicians"]
    assert "note_minutes" not in table
    table = table.assign(month=table["scheduled_start"].dt.to_period("M")).dropna(subset="clinician_effort_rating")
    keys = ["clinician_id", "client_id", "month"]
    assert not table.duplicated(keys).any()
    both = table.merge(plain.truth.clients, on=keys)
    assert both[["clinician_effort_rating", "effort"]].corr().iloc[0, 1] > 0.9


def test_a_mood_moves_both_ratings_against_each_other(plain: Simulated) -> None:
    without, shared = (sessions(plain, ratings=0.5, mood=mood, share=1.0, since=0) for mood in (0.0, 1.5))
    names = ["clinician_effort_rating", "client_engagement_rating"]
    moved = (shared[names] - without[names]).dropna()
    assert moved.corr().iloc[0, 1] < -0.4
    assert moved["clinician_effort_rating"].std() == pytest.approx(1.6, abs=0.4)


def test_only_high_effort_is_recorded(plain: Simulated) -> None:
    after = sessions(plain, only_high=True)
    after = after.assign(month=after["scheduled_start"].dt.to_period("M"))
    known = after.merge(plain.truth.clients, on=["clinician_id", "client_id", "month"]).dropna(subset="note_minutes")
    assert (known["effort"] >= 0).all()
    assert len(known) > 100


@pytest.mark.parametrize("habits", [{"share": 1.2}, {"minutes": 0.0}, {"mood": -1.0}, {"ratings": -np.inf}])
def test_habits_that_make_no_sense_are_refused(habits: dict[str, float]) -> None:
    with pytest.raises(ParameterError, match="Habits"):
        Habits(**habits)
