"""What monthly check-ins bring: ratings of clients, and one answer about the team."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from caseload.simulate.measures import Signal
from caseload.simulate.settings import Settings
from caseload.simulate.staff import Array, Staff, words

KEYS = ["clinician_id", "client_id", "month"]
SAFETY = (7.0, 1.5, 0.8)  # how safe it is to say that the work is too much: mean, SD between people, SD of one answer
LAST_DAYS = 4  # of a month, in which check-ins are made


def draw_sent(settings: Settings, staff: Staff, rng: Generator) -> NDArray[np.bool_]:
    """Who sends a check-in of which month, clinicians × months."""
    month = np.arange(settings.months)
    working = month >= np.maximum(staff.traits[["start"]].to_numpy(), settings.checkins.first)
    return working & (rng.uniform(size=working.shape) < settings.checkins.share)


def ratings_table(
    settings: Settings,
    staff: Staff,
    panel: pd.DataFrame,
    sessions: pd.DataFrame,
    cases: pd.DataFrame,
    clients: pd.Series,
    sent: NDArray[np.bool_],
    rng: Generator,
) -> pd.DataFrame:
    """The contract's ratings: clients with an appointment in a month of which a check-in was sent.

    A stage is given where it is another than the client's last one: left alone, a form records none. Interventions are
    the month's; crisis and barrier are boxes, so they are ticked or missing. `cases`: one row a case of the panel.
    """
    rows = _asked(settings, staff, panel, sessions, cases, clients)
    who, month = rows["clinician"].to_numpy(), rows["at"].to_numpy()
    effort, engagement = _rated(settings, rows, rng)
    given = sent[who, month] & (rng.uniform(size=len(rows)) < settings.checkins.rated)
    rated_on = _last_days(settings)[month] - rng.integers(0, LAST_DAYS, sent.shape)[who, month]
    table = rows[KEYS].assign(
        rated_on=rated_on.astype("datetime64[s]"),
        effort=effort,
        engagement=engagement,
        stage_of_change=rows["stage_of_change"].where(_changed(rows)),
        interventions=rows["interventions"],
        crisis=_ticked(rows["crisis"].fillna(False)),
        access_barrier=_ticked(rows["missed"] & rows["barrier"]),
    )
    return table[given].sort_values(["month", "clinician_id", "client_id"], ignore_index=True)


def safety_rows(settings: Settings, staff: Staff, sent: NDArray[np.bool_], rng: Generator) -> pd.DataFrame:
    """Survey rows: each check-in's voluntary answer whether it is safe here to say that the work is too much."""
    mean, between, within = SAFETY
    level = mean + between * rng.standard_normal((len(sent), 1))
    answer = np.clip(np.rint(level + within * rng.standard_normal(sent.shape)), 0, 10)
    who, month = np.nonzero(sent & (rng.uniform(size=sent.shape) < 0.85))
    return pd.DataFrame(
        {
            "clinician_id": words(staff.ids, who),
            "completed_on": _last_days(settings)[month].astype("datetime64[s]"),
            "instrument": pd.Series("team_safety", index=range(len(who)), dtype="str"),
            "item": pd.Series("total", index=range(len(who)), dtype="str"),
            "response": answer[who, month],
        }
    )


def _last_days(settings: Settings) -> NDArray[np.datetime64]:
    """The last day of each month."""
    return settings.calendar.to_timestamp(how="end").normalize().to_numpy("datetime64[D]")


def _asked(
    settings: Settings,
    staff: Staff,
    panel: pd.DataFrame,
    sessions: pd.DataFrame,
    cases: pd.DataFrame,
    clients: pd.Series,
) -> pd.DataFrame:
    """The client-months that a form asks about, with their latent states and what the month's sessions hold."""
    states = pd.DataFrame(
        {
            "clinician_id": words(staff.ids, panel["clinician"]),
            "client_id": words(clients, panel["client"]),
            "month": settings.calendar.take(panel["month"].to_numpy()),
            "clinician": panel["clinician"].to_numpy(),
            "client": panel["client"].to_numpy(),
            "at": panel["month"].to_numpy(),
            "load": panel["load"].to_numpy(),
            "of_engagement": panel["engagement"].to_numpy(),
            "barrier": cases["barrier"].to_numpy()[panel["case"]],
        }
    )
    held = sessions.assign(month=sessions["scheduled_start"].dt.to_period("M"))
    missed = held["status"].isin(["no_show", "late_cancelled", "client_cancelled"])
    by_month = held.assign(missed=missed).groupby(KEYS, as_index=False)
    told = by_month.agg(
        stage_of_change=("stage_of_change", "last"),
        interventions=("interventions", _every_term),
        crisis=("crisis", "max"),
        missed=("missed", "any"),
    )
    return states.merge(told, on=KEYS, how="inner", validate="one_to_one")


def _ticked(boxes: pd.Series) -> pd.Series:
    """True, or missing where a box was left alone."""
    return boxes.astype("boolean").where(boxes.astype(bool))


def _every_term(lists: pd.Series) -> str | None:
    """The month's interventions, each once, in their order."""
    terms = dict.fromkeys(term for these in lists.dropna() for term in these.split(";"))
    return ";".join(terms) or None


def _rated(settings: Settings, rows: pd.DataFrame, rng: Generator) -> tuple[Array, Array]:
    """Ratings of effort and engagement, whole points from 0 to 10, with the errors of one person in one minute."""
    plan, shape = settings.checkins, (settings.clinicians, settings.months)
    mood = plan.mood * rng.standard_normal(shape)[rows["clinician"], rows["at"]]
    heavy, other = rng.standard_normal((2, len(rows)))
    light = -plan.halo * heavy + np.sqrt(1 - plan.halo**2) * other
    effort = _points(settings, plan.effort, rows, rows["load"].to_numpy(), heavy, rng) + mood
    engagement = _points(settings, plan.engagement, rows, rows["of_engagement"].to_numpy(), light, rng) - mood
    return np.clip(np.rint(effort), 0, 10) + 0.0, np.clip(np.rint(engagement), 0, 10) + 0.0  # no −0


def _points(
    settings: Settings, signal: Signal, rows: pd.DataFrame, state: Array, error: Array, rng: Generator
) -> Array:
    """A rating before it is rounded: what it follows, the habits of clinician and client, and its error."""
    own = rng.standard_normal(settings.clinicians)[rows["clinician"]]
    clients = rng.standard_normal(int(rows["client"].max()) + 1 if len(rows) else 0)[rows["client"]]
    habit = settings.style * signal.style * (own + settings.client_style * clients)
    return signal.centre + settings.loadings * signal.loading * state + habit + settings.noise * signal.noise * error


def _changed(rows: pd.DataFrame) -> pd.Series:
    """Where the stage is another than that of the client's last month with this clinician."""
    ordered = rows.sort_values([*KEYS[:2], "at"])
    before = ordered.groupby(KEYS[:2])["stage_of_change"].transform(lambda stages: stages.ffill().shift())
    return (ordered["stage_of_change"].notna() & (ordered["stage_of_change"] != before)).reindex(rows.index)
