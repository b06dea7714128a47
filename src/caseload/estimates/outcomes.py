"""Clients' outcome measures and reliable change (Jacobson & Truax 1991). They stand beside effort and are in no flag.

The course of one client with one clinician in one measure runs from its first score to the latest one that was known.
A change is reliable where errors of measurement hardly explain it. Only the ORS comes with published numbers here; of
another measure the practice says them (`settings.toml`), else its course is shown without a verdict.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from caseload.estimates.frames import CLIENTS_TABLE, OUTCOMES
from caseload.estimates.instruments import RELIABLE
from caseload.intake.measures import Measure, measure_key

PUBLISHED: dict[str, Measure] = {"ors": Measure(higher_is_better=True, reliable_change=5.0, cut=25.0)}
"""ORS: cut-off of 25 and reliable change of 5 points for adults (Miller, Duncan et al. 2003 and their manual)."""
BETTER, WORSE, NONE = "better", "worse", "none"
"""What a change is, where it can be told. `none`: within measurement error."""
DIGITS = 9
"""Decimals that differences of scores are compared by: 24.9 − 19.9 is 5."""
COURSE = ["clinician_id", "client_id", "measure"]
CSV_COLUMNS = tuple(name for name in CLIENTS_TABLE.names if name.startswith("outcome_"))
"""Of clients.csv: the measure with most scores so far, its first and latest score, their difference, the verdict."""


def outcome_scores(outcomes: pd.DataFrame, sessions: pd.DataFrame) -> pd.DataFrame:
    """Every score of the table `outcomes` and every `ors_total` of `sessions`, one a clinician, client, measure, day.

    A score without a clinician belongs to every clinician who has sessions with the client. Where both tables have a
    score of one day, that of `outcomes` counts. Returns clinician_id, client_id, measure (`measure_key`), completed_on
    (midnight), score, higher_is_better (boolean, missing where nobody says), sorted by all keys.
    """
    kept = [*COURSE, "completed_on", "score", "higher_is_better"]
    rated = sessions.loc[sessions["ors_total"].notna(), ["clinician_id", "client_id", "scheduled_start", "ors_total"]]
    rated = rated.rename(columns={"scheduled_start": "completed_on", "ors_total": "score"})
    rated = rated.assign(measure="ors", higher_is_better=pd.array([pd.NA] * len(rated), dtype="boolean"))
    given = outcomes[outcomes["score"].notna()]
    given = given.assign(measure=given["measure"].map(measure_key).astype("str"))
    nobodys = given[given["clinician_id"].isna()].drop(columns="clinician_id")
    met = sessions[["clinician_id", "client_id"]].drop_duplicates()
    parts = [given[given["clinician_id"].notna()], nobodys.merge(met, on="client_id"), rated]
    table = pd.concat([part[kept].astype({"higher_is_better": "boolean"}) for part in parts], ignore_index=True)
    table["completed_on"] = table["completed_on"].dt.normalize()
    table = table.drop_duplicates([*COURSE, "completed_on"], keep="first")
    return table.sort_values([*COURSE, "completed_on"], ignore_index=True)


def outcome_courses(client_months: pd.DataFrame, scores: pd.DataFrame, own: Mapping[str, Measure]) -> pd.DataFrame:
    """What each client's measures say at the end of a month: `frames.OUTCOMES`, a row a client-month and measure.

    `client_months` has clinician_id, client_id and month; `scores` is the frame of `outcome_scores`; `own` what the
    practice says of its measures. Nothing later than the month's end is used. A measure whose direction is unknown, or
    told in two ways, has no verdict; nor has one without a reliable change, nor a single score. A score at
    the cut is on the side of people in care.

    Examples
    --------
    >>> import caseload
    >>> from caseload.estimates.outcomes import outcome_courses, outcome_scores
    >>> practice = caseload.read_practice("data/sample").until("2026-05")
    >>> scores = outcome_scores(practice.outcomes, practice.sessions)
    >>> asked = scores[["clinician_id", "client_id"]].drop_duplicates().head(1).assign(month=practice.months[-1])
    >>> outcome_courses(asked, scores, {})[["measure", "scores", "first", "latest"]]
      measure  scores  first  latest
    0     ors      10   20.8    24.9
    """
    keys = [*COURSE, "at"]
    by = scores.assign(at=scores["completed_on"].dt.to_period("M").astype("int64")).groupby(COURSE)
    known = scores.assign(
        at=scores["completed_on"].dt.to_period("M").astype("int64"),
        scores=by.cumcount() + 1,
        first=by["score"].transform("first"),
        first_on=by["completed_on"].transform("first"),
    ).rename(columns={"score": "latest", "completed_on": "latest_on"})
    known = known.drop_duplicates(keys, keep="last").drop(columns="higher_is_better")
    asked = client_months[["clinician_id", "client_id", "month"]]
    asked = asked.assign(at=asked["month"].astype("int64")).merge(known[COURSE].drop_duplicates(), on=COURSE[:2])
    table = pd.merge_asof(asked.sort_values("at"), known.sort_values("at"), on="at", by=COURSE)
    table = table[table["latest"].notna()].sort_values([*COURSE, "month"], ignore_index=True)
    rules = (
        pd.DataFrame(_rules(scores, own), index=["sign", "least", "cut"]).T.reindex(table["measure"]).to_numpy(float)
    )
    sign, least, cut = rules.T
    first, latest = table["first"].to_numpy(), table["latest"].to_numpy()
    table["change"] = np.where(table["scores"] < 2, np.nan, latest - first)
    table["reliable"] = _verdict(np.round(sign * table["change"].to_numpy(), DIGITS), least)
    table["passed_cut"] = (sign * first <= sign * cut) != (sign * latest <= sign * cut)
    return table.astype({"scores": int, "measure": "str"})[OUTCOMES.names]


def main_outcomes(courses: pd.DataFrame) -> pd.DataFrame:
    """One measure a client-month, that with most scores so far (of two alike the first by name), as clients.csv has it.

    Takes `frames.OUTCOMES`; returns clinician_id, client_id, month and `CSV_COLUMNS`.
    """
    keys = ["clinician_id", "client_id", "month"]
    main = courses.sort_values(["scores", "measure"], ascending=[False, True]).drop_duplicates(keys)
    names = dict(zip(("measure", "first", "latest", "change", "reliable"), CSV_COLUMNS, strict=True))
    return main.rename(columns=names)[[*keys, *CSV_COLUMNS]]


def reliable_points(measure: Measure) -> float:
    """From how many points on a change is reliable: the published number, else 1.96·√2·SD·√(1 − r); NaN without either.

    Examples
    --------
    >>> from caseload.estimates.outcomes import reliable_points
    >>> from caseload.intake.measures import Measure
    >>> round(reliable_points(Measure(sd=8.0, reliability=0.9)), 2)
    7.01
    """
    if measure.reliable_change is not None:
        return float(measure.reliable_change)
    if measure.sd is None or measure.reliability is None:
        return np.nan
    return RELIABLE * np.sqrt(2.0) * measure.sd * np.sqrt(1 - measure.reliability)


def _rules(scores: pd.DataFrame, own: Mapping[str, Measure]) -> dict[str, tuple[float, float, float]]:
    """Of each measure its direction (1, −1, NaN = unknown or told in two ways), reliable change and cut."""
    found = {}
    for name, said in scores.groupby("measure")["higher_is_better"]:
        measure = own.get(str(name), PUBLISHED.get(str(name), Measure()))
        words = {bool(word) for word in said.dropna()} | {measure.higher_is_better} - {None}
        sign = (1.0 if words.pop() else -1.0) if len(words) == 1 else np.nan
        found[str(name)] = (sign, reliable_points(measure), np.nan if measure.cut is None else measure.cut)
    return found


def _verdict(better: np.ndarray, least: np.ndarray) -> pd.api.extensions.ExtensionArray:
    unknown = np.isnan(better) | np.isnan(least)
    words = np.select([unknown, better >= least, -better >= least], ["", BETTER, WORSE], NONE)
    return pd.array(words, dtype="str")
