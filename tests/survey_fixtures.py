"""Survey rows in few words: ready ProQOL-5 scores given as T, and activation ratings."""

from __future__ import annotations

import pandas as pd

from caseload.estimates.instruments import score_surveys


def month(text: str) -> pd.Period:
    return pd.Period(text, "M")


def months(first: str, last: str) -> pd.PeriodIndex:
    return pd.period_range(first, last, freq="M")


def wave(day: str, burnout: float | None, sts: float | None, clinician: str = "C1") -> pd.DataFrame:
    """Ready ProQOL-5 scores given as T; None leaves a scale out."""
    raw = {"burnout": (burnout, 22.8, 5.4), "secondary_traumatic_stress": (sts, 16.7, 5.7)}
    kept = {scale: mean + (t - 50) / 10 * sd for scale, (t, mean, sd) in raw.items() if t is not None}
    frame = pd.DataFrame({"item": list(kept), "response": list(kept.values())})
    return frame.assign(clinician_id=clinician, completed_on=pd.Timestamp(day), instrument="proqol5")


def rating(day: str, response: float, clinician: str = "C1") -> pd.DataFrame:
    frame = pd.DataFrame({"item": ["total"], "response": [response]})
    return frame.assign(clinician_id=clinician, completed_on=pd.Timestamp(day), instrument="activation")


def scores(*frames: pd.DataFrame) -> pd.DataFrame:
    return score_surveys(pd.concat(frames, ignore_index=True))
