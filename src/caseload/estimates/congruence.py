"""Interventions against the client's stage of change: ahead of the client, behind, or where the client is.

Stages are 1 precontemplation, 2 contemplation, 3 preparation, 4 action, 5 maintenance (Prochaska, DiClemente & Norcross
1992). An attended session is *rated* when its interventions are recorded and a stage is known: its own rating, else the
client's last one in an attended session of any clinician, at most STAGE_DAYS days before; nothing later is used.

A rated session counts with weights: `ahead` is 1 when any of its interventions lies above the stage's range, ½ when the
furthest one is only a soft fit; `behind` likewise; `off` is the larger of the two, so that a session with one
intervention ahead and one behind counts once. Safety work never counts, unknown terms neither.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import betainc, betaincinv

from caseload.estimates.frames import OFF_STAGE, STAGE_GRIDS
from caseload.estimates.interventions import FITS, Fit, offset, weights
from caseload.estimates.trends import Months, as_months
from caseload.intake.tables import STAGES
from caseload.signals import STAGE_DAYS  # also the window that a month looks back over from its end

OFF_SHARE = 0.30  # of rated sessions off the stage: the question is whether the true share is above it
PRIOR = (1.0, 3.0)  # Beta prior of the share
ONE_STAGE_OFF = 0.15  # probability that a rating is one stage off (either side; at the ends of the scale inwards)
MIN_CLIENTS, MIN_SESSIONS = 3, 8  # with a rated session; rated
LAST_SESSIONS, NAMED_FROM, NAMED_DAYS = (
    4,
    3.0,
    365,
)  # of at most a year: a client is named with 3 of the last 4 rated sessions ahead (or behind)
INTERVAL = (0.05, 0.95)


_NEEDED = ["session_id", "clinician_id", "client_id", "scheduled_start", "interventions", "stage_of_change"]
RATED_COLUMNS = ["session_id", "clinician_id", "client_id", "scheduled_start", "interventions", "stage", "stage_days"]
COLUMNS = ["rated_sessions", "clients", "ahead", "behind", "off", "share", "share_low", "share_high", "p", "enough"]


def rated_sessions(sessions: pd.DataFrame, fits: Mapping[str, Fit] = FITS) -> pd.DataFrame:
    """One row per rated session, by time.

    RATED_COLUMNS (stage 1–5; `stage_days` = age of the rating), then `ahead`, `behind`, `off` (0, ½ or 1) and
    `p_off`, the expected `off` over the stages that the rating may stand for.
    """
    known = _with_stage(sessions)
    codes, terms = pd.factorize(known["interventions"])
    ahead, behind = (weights(terms, fits, sign) for sign in (1, -1))
    off = np.maximum(ahead, behind)
    at = (codes, known["stage"].to_numpy() - 1)
    return known.assign(ahead=ahead[at], behind=behind[at], off=off[at], p_off=(off @ true_stage().T)[at])


CHECK_IN = "check-in "
"""How the `session_id` of a month's check-in begins, where it stands among rated sessions."""


def with_check_ins(sessions: pd.DataFrame, ratings: pd.DataFrame) -> pd.DataFrame:
    """Sessions and, as one attended session on the last day of its month, each client-month's rating.

    Takes the `ratings` of a practice; those without a stage and interventions say nothing here. Returns the columns
    that `rated_sessions` needs, with `status`.
    """
    columns = [*_NEEDED, "status"]
    said = ratings[ratings["stage_of_change"].notna() | ratings["interventions"].notna()]
    if said.empty:
        return sessions[columns]
    rows = said[["clinician_id", "client_id", "interventions", "stage_of_change"]].assign(
        session_id=CHECK_IN + said["clinician_id"] + " " + said["client_id"] + " " + said["month"].astype("str"),
        scheduled_start=said["month"].dt.end_time.dt.normalize().astype(sessions["scheduled_start"].dtype),
        status="attended",
    )
    return pd.concat([sessions[columns], rows[columns]], ignore_index=True)


def true_stage() -> np.ndarray:
    """P(true stage | rated stage), rated in rows: ONE_STAGE_OFF goes to the neighbours, at an end to the only one."""
    beside = np.eye(5, k=1) + np.eye(5, k=-1)
    return np.asarray((1 - ONE_STAGE_OFF) * np.eye(5) + ONE_STAGE_OFF * beside / beside.sum(axis=1, keepdims=True))


def _by_intervention(rated: pd.DataFrame, fits: Mapping[str, Fit]) -> pd.DataFrame:
    split = rated[RATED_COLUMNS].assign(intervention=rated["interventions"].str.split(";"))
    table = split.drop(columns="interventions").explode("intervention", ignore_index=True)
    table["intervention"] = table["intervention"].str.strip().astype("str")
    pairs = zip(table["intervention"], table["stage"], strict=True)
    return table.assign(offset=pd.Series([offset(term, stage, fits) for term, stage in pairs], dtype=float))


def stage_congruence(sessions: pd.DataFrame, months: Months, fits: Mapping[str, Fit] = FITS) -> pd.DataFrame:
    """The share of rated sessions off the stage over the STAGE_DAYS days to each month's end, for one month or several.

    `p` = P(share > OFF_SHARE). The true stage of every rated session is imputed in all possible ways: given the rating
    it is that stage with .85, a neighbour with .15, independently. Each session is then truly off with probability
    `p_off`, the number k of sessions truly off among n has a Poisson-binomial distribution, and the share given k is
    Beta(1 + k, 3 + n − k); `p` is exact over k, the interval is that of the Beta with the same mean and variance.

    Returns one row per clinician of `sessions` and month: clinician_id, month, `rated_sessions`, `clients` (with a
    rated session), `ahead`, `behind`, `off` (summed weights, as rated), `share` (posterior mean) and its 90 % interval
    `share_low`, `share_high` (NaN without a rated session), `p` (NaN unless `enough`), `enough` (bool: at least
    MIN_CLIENTS clients and MIN_SESSIONS rated sessions). Sessions after a month's end are not used.

    Examples
    --------
    >>> import caseload
    >>> from caseload.estimates import stage_congruence
    >>> sessions = caseload.read_practice("data/sample").sessions
    >>> found = stage_congruence(sessions, "2026-05").set_index("clinician_id")
    >>> found.loc["C07", ["rated_sessions", "off", "share", "share_low", "share_high"]].astype(float).round(2).tolist()
    [15.0, 0.0, 0.05, 0.0, 0.16]
    """
    rated = rated_sessions(_reaching(sessions, months := as_months(months), STAGE_DAYS), fits)
    return share_off_stage(rated, pd.Index(sessions["clinician_id"].drop_duplicates().sort_values()), months)


def share_off_stage(rated: pd.DataFrame, clinicians: pd.Index, months: Months) -> pd.DataFrame:
    """`stage_congruence` from `rated_sessions`, one row for each of `clinicians` and month."""
    tables = [_month_congruence(_window(rated, month), clinicians, month) for month in as_months(months)]
    empty = pd.DataFrame(columns=["clinician_id", "month", *COLUMNS])
    return pd.concat(tables, ignore_index=True) if tables else empty


def clients_off_stage(sessions: pd.DataFrame, months: Months, fits: Mapping[str, Fit] = FITS) -> pd.DataFrame:
    """Clients with 3 of their last 4 rated sessions with a clinician ahead (or behind), as of each month's end.

    The newest of them lies in the month's window, the others at most NAMED_DAYS days before its end; soft fits count
    half; three rated sessions can suffice. Returns clinician_id, client_id, month, `direction` (`ahead`/`behind`),
    `rated` (sessions looked at), `counted` (their weights), `stage` (of the newest), `session_ids` (`;`-separated,
    oldest first). No row for anybody else.

    Examples
    --------
    >>> import caseload
    >>> from caseload.estimates import clients_off_stage
    >>> found = clients_off_stage(caseload.read_practice("data/sample").sessions, "2026-05")
    >>> found[["clinician_id", "client_id", "direction", "rated", "counted", "stage"]].head(2)
      clinician_id client_id direction  rated  counted  stage
    0          C04     K0062     ahead      4      3.0      1
    1          C04     K0064     ahead      4      3.5      2
    """
    rated = rated_sessions(_reaching(sessions, months := as_months(months), NAMED_DAYS), fits)
    tables = [named_off_stage(rated, month) for month in months]
    return pd.concat(tables, ignore_index=True) if tables else OFF_STAGE.empty()


def named_off_stage(rated: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    """`clients_off_stage` of one month from `rated_sessions`."""
    pair = ["clinician_id", "client_id"]
    known = _window(rated, month, NAMED_DAYS)
    current = known.merge(_window(known, month)[pair].drop_duplicates())
    recent = current.groupby(pair).tail(LAST_SESSIONS).astype({"session_id": "str"})
    table = recent.groupby(pair, as_index=False).agg(
        rated=("stage", "size"),
        ahead=("ahead", "sum"),
        behind=("behind", "sum"),
        stage=("stage", "last"),
        session_ids=("session_id", ";".join),
    )
    long = table.melt([*pair, "rated", "stage", "session_ids"], ["ahead", "behind"], "direction", "counted")
    long.insert(2, "month", pd.PeriodIndex([month] * len(long), freq="M"))
    named = long.loc[long["counted"] >= NAMED_FROM, OFF_STAGE.names]
    return named.sort_values([*pair, "direction"], ignore_index=True)


def sessions_off_stage(rated: pd.DataFrame, month: pd.Period, fits: Mapping[str, Fit] = FITS) -> pd.DataFrame:
    """The rated sessions of a month's window that lie off the stage, from `rated_sessions`, by time.

    RATED_COLUMNS, the weights `ahead` and `behind`, and what makes them: `ahead_with`, `behind_with` (interventions,
    `;`-separated, "" where none).
    """
    window = _window(rated, month)
    table = window.loc[window["off"] > 0, [*RATED_COLUMNS, "ahead", "behind"]].reset_index(drop=True)
    for side, sign in (("ahead", 1), ("behind", -1)):
        pairs = zip(table["interventions"].str.split(";"), table["stage"], strict=True)
        off = [
            ";".join(t.strip() for t in terms if sign * offset(t.strip(), stage, fits) > 0) for terms, stage in pairs
        ]
        table[f"{side}_with"] = pd.Series(off, dtype="str")
    return table


def stage_grid(
    sessions: pd.DataFrame, clinician_id: str, month: pd.Period, fits: Mapping[str, Fit] = FITS
) -> pd.DataFrame:
    """What `plot_stage_interventions` draws: intervention, stage (1–5), sessions (int), offset (signed steps).

    Counts one clinician's rated sessions over the month's window; a session with two interventions counts under both.

    Examples
    --------
    >>> import pandas as pd
    >>> import caseload
    >>> from caseload.estimates import stage_grid
    >>> sessions = caseload.read_practice("data/sample").sessions
    >>> stage_grid(sessions, "C07", pd.Period("2026-05")).head(2)
      intervention  stage  sessions  offset
    0     alliance      1         1     0.0
    1     alliance      2         1     0.0
    """
    rated = _with_stage(_reaching(sessions, as_months(month), STAGE_DAYS))
    grids = stage_grids(rated[rated["clinician_id"] == clinician_id], month, fits)
    return grids[GRID_COLUMNS]


GRID_COLUMNS = STAGE_GRIDS.names[1:]


def stage_grids(rated: pd.DataFrame, month: pd.Period, fits: Mapping[str, Fit] = FITS) -> pd.DataFrame:
    """`stage_grid` of every clinician (`clinician_id`) with a session in the month's window, from `rated_sessions`."""
    table = _by_intervention(_window(rated, month), fits)
    counted = table.groupby(["clinician_id", "intervention", "stage"], as_index=False).agg(
        sessions=("session_id", "nunique"), offset=("offset", "first")
    )
    return counted.astype({"sessions": int})


def p_share_off(p_off: np.ndarray, n: np.ndarray) -> np.ndarray:
    """P(share > OFF_SHARE) for each row: `p_off` holds its sessions' probabilities padded with 0, `n` their number."""
    count = _poisson_binomial(p_off)
    k = np.arange(count.shape[1])
    failures = np.maximum(n[:, None] - k, 0)
    above = 1.0 - betainc(PRIOR[0] + k, PRIOR[1] + failures, OFF_SHARE)
    return np.clip((count * above).sum(axis=1), 0.0, 1.0)


def _with_stage(sessions: pd.DataFrame) -> pd.DataFrame:
    """Attended sessions with interventions and a stage known at that time, by time."""
    attended = sessions.loc[sessions["status"] == "attended", _NEEDED].sort_values(["scheduled_start", "session_id"])
    stage = attended["stage_of_change"].map({name: number for number, name in enumerate(STAGES, start=1)}).astype(float)
    day = attended["scheduled_start"].dt.normalize()
    last = pd.DataFrame({"stage": stage, "rated_on": day.where(stage.notna())})
    carried = last.groupby(attended["client_id"]).ffill()
    days = (day - carried["rated_on"]).dt.days
    keep = (days <= STAGE_DAYS) & attended["interventions"].fillna("").str.strip(" ;").ne("")
    table = attended.assign(stage=carried["stage"], stage_days=days).loc[keep, RATED_COLUMNS]
    return table.astype({"stage": int, "stage_days": int}).reset_index(drop=True)


def _reaching(sessions: pd.DataFrame, months: pd.PeriodIndex, days: int) -> pd.DataFrame:
    """The sessions that the `days` days to the end of any of the months depend on, with ratings carried into them."""
    if months.empty:
        return sessions.iloc[:0]
    start = (months.min() + 1).start_time - pd.Timedelta(days=days + STAGE_DAYS + 1)
    times = sessions["scheduled_start"]
    return sessions[(times >= start) & (times < (months.max() + 1).start_time)]


def _window(by_time: pd.DataFrame, month: pd.Period, days: int = STAGE_DAYS) -> pd.DataFrame:
    """The rows of the days to a month's end, of a frame sorted by `scheduled_start`."""
    end = (month + 1).start_time
    times = by_time["scheduled_start"]
    return by_time.iloc[times.searchsorted(end - pd.Timedelta(days=days)) : times.searchsorted(end)]


def _month_congruence(window: pd.DataFrame, clinicians: pd.Index, month: pd.Period) -> pd.DataFrame:
    groups = window.groupby("clinician_id")
    table = groups[["ahead", "behind", "off"]].sum().reindex(clinicians, fill_value=0.0)
    table["rated_sessions"] = groups.size().reindex(clinicians, fill_value=0)
    table["clients"] = groups["client_id"].nunique().reindex(clinicians, fill_value=0)
    table["enough"] = (table["clients"] >= MIN_CLIENTS) & (table["rated_sessions"] >= MIN_SESSIONS)
    p_off, n = _padded(window, clinicians), table["rated_sessions"].to_numpy()
    table["p"] = np.where(table["enough"], p_share_off(p_off, n), np.nan)
    spread = np.where(n[:, None] > 0, _share(p_off, n), np.nan)
    table["share"], table["share_low"], table["share_high"] = spread.T
    table.insert(0, "month", pd.PeriodIndex([month] * len(table), freq="M"))
    return table.reset_index()[["clinician_id", "month", *COLUMNS]]


def _padded(window: pd.DataFrame, clinicians: pd.Index) -> np.ndarray:
    """`p_off` of each clinician's sessions in a row, padded with 0."""
    position = window.groupby("clinician_id").cumcount().to_numpy()
    table = np.zeros((len(clinicians), int(position.max(initial=-1)) + 1))
    table[clinicians.get_indexer(pd.Index(window["clinician_id"])), position] = window["p_off"]
    return table


def _poisson_binomial(p: np.ndarray) -> np.ndarray:
    """P(k successes) for k = 0 … columns of each row of independent probabilities."""
    count = np.zeros((len(p), p.shape[1] + 1))
    count[:, 0] = 1.0
    for column in p.T[:, :, None]:
        grown = count * (1 - column)
        grown[:, 1:] += count[:, :-1] * column
        count = grown
    return count


def _share(p_off: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Posterior mean of the share and its 90 % interval, row by row, by the Beta with the same mean and variance."""
    expected, variance = p_off.sum(axis=1), (p_off * (1 - p_off)).sum(axis=1)
    size = n + sum(PRIOR)
    mean = (PRIOR[0] + expected) / size
    second = ((PRIOR[0] + expected) * (PRIOR[0] + 1 + expected) + variance) / (size * (size + 1))
    strength = mean * (1 - mean) / (second - mean**2) - 1
    low, high = (betaincinv(mean * strength, (1 - mean) * strength, level) for level in INTERVAL)
    return np.column_stack([mean, low, high])
