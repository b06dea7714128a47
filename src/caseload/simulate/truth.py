"""The latent states: effort, engagement and their gap for every client-month, and what the clinicians are up to.

One unit is one SD of the latent client-month distribution in the absence of over-investment and of drift.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit

from caseload.simulate.clients import Bools, Slots
from caseload.simulate.settings import Settings, Variance
from caseload.simulate.staff import Array, Staff, words


@dataclass(frozen=True)
class Truth:
    """What no export holds; `month` is `period[M]`.

    `clients`: clinician_id, client_id, month, effort, engagement, gap. One row per clinician, client and month with a
    session or contact. Effort leaves out case mix and the season's shocks: they are spent all the same, but say
    nothing about the clinician.
    `clinicians`: clinician_id, month, gap (mean over the clients, NaN without any), compensation (slope of effort on
    −engagement; see `OverInvestment` for one-sided and lagged), level_shift (SD), few_clients (some few get much more),
    over_invested, kind (`none` in months without), burnout_t, sts_t, fatigue_t (their mean; true T-scores). One row
    per month since the clinician's start.

    Examples
    --------
    >>> from caseload.simulate import Settings, simulate
    >>> truth = simulate(Settings(clinicians=2, months=2)).truth
    >>> list(truth.clients)
    ['clinician_id', 'client_id', 'month', 'effort', 'engagement', 'gap']
    >>> bool(((truth.clients["effort"] - truth.clients["engagement"]) == truth.clients["gap"]).all())
    True
    """

    clients: pd.DataFrame
    clinicians: pd.DataFrame


def autoregressive(rng: Generator, shape: tuple[int, int], rho: float, fresh: Bools | None = None) -> Array:
    """Unit-variance AR(1) along the months; starts anew where `fresh`."""
    noise = rng.standard_normal(shape)
    out = noise.copy()
    for month in range(1, shape[1]):
        going_on = rho * out[:, month - 1] + np.sqrt(1 - rho**2) * noise[:, month]
        out[:, month] = going_on if fresh is None else np.where(fresh[:, month], noise[:, month], going_on)
    return out


def latent(
    rng: Generator, parts: Variance, slots: Slots, client: NDArray[np.float64], tails: float | None = None
) -> Array:
    """A latent state, slots × months, of unit variance: clinician, clinician-month, client and client-month parts.

    `client` is each case's constant standard normal part (shared clients share it). `tails` as `Settings.latent_tails`.
    """
    clinicians, months = slots.clinician.max() + 1, slots.case.shape[1]
    of_clinician = rng.standard_normal((clinicians, 1)) * np.sqrt(parts.clinician)
    of_month = autoregressive(rng, (clinicians, months), parts.autocorrelation) * np.sqrt(parts.clinician_month)
    of_client_month = autoregressive(rng, slots.case.shape, parts.autocorrelation, slots.fresh)
    return (
        (of_clinician + of_month)[slots.clinician]
        + np.sqrt(parts.client) * tailed(client, tails)[slots.case]
        + np.sqrt(parts.client_month) * tailed(of_client_month, tails)
    )


def tailed(normal: Array, degrees: float | None) -> Array:
    """Standard normal values as t values of the same rank, scaled to unit variance; None leaves them normal.

    Autocorrelation falls a little.
    """
    if degrees is None:
        return normal
    below = stdtrit(degrees, ndtr(-np.abs(normal)))
    return np.copysign(below, normal) * np.sqrt((degrees - 2) / degrees)


def draw_panel(settings: Settings, staff: Staff, slots: Slots, cases: pd.DataFrame, rng: Generator) -> pd.DataFrame:
    """One row per slot and month in which the client is seen, in that order.

    slot, case, client, clinician, month (numbers), age, effort, engagement, load (effort with case mix and season),
    crisis, stage (1–5), lead.
    """
    drifting, lasting, seasonal = rng.spawn(3)  # of their own, so that these settings leave the other draws alone
    tails = settings.latent_tails
    engagement = latent(rng, settings.engagement, slots, cases["engagement"].to_numpy(), tails)
    engagement = engagement + _drift(settings, slots, cases, drifting)
    own = latent(rng, settings.effort, slots, cases["effort"].to_numpy(), tails)
    monthly = {name: values[slots.clinician] for name, values in staff.months.items()}
    favoured = monthly["few_clients"] * slots.favourite[:, None]
    effort = own - monthly["slope"] * engagement + monthly["level_shift"] + favoured
    effort = effort + monthly["compensation"] * (engagement - _answered(staff, slots, engagement))
    crisis = _crises(settings, slots, cases["severity"].to_numpy()[slots.case], rng, lasting)
    season = settings.season * seasonal.standard_normal(settings.months)
    slot, month = np.nonzero(slots.seen)
    case = slots.case[slot, month]
    return pd.DataFrame(
        {
            "slot": slot,
            "case": case,
            "client": cases["client"].to_numpy()[case],
            "clinician": slots.clinician[slot],
            "month": month,
            "age": slots.age[slot, month],
            "effort": effort[slot, month],
            "engagement": engagement[slot, month],
            "load": (effort + _case_mix(settings, cases, slots, crisis) + season)[slot, month],
            "crisis": crisis[slot, month],
            "stage": _stages(cases, slots, engagement, rng)[slot, month],
            "lead": monthly["lead"][slot, month],
        }
    )


def _drift(settings: Settings, slots: Slots, cases: pd.DataFrame, rng: Generator) -> Array:
    """The clients' own trends in engagement, slots × months; 0 in each stay's first month of the window."""
    trend = settings.drift * rng.standard_normal(len(cases))[cases["client"]]
    return trend[slots.case] * (np.arange(settings.months) - slots.began) / 12


def _answered(staff: Staff, slots: Slots, engagement: Array) -> Array:
    """The engagement that compensation answers, slots × months: the month's own, or as shape and lag have it."""
    traits = staff.traits.take(slots.clinician)
    month = np.arange(engagement.shape[1]) - traits[["lag"]].to_numpy()
    answered = np.take_along_axis(engagement, np.maximum(month, slots.began), axis=1)
    return np.where((traits[["shape"]] == "one_sided").to_numpy(), np.minimum(answered, 0), answered)


def _crises(settings: Settings, slots: Slots, severity: Array, rng: Generator, lasting: Generator) -> Bools:
    """Which months hold a crisis, slots × months; the share of such months does not depend on a crisis's length."""
    mix, shape = settings.case_mix, slots.case.shape
    share = np.minimum(mix.crisis_share * np.exp(0.5 * severity), 1)
    begins = share / (1 + (mix.crisis_length - 1) * (1 - share))
    crisis = rng.uniform(size=shape) < np.where(slots.fresh, share, begins)
    lasts = (lasting.uniform(size=shape) < 1 - 1 / mix.crisis_length) & ~slots.fresh
    for month in range(1, shape[1]):
        crisis[:, month] |= lasts[:, month] & crisis[:, month - 1]
    return crisis


def _case_mix(settings: Settings, cases: pd.DataFrame, slots: Slots, crisis: Bools) -> Array:
    """Effort that the client's needs explain, slots × months, in SD; mean near 0 in an ordinary practice."""
    mix = settings.case_mix
    needs = mix.severity_effect * cases["severity"] + mix.trauma_effect * (cases["trauma"] - mix.trauma_share)
    return needs.to_numpy()[slots.case] + mix.crisis_effect * crisis + mix.early_effect * (slots.age < 2)


def _stages(cases: pd.DataFrame, slots: Slots, engagement: Array, rng: Generator) -> NDArray[np.int64]:
    """Stage of change 1–5, slots × months: the client's own start, slow progress, some wandering and relapse."""
    wander = autoregressive(rng, slots.case.shape, 0.9, slots.fresh)
    latent_stage = cases["stage"].to_numpy()[slots.case] + 0.06 * np.minimum(slots.age, 24) + 0.4 * wander
    return np.clip(np.rint(latent_stage + 0.2 * engagement), 1, 5).astype(np.int64)


def true_states(
    settings: Settings, staff: Staff, panel: pd.DataFrame, fatigue: dict[str, Array], clients: pd.Series
) -> Truth:
    """The truth frames of the panel rows that the tables hold; `clients` = id of each client number."""
    calendar = settings.calendar
    by_client = pd.DataFrame(
        {
            "clinician_id": words(staff.ids, panel["clinician"]),
            "client_id": words(clients, panel["client"]),
            "month": calendar.take(panel["month"].to_numpy()),
            "effort": panel["effort"].to_numpy(),
            "engagement": panel["engagement"].to_numpy(),
            "gap": (panel["effort"] - panel["engagement"]).to_numpy(),
        }
    )
    ordered = by_client.sort_values(["clinician_id", "client_id", "month"], ignore_index=True)
    return Truth(ordered, _clinician_states(settings, staff, panel, fatigue))


def mean_gap(settings: Settings, panel: pd.DataFrame) -> Array:
    """Clinicians × months: mean gap over the month's clients, NaN without any."""
    cell = panel["clinician"].to_numpy() * settings.months + panel["month"].to_numpy()
    size = settings.clinicians * settings.months
    gaps = (panel["effort"] - panel["engagement"]).to_numpy()
    counts = np.bincount(cell, minlength=size)
    sums = np.bincount(cell, weights=gaps, minlength=size)
    mean = np.divide(sums, counts, out=np.full(size, np.nan), where=counts > 0)
    return mean.reshape(settings.clinicians, settings.months)


def _clinician_states(settings: Settings, staff: Staff, panel: pd.DataFrame, fatigue: dict[str, Array]) -> pd.DataFrame:
    """The `clinicians` frame of the truth."""
    who, month = np.nonzero(np.arange(settings.months) >= staff.traits[["start"]].to_numpy())
    active = staff.months["active"][who, month] > 0
    return pd.DataFrame(
        {
            "clinician_id": words(staff.ids, who),
            "month": settings.calendar.take(month),
            "gap": mean_gap(settings, panel)[who, month],
            "compensation": staff.months["slope"][who, month],
            "level_shift": staff.months["level_shift"][who, month],
            "few_clients": staff.months["few_clients"][who, month] > 0,
            "over_invested": active,
            "kind": pd.Series(np.where(active, staff.traits["kind"].to_numpy()[who], "none"), dtype="str"),
            "burnout_t": fatigue["burnout"][who, month],
            "sts_t": fatigue["secondary_traumatic_stress"][who, month],
            "fatigue_t": (fatigue["burnout"] + fatigue["secondary_traumatic_stress"])[who, month] / 2,
        }
    )
