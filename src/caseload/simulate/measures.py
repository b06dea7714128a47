"""How each recorded signal follows effort or engagement, in a simulated practice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True)
class Signal:
    """How one recorded signal follows a latent state, on the signal's own (linked) scale.

    value = link(centre + loading·latent + clinician offset + client offset + noise·ε); `latent` is the effort that was
    spent (case mix included) or the engagement, `style` the SD of the clinicians' constant offsets.

    Examples
    --------
    >>> from math import log
    >>> from caseload.simulate import Recording, Settings, Signal, simulate
    >>> always_twenty = Signal("effort", centre=log(20), loading=0.0, noise=0.0, style=0.0)
    >>> signals = {**Settings().signals, "prep_minutes": always_twenty}
    >>> settings = Settings(clinicians=2, months=1, signals=signals, recording=Recording(missing={}))
    >>> sessions = simulate(settings).tables["sessions"]
    >>> set(sessions.loc[sessions["status"] == "attended", "prep_minutes"].tolist())
    {20.0}
    """

    side: Literal["effort", "engagement"]
    centre: float
    loading: float
    noise: float
    style: float


SIGNALS: Mapping[str, Signal] = MappingProxyType(
    {
        # log minutes
        "prep_minutes": Signal("effort", 2.2, 0.30, 0.50, 0.35),
        "note_minutes": Signal("effort", 2.5, 0.25, 0.35, 0.35),
        "contact_minutes": Signal("effort", 1.8, 0.12, 0.60, 0.15),
        # minutes beyond the schedule
        "overrun": Signal("effort", 0.5, 2.5, 5.0, 1.5),
        # log contacts a client-month
        "contacts_to_client": Signal("effort", -0.2, 0.50, 0.30, 0.35),
        "contacts_from_client": Signal("engagement", -0.6, 0.30, 0.40, 0.15),
        # logits
        "rebooking": Signal("effort", 0.2, 0.70, 0.0, 0.50),
        "after_hours": Signal("effort", -2.8, 0.35, 0.0, 0.40),
        "clinician_talk_share": Signal("effort", -0.3, 0.20, 0.30, 0.20),
        "attendance": Signal("engagement", 1.9, 0.85, 0.0, 0.15),
        "lateness": Signal("engagement", -1.2, -0.60, 0.0, 0.10),
        "homework_done": Signal("engagement", 0.4, 0.90, 0.90, 0.20),
        "change_talk_share": Signal("engagement", -0.6, 0.35, 0.35, 0.10),
        "sustain_talk_share": Signal("engagement", -1.2, -0.35, 0.35, 0.10),
        # points of the scale
        "clinician_effort_rating": Signal("effort", 5.0, 1.1, 1.2, 1.0),
        "client_engagement_rating": Signal("engagement", 6.0, 1.1, 1.1, 1.0),
        "srs_total": Signal("engagement", 34.5, 2.0, 2.2, 0.8),
    }
)
