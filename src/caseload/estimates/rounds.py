"""A team's survey answers in rounds: each answer stands in one round, and each round has enough people.

A round ends with the first month by whose end enough people have answered since the last one. So no two figures of a
team differ by the answers of a few, as those of months or overlapping windows would.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

COLUMNS = ["team", "scale", "first", "last", "clinician_id", "t"]


def survey_rounds(scores: pd.DataFrame, teams: pd.Series, least: int) -> pd.DataFrame:
    """Who answered in which round: COLUMNS, one row per team, scale, round and person.

    Takes scored surveys (clinician_id, completed_on, scale, `t`; without a T-score they are left out), the team of each
    clinician (index clinician_id; who has none is left out) and how many people make a round. `first` and `last` are
    the months of a round's first and last answer; of several answers of a person the last one counts. Answers since the
    last round stand in none.
    """
    known = scores.loc[scores["t"].notna(), ["clinician_id", "completed_on", "scale", "t"]]
    known = known.assign(team=known["clinician_id"].map(teams), month=known["completed_on"].dt.to_period("M"))
    known = known.dropna(subset="team").sort_values("completed_on", kind="stable")
    rounds = [
        round_.assign(team=str(team), scale=str(scale))
        for (team, scale), rows in known.groupby(["team", "scale"])
        for round_ in _rounds(rows, least)
    ]
    return pd.concat(rounds, ignore_index=True)[COLUMNS] if rounds else pd.DataFrame(columns=COLUMNS)


def _rounds(rows: pd.DataFrame, least: int) -> Iterator[pd.DataFrame]:
    """The rounds of one team and scale, oldest first."""
    waiting: list[pd.DataFrame] = []
    for _, month in rows.groupby("month"):
        waiting.append(month)
        together = pd.concat(waiting)
        answered = together.drop_duplicates("clinician_id", keep="last")
        if len(answered) >= least:
            yield answered.assign(first=together["month"].min(), last=together["month"].max())
            waiting = []
