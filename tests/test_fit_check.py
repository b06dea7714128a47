"""Foretelling a practice's own months: nothing of a month is used, what fits looks so, and what does not is named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from caseload import simulate as sim
from caseload.cli import main
from caseload.errors import ParameterError
from caseload.estimates.frames import DECLARED
from caseload.intake import Practice
from caseload.research.fit_check import FEWEST, FIT, PREDICTIONS, FitCheck, fit_check

Tables = dict[str, pd.DataFrame]
KEYS = ["clinician_id", "client_id", "month", "signal"]


@pytest.fixture(scope="module")
def tables() -> Tables:
    return sim.simulate(sim.Settings(seed=9, clinicians=5, months=6, clients_per_clinician=7, supervisors=1)).tables


@pytest.fixture(scope="module")
def check(tables: Tables) -> FitCheck:
    return fit_check(Practice.from_frames(**tables), months=1)


def longer_notes(tables: Tables) -> Practice:
    """Notes take ten times as long in the last month."""
    sessions = tables["sessions"]
    months = pd.to_datetime(sessions["scheduled_start"]).dt.to_period("M")
    more = sessions["note_minutes"].mask(months == months.max(), (10 * sessions["note_minutes"]).clip(upper=600))
    return Practice.from_frames(**tables | {"sessions": sessions.assign(note_minutes=more)})


def test_the_frames_are_as_their_schemas_say(check: FitCheck) -> None:
    frames = ((PREDICTIONS, check.predictions), (FIT, check.signals), (DECLARED, check.declared))
    assert [problem for schema, frame in frames for problem in schema.problems(frame)] == []
    assert set(check.predictions["month"]) == {check.predictions["month"].max()}
    assert check.signals["n"].sum() == len(check.predictions)


def test_most_values_of_a_simulated_practice_are_within_their_intervals(check: FitCheck) -> None:
    assert 0.8 < check.coverage < 0.98
    np.testing.assert_allclose(check.predictions["pit"].mean(), 0.5, atol=0.1)
    assert check.sentence.startswith(f"These intervals held {check.coverage:.0%} of the next month’s values here")


def test_nothing_of_a_month_is_used_to_foretell_it_and_what_breaks_is_named(tables: Tables, check: FitCheck) -> None:
    other = fit_check(longer_notes(tables), months=1)
    one, two = (each.predictions.set_index(KEYS)["expected"].sort_index() for each in (check, other))
    pd.testing.assert_series_equal(one.drop("notes", level="signal"), two.drop("notes", level="signal"))
    notes = other.signals.set_index("signal").loc["notes"]
    assert notes["coverage"] < 0.5 < notes["pit_mean"] and notes["spread"] > 1.5
    assert any("too narrow" in line and "notes" in line for line in other.doubts()) == (notes["n"] >= FEWEST)


def test_the_lowest_value_is_as_frequent_as_expected(check: FitCheck) -> None:
    """Contacts from clients are often none: a model of another shape would not see it."""
    row = check.signals.set_index("signal").loc["contacts_from"]
    counted = check.predictions[check.predictions["signal"] == "contacts_from"]
    assert row["lowest"] == pytest.approx(counted["lowest"].mean())
    assert abs(row["lowest"] - row["lowest_expected"]) < 0.25


def test_it_is_said_where_no_month_can_be_foretold(tables: Tables) -> None:
    practice = Practice.from_frames(**tables).until("2025-08")
    assert len(practice.months) < 4
    with pytest.raises(ParameterError, match="4 months"):
        fit_check(practice)


def test_the_command_prints_the_sentence_and_names_no_client(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit-check", "data/sample-attendance", "--months", "1"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("These intervals held") and "attendance" in said and "K0" not in said
