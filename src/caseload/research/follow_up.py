"""Simulated practices followed month by month: what the reports would show, and who is over-invested since when.

Flags are the reports' own (`flags.over_investment`, `flags.states`); each month is estimated from what was recorded
by its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from caseload.errors import ParameterError
from caseload.estimates import BalanceModel
from caseload.estimates.attendance import attendance_months, marked_alone
from caseload.flags import over_investment
from caseload.flags.states import flag_states
from caseload.signals import monthly_signals
from caseload.simulate import Settings, Simulated
from caseload.simulate.simulated import observe, random_streams
from caseload.simulate.staff import Staff, draw_staff

KEPT = ["p_over_invested", "compensation", "compensation_low", "compensation_high", "gap", "gap_low", "gap_high"]
KEYS = ["clinician_id", "month"]


def design(settings: Settings, before: int) -> Settings:
    """The settings with one beginning for everybody, `before` months after the first; it lasts, at exactly its size.

    Everybody is there from the first month, so that nobody has fewer months before it than the design says. Raises
    ParameterError where no month is left after it.
    """
    if not 0 <= before < settings.months:
        raise ParameterError(f"before must be a number of months from 0 to {settings.months - 1}, not {before}")
    parts = tuple(replace(part, onset=before, end=None, spread=0.0) for part in settings.over_investment)
    return replace(settings, over_investment=parts, caseload=replace(settings.caseload, late_starters=0.0))


def seed_of(seed: int, repeat: int) -> int:
    """The seed of one repeat: the same whoever computes it, and unlike those of other seeds."""
    return int(np.random.SeedSequence((seed, repeat)).generate_state(1)[0])


def followed(settings: Settings, before: int, repeat: int) -> pd.DataFrame:
    """One practice of a design, a row a clinician and month with sessions.

    repeat, clinician_id, month (1 = the first of the records), since (1 = the month in which over-investment began, 0 =
    not over-invested), kind and size of the clinician's over-investment (`none`, NaN), state, slope (true), and the
    estimates of KEPT.
    """
    settings = replace(settings, seed=seed_of(settings.seed, repeat))
    streams = random_streams(settings)
    staff = draw_staff(settings, streams["staff"])
    simulated = observe(settings, staff, streams)
    estimates = pd.concat(list(_months(simulated)), ignore_index=True)
    estimates["state"] = flag_states(estimates[["clinician_id", "month"]].join(over_investment.rule(estimates)))
    month = pd.PeriodIndex(estimates["month"]).astype("int64") - settings.calendar[0].ordinal + 1
    table = estimates[["clinician_id", "state", *KEPT]].merge(_parts(staff), on="clinician_id")
    slope = simulated.truth.clinicians.set_index(["clinician_id", "month"])["compensation"]
    true = slope.reindex(pd.MultiIndex.from_frame(estimates[["clinician_id", "month"]])).to_numpy()
    since = np.where(table["kind"] == "none", 0, np.maximum(month - before, 0))
    return table.assign(repeat=repeat, month=month, since=since, slope=true)


def _months(simulated: Simulated) -> Iterator[pd.DataFrame]:
    """The clinicians' estimates of every month, each with nothing later than its end, and what appointments say."""
    practice = simulated.practice()
    signals = monthly_signals(practice)
    marks = ["attendance_watch", "attendance_alone"]
    said = marked_alone(attendance_months(practice.sessions, simulated.settings.calendar), signals)[[*KEYS, *marks]]
    for month in sorted(signals["month"].unique()):
        estimated = BalanceModel().fit(signals[signals["month"] <= month]).estimate(month).clinicians
        table = estimated.merge(said, on=KEYS, how="left")
        yield table.assign(**{name: table[name].eq(True).to_numpy(bool) for name in marks})


def _parts(staff: Staff) -> pd.DataFrame:
    """clinician_id, kind, size of everybody's over-investment."""
    traits = staff.traits[["clinician_id", "kind", "size"]]
    return traits.assign(size=traits["size"].where(traits["kind"] != "none"))
