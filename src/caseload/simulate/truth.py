"""The latent states: effort, engagement and their gap for every client-month, and what the clinicians are up to.

One unit is one SD of the latent client-month distribution in the absence of over-investment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from caseload.simulate.clients import Bools, Slots
from caseload.simulate.settings import Settings, Variance
from caseload.simulate.staff import Array, Staff, words


@dataclass(frozen=True)
class Truth:
    """What no export holds; `month` is `period[M]`.

    `clients`: clinician_id, client_id, month, effort (case-mix adjusted), engagement, gap. One row per clinician,
    client and month with a session or contact.
    `clinicians`: clinician_id, month, gap (mean over the clients, NaN without any), compensation (slope of effort on
    −engagement), level_shift (SD), few_clients (one or two get much more), over_invested, kind (`none` in months
    without), burnout_t, sts_t, fatigue_t (their mean; true T-scores). One row per month since the clinician's start.
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


def latent(rng: Generator, parts: Variance, slots: Slots, client: NDArray[np.float64]) -> Array:
    """A latent state, slots × months, of unit variance: clinician, clinician-month, client and client-month parts.

    `client` is each case's constant standard normal part (shared clients share it).
    """
    clinicians, months = slots.clinician.max() + 1, slots.case.shape[1]
    of_clinician = rng.standard_normal((clinicians, 1)) * np.sqrt(parts.clinician)
    of_month = autoregressive(rng, (clinicians, months), parts.autocorrelation) * np.sqrt(parts.clinician_month)
    of_client_month = autoregressive(rng, slots.case.shape, parts.autocorrelation, slots.fresh)
    return (
        (of_clinician + of_month)[slots.clinician]
        + np.sqrt(parts.client) * client[slots.case]
        + np.sqrt(parts.client_month) * of_client_month
    )


def draw_panel(settings: Settings, staff: Staff, slots: Slots, cases: pd.DataFrame, rng: Generator) -> pd.DataFrame:
    """One row per slot and month in which the client is seen, in that order.

    slot, case, client, clinician, month (numbers), age, effort, engagement, load (effort with case mix), crisis,
    stage (1–5), lead.
    """
    engagement = latent(rng, settings.engagement, slots, cases["engagement"].to_numpy())
    own = latent(rng, settings.effort, slots, cases["effort"].to_numpy())
    monthly = {name: values[slots.clinician] for name, values in staff.months.items()}
    favoured = monthly["few_clients"] * slots.favourite[:, None]
    effort = own - monthly["slope"] * engagement + monthly["level_shift"] + favoured
    severity = cases["severity"].to_numpy()[slots.case]
    crisis = rng.uniform(size=slots.case.shape) < settings.case_mix.crisis_share * np.exp(0.5 * severity)
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
            "load": (effort + _case_mix(settings, cases, slots, crisis))[slot, month],
            "crisis": crisis[slot, month],
            "stage": _stages(cases, slots, engagement, rng)[slot, month],
            "lead": monthly["lead"][slot, month],
        }
    )


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
