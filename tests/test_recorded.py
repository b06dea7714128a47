"""Changes of recording: told from what people do, by what families of signals have in common."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from estimates_fixtures import FIRST, keys_of
from scipy.stats import multivariate_normal

from caseload.estimates import BalanceModel
from caseload.estimates.panel import Panel
from caseload.estimates.recorded import Changes, Recorded, _factor, find_changes, untouched
from caseload.signals import EFFORT, Signal, monthly_signals
from caseload.simulate import Caseload, Habits, Settings, simulate, with_habits

CLINICIANS, CLIENTS, MONTHS = 12, 10, 10
NAMED = {signal.name: signal for signal in EFFORT}
SEVERAL = tuple(NAMED[name] for name in ("prep", "notes", "contacts_to", "after_hours", "overrun", "talk_share"))
LOADING, NOISE, STYLE = 0.6, 0.64, 0.15


class World:
    """Signals of the model in its own words, standardised; styles are there, and nobody's recording changes."""

    def __init__(self, seed: int, signals: tuple[Signal, ...] = SEVERAL) -> None:
        draw = np.random.default_rng(seed)
        self.signals, self.keys = signals, keys_of(CLINICIANS, CLIENTS, MONTHS)
        self.panel = Panel.of(self.keys)
        self.who, self.month = self.panel.clinician, self.panel.month - FIRST
        self.f = 0.4 * draw.standard_normal(CLINICIANS)[self.who] + 0.9 * draw.standard_normal(len(self.keys))
        shape = len(self.keys), len(signals)
        style = np.sqrt(STYLE) * draw.standard_normal((CLINICIANS, len(signals)))
        self.beside = style[self.who] + np.sqrt(NOISE) * draw.standard_normal(shape)

    def found(self) -> Recorded:
        y = LOADING * self.f[:, None] + self.beside
        j = len(self.signals)
        return find_changes(
            y, np.full(y.shape, 1 / NOISE), np.full(j, LOADING), np.full(j, STYLE), self.signals, self.panel
        )

    def change(self, who: int, family: str, since: int, by: float) -> World:
        rows = (self.who == who) & (self.month >= since)
        member = np.array([signal.family == family for signal in self.signals])
        self.beside[np.ix_(rows, member)] += by * LOADING
        return self


def told(changes: Changes) -> list[tuple[str, str, int]]:
    return sorted(zip(changes.clinician_id, changes.family, (changes.since - FIRST).astype(int).tolist(), strict=True))


def test_a_change_of_one_family_is_found_with_its_month_and_size() -> None:
    found = World(1).change(3, "documentation", 6, 1.5).change(7, "contacts", 4, -1.2).found()
    assert told(found.changes) == [("C03", "documentation", 6), ("C07", "contacts", 4)]
    by = dict(
        zip(found.changes.clinician_id, zip(found.changes.size, found.changes.variance, strict=True), strict=True)
    )
    assert by["C03"][0] == pytest.approx(1.5, abs=3 * np.sqrt(by["C03"][1]))
    assert by["C07"][0] == pytest.approx(-1.2, abs=3 * np.sqrt(by["C07"][1]))


def test_somebody_can_change_twice_and_back() -> None:
    changed = World(2).change(5, "documentation", 3, 1.8).change(5, "documentation", 7, -1.8)
    changes = changed.found().changes
    (up, down) = changes.since - FIRST
    assert set(changes.clinician_id) == {"C05"}
    assert (up, down) == pytest.approx((3, 7), abs=1)
    last = (changed.who == 5) & (changed.month == MONTHS - 1)
    assert abs(changes.of_rows(changed.panel, ("documentation",))[last].mean()) < 0.5


@pytest.mark.parametrize("seed", range(3, 6))
def test_more_work_in_all_families_is_no_change_of_recording(seed: int) -> None:
    world = World(seed)
    world.f = world.f + 1.5 * ((world.who == 4) & (world.month >= 6))
    assert "C04" not in world.found().changes.clinician_id


@pytest.mark.parametrize("seed", range(6, 12))
def test_where_nothing_changes_hardly_anything_is_found(seed: int) -> None:
    found = World(seed).found()
    assert not told(found.changes)
    assert np.median(found.doubt) < 0.1


def test_with_one_family_alone_a_change_and_a_shift_say_the_same() -> None:
    """Neither is certain: no change is taken out, and the odds of one weigh against a shift."""
    world = World(12, SEVERAL[:2]).change(4, "documentation", 5, 1.1)
    found = world.found()
    assert found.doubt[4] > 1
    assert np.median(np.delete(found.doubt, 4)) < 0.3


def test_many_who_change_in_one_month_make_each_other_likelier() -> None:
    """A weak change is believed sooner if five others change more in the same month."""
    alone = World(13).change(0, "documentation", 5, 0.55).found()
    together = World(13)
    for who in range(6):
        together = together.change(who, "documentation", 5, 1.5 if who else 0.55)
    assert "C00" not in alone.changes.clinician_id
    assert ("C00", "documentation", 5) in told(together.found().changes)


def test_a_bayes_factor_is_the_ratio_of_the_marginal_densities() -> None:
    draw = np.random.default_rng(14)
    x, y = draw.standard_normal(9), draw.standard_normal(9)
    with_it = multivariate_normal(0.4 * x, np.eye(9) + 0.7 * np.outer(x, x)).logpdf(y)
    without = multivariate_normal(np.zeros(9)).logpdf(y)
    found = _factor(np.array(x @ x), np.array(x @ y), 0.4, 0.7)
    assert float(found) == pytest.approx(with_it - without)


def test_what_is_known_does_not_hang_on_the_order_of_the_rows() -> None:
    world = World(15).change(2, "sessions", 5, 1.5)
    order = np.random.default_rng(0).permutation(len(world.keys))
    shuffled = World(15)
    shuffled.keys = world.keys.iloc[order].reset_index(drop=True)
    shuffled.panel, shuffled.f, shuffled.beside = Panel.of(shuffled.keys), world.f[order], world.beside[order]
    np.testing.assert_allclose(shuffled.found().doubt, world.found().doubt)
    assert told(shuffled.found().changes) == told(world.found().changes)


# --- times that nobody touched ----------------------------------------------------------------------------------------


def test_a_month_with_one_value_for_all_clients_tells_nothing() -> None:
    keys = keys_of(2, 5, 2)
    values = np.random.default_rng(0).standard_normal(len(keys))
    first = ((keys["clinician_id"] == "C00") & (keys["month"] == keys["month"].min())).to_numpy()
    values[first] = 2.4
    np.testing.assert_array_equal(untouched(keys, values), first)
    values[np.flatnonzero(first)[:2]] = [1.0, np.nan]
    assert not untouched(keys, values).any()  # three of four clients


# --- in a practice ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def practice() -> pd.DataFrame:
    """Signals of a practice in which a quarter record preparation and notes twice as long from the sixth month on."""
    everybody = Caseload(late_starters=0.0)
    quiet = Settings(seed=77, clinicians=12, months=9, over_investment=(), loadings=1.3, caseload=everybody)
    return monthly_signals(with_habits(simulate(quiet), Habits(minutes=2.0, since=5)).practice())


def test_longer_notes_are_found_and_raise_nobody(practice: pd.DataFrame) -> None:
    model = BalanceModel().fit(practice)
    fit = model.sides_["effort"].fit
    assert fit is not None
    notes = [who for who, family, _ in told(fit.changes) if family == "documentation"]
    assert len(set(notes)) == 3
    people = model.estimate().clinicians.set_index("clinician_id")
    assert people["p_over_invested"].max() < 0.7
    assert people.loc[notes, "own_shift"].abs().max() < 0.8


def test_a_saved_model_keeps_the_changes(practice: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> None:
    model = BalanceModel().fit(practice)
    path = tmp_path_factory.mktemp("model") / "model.parquet"
    model.save(path)
    pd.testing.assert_frame_equal(BalanceModel.load(path).estimate().clients, model.estimate().clients)


def test_changes_of_others_hold_for_nobody_here() -> None:
    panel = Panel.of(keys_of(2, 2, 3))
    stranger = Changes(pd.Index(["C99"], dtype="str"), ("contacts",), np.array([FIRST]), np.ones(1), np.ones(1))
    assert not stranger.of_rows(panel, ("contacts",)).any()
    later = replace(stranger, clinician_id=pd.Index(["C01"], dtype="str"), since=np.array([FIRST + 1.0]))
    rows = later.of_rows(panel, ("documentation", "contacts"))
    assert rows[:, 0].sum() == 0
    assert rows[:, 1].sum() == 2 * 2
