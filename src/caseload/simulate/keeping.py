"""How a simulated practice keeps its records: which tables and columns exist, which cells are lost, the check-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from caseload.simulate.measures import Signal

MISSING: Mapping[str, float] = MappingProxyType(
    {
        "prep_minutes": 0.15,
        "note_minutes": 0.15,
        "actual_minutes": 0.03,
        "minutes_late": 0.2,
        "stage_of_change": 0.35,
        "interventions": 0.25,
        "homework_set": 0.1,
        "homework_done": 0.2,
        "srs_total": 0.5,
        "ors_total": 0.5,
        "clinician_effort_rating": 0.5,
        "client_engagement_rating": 0.5,
        "clinician_talk_share": 0.97,
        "minutes": 0.1,
        "severity": 0.05,
    }
)


@dataclass(frozen=True)
class Recording:
    """What reaches the tables. `tables` and `columns` None: everything of the contract.

    `columns` maps a table to the columns that exist; `missing` maps a column to the mean share of its cells that are
    lost (the clinicians' shares spread around it by `missing_spread` logits; the three talk shares go together).

    Examples
    --------
    >>> from caseload.simulate import Recording, Settings, simulate
    >>> recording = Recording(
    ...     tables=("sessions", "clients"), columns={"clients": ("client_id", "severity")}, missing={"severity": 1.0}
    ... )
    >>> tables = simulate(Settings(clinicians=2, months=1, recording=recording)).tables
    >>> list(tables), list(tables["clients"]), bool(tables["clients"]["severity"].isna().all())
    (['sessions', 'clients'], ['client_id', 'severity'], True)
    """

    tables: tuple[str, ...] | None = None
    columns: Mapping[str, tuple[str, ...]] | None = None
    missing: Mapping[str, float] = field(default_factory=lambda: MISSING)
    missing_spread: float = 0.7


REQUIRED = ("session_id", "clinician_id", "client_id", "scheduled_start", "status")
FIVE_COLUMNS = Recording(tables=("sessions",), columns={"sessions": REQUIRED})
"""The least that can be read: sessions, and of them the five required columns."""
ATTENDANCE_MINUTES_CONTACTS = Recording(
    tables=("sessions", "contacts"),
    columns={"sessions": (*REQUIRED, "scheduled_minutes", "actual_minutes")},
    missing={},
)
"""Sessions with their scheduled and actual minutes, and contacts; no cell is lost."""
ATTENDANCE_ALL_MINUTES_CONTACTS = Recording(
    tables=("sessions", "contacts"),
    columns={"sessions": (*REQUIRED, "scheduled_minutes", "actual_minutes", "prep_minutes", "note_minutes")},
    missing={},
)
"""As `ATTENDANCE_MINUTES_CONTACTS`, and the minutes of preparation and notes."""
ATTENDANCE_CHECKINS = Recording(tables=("sessions", "ratings"), columns={"sessions": REQUIRED}, missing={})
"""Sessions with the five required columns, and what check-ins say of clients (with `Settings.checkins`)."""


EFFORT_RATING = Signal("effort", 3.5, 0.9, 1.0, 0.7)
ENGAGEMENT_RATING = Signal("engagement", 6.0, 1.0, 1.0, 0.7)


@dataclass(frozen=True)
class CheckIns:
    """The monthly check-in: who sends it, and how clients are rated in it. By default nobody does.

    `share` = of clinicians' months with a check-in, from month number `first` on; `rated` = share of the month's
    clients who are rated. `effort` and `engagement` follow the latent states as signals do, in points of 0 to 10. One
    person gives both in one minute: `halo` = how strongly a client's month that felt heavy is rated as more effort and
    less engagement (the errors of the two correlate by −`halo`); `mood` = SD, in points, of what a clinician's month
    adds to all their ratings of effort, and takes from those of engagement.

    Examples
    --------
    >>> from caseload.simulate import ATTENDANCE_CHECKINS, CheckIns, Settings, simulate
    >>> everybody = CheckIns(share=1.0, rated=1.0)
    >>> tables = simulate(Settings(clinicians=2, months=2, checkins=everybody, recording=ATTENDANCE_CHECKINS)).tables
    >>> list(tables), list(tables["ratings"])[2:6]
    (['sessions', 'ratings'], ['month', 'rated_on', 'effort', 'engagement'])
    """

    share: float = 0.0
    rated: float = 0.95
    first: int = 0
    effort: Signal = EFFORT_RATING
    engagement: Signal = ENGAGEMENT_RATING
    halo: float = 0.3
    mood: float = 0.5
