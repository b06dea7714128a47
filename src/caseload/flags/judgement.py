"""All flags of all clinician-months: probability, state, reason, and since when."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import pandas as pd

from caseload.flags.every import FLAGS
from caseload.flags.evidence import KEYS, Evidence
from caseload.flags.flag import Flag
from caseload.flags.frames import JUDGED
from caseload.flags.states import flag_states, state_since


def judge(evidence: Evidence) -> pd.DataFrame:
    """Every flag of every clinician-month as the clinician's own copy shows it.

    Returns `frames.JUDGED`, sorted by clinician, month and the order of FLAGS: `state`
    (of STATES), `probability` (NaN where not enough data), `reason`, `since` (month) and `before` (the state before).
    """
    return _assembled([judged(evidence.of(flag.name), flag) for flag in FLAGS.values()])


def shared_flags(evidence: Evidence, sharing: AbstractSet[str]) -> pd.DataFrame:
    """Every flag as any file but a clinician's own copy may show it (columns as `judge`).

    For clinicians not in `sharing`, flags that rest on self-report are not enough data with the reason `no shared
    survey`, whether or not a survey exists; unmet provision needs no survey and still makes a watch. States are read
    anew, so that "since" betrays nothing either.
    """
    return _assembled([judged(_masked(evidence.of(flag.name), flag, sharing), flag) for flag in FLAGS.values()])


def _masked(months: pd.DataFrame, flag: Flag, sharing: AbstractSet[str]) -> pd.DataFrame:
    if not flag.self_reported:
        return months
    kept = [*KEYS, *flag.reported_by_others]
    hidden = ~months["clinician_id"].isin(sharing)
    masked = months.copy()
    for column in months.columns.difference(kept):
        empty = False if months[column].dtype == bool else None
        masked[column] = months[column].mask(hidden, empty)
    return masked


def judged(months: pd.DataFrame, flag: Flag) -> pd.DataFrame:
    """One flag of clinician-months: clinician_id, month, state, probability, reason, flag."""
    rule = flag.rule(months)
    table = months.drop(columns=rule.columns, errors="ignore").join(rule)
    table["state"] = flag_states(table[[*KEYS, *rule.columns]])
    table["reason"] = [flag.because(row) for row in table.to_dict("records")]
    return table[[*KEYS, "state", "probability", "reason"]].assign(flag=flag.name)


def _assembled(tables: list[pd.DataFrame]) -> pd.DataFrame:
    table = state_since(pd.concat(tables, ignore_index=True))
    order = table["flag"].map({flag: at for at, flag in enumerate(FLAGS)})
    table = table.assign(order=order).sort_values(["clinician_id", "month", "order"], ignore_index=True)
    return table[JUDGED.names]
