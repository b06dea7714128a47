"""The eighteen signals of effort and engagement: what each is, on which scale, and what it is counted over.

A signal is averaged over the rows of a client-month on which it was recorded; the number of those rows travels with
it, because a rate from two sessions says less than one from twelve. Skewed times are averaged as log(1 + minutes).
`sign` is +1 where a higher value means more of the side it belongs to, −1 where it means less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Side = Literal["effort", "engagement"]


@dataclass(frozen=True)
class Signal:
    """One signal. `name` is its column in the signal frame and `name + "_n"` the count behind it.

    Examples
    --------
    >>> from caseload.signals import SIGNALS
    >>> SIGNALS[0].name, SIGNALS[0].side, SIGNALS[0].label
    ('prep', 'effort', 'preparation')
    """

    name: str
    side: Side
    label: str
    unit: str
    sign: int = 1

    @property
    def family(self) -> str:
        """What is recorded in one act with it, in words: if recording changes, it changes for the family."""
        return FAMILIES[self.name]


FAMILIES = {
    "prep": "documentation",
    "notes": "documentation",
    "overrun": "sessions",
    "talk_share": "sessions",
    "contacts_to": "contacts",
    "after_hours": "contacts",
    "rebooking": "contacts",
    "effort_rating": "ratings",
    "effort_checkin": "ratings",
    "attendance": "appointments",
    "lateness": "sessions",
    "homework": "homework",
    "srs": "clients' ratings",
    "engagement_rating": "ratings",
    "contacts_from": "contacts",
    "change_talk": "talk",
    "sustain_talk": "talk",
    "engagement_checkin": "ratings",
}
EFFORT = (
    Signal("prep", "effort", "preparation", "log(1 + minutes) a session"),
    Signal("notes", "effort", "notes", "log(1 + minutes) a session"),
    Signal("overrun", "effort", "overrun", "minutes over the planned time, attended sessions"),
    Signal(
        "contacts_to",
        "effort",
        "contacts for the client",
        "log(1 + minutes) a month, unplanned, no crisis",
    ),
    Signal("after_hours", "effort", "contacts after hours", "share of those contacts"),
    Signal("rebooking", "effort", "rebooking calls", "contacts in the week after each missed session"),
    Signal("effort_rating", "effort", "own effort rating", "0 to 10"),
    Signal("talk_share", "effort", "clinician's talk share", "share of the session"),
    Signal("effort_checkin", "effort", "effort in the check-in", "0 to 10, once a month"),
)
ENGAGEMENT = (
    Signal("attendance", "engagement", "attendance", "share of sessions the client could attend"),
    Signal("lateness", "engagement", "lateness", "log(1 + minutes) an attended session", sign=-1),
    Signal("homework", "engagement", "homework done", "share of what was set"),
    Signal("srs", "engagement", "session rating (SRS)", "−log(1 + points below 40)"),
    Signal("engagement_rating", "engagement", "engagement rating", "0 to 10, rated by the clinician"),
    Signal("contacts_from", "engagement", "contacts from the client", "log(1 + contacts) a month"),
    Signal("change_talk", "engagement", "change talk", "share of the client's utterances"),
    Signal("sustain_talk", "engagement", "sustain talk", "share of the client's utterances", sign=-1),
    Signal("engagement_checkin", "engagement", "engagement in the check-in", "0 to 10, once a month, by the clinician"),
)
SIGNALS = EFFORT + ENGAGEMENT

OF_APPOINTMENTS = ("attendance", "lateness", "overrun")
"""Signals that a list of appointments holds, with times and lengths. None of them says how hard anybody worked."""
CASE_MIX = ("severity", "trauma", "crisis", "early", "access_barrier", "programme", "stage")
"""Columns that describe the client and the phase of the work rather than what anybody did."""
