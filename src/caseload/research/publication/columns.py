"""Every column that is published: what it is, in which unit, and what it can hold. Codebook and tables read it here.

What a signal is, is told by `caseload.signals.definitions`; here is only in what steps it is published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from caseload.estimates.balance import COMPENSATION_THRESHOLD, GAP_THRESHOLD
from caseload.research.publication.people import LINK, WORDS
from caseload.research.publication.recorded import REASONS
from caseload.signals import SIGNALS, Signal

STEPS: Mapping[str, float] = MappingProxyType(
    {
        "estimate": 0.05,  # SD; a tenth of the usual standard error of a client-month
        "compensation": 0.02,  # SD per SD; ordinary slopes differ by little
        "probability": 0.01,
        "prep": 0.1,
        "notes": 0.1,
        "overrun": 2.0,
        "contacts_to": 0.25,
        "after_hours": 0.1,
        "rebooking": 0.25,
        "effort_rating": 0.5,
        "effort_checkin": 0.5,
        "engagement_checkin": 0.5,
        "talk_share": 0.05,
        "attendance": 0.05,
        "lateness": 0.25,
        "homework": 0.05,
        "srs": 0.1,
        "engagement_rating": 0.5,
        "contacts_from": 0.5,
        "change_talk": 0.05,
        "sustain_talk": 0.05,
    }
)
"""To multiples of these, numbers are rounded: small against what is uncertain in them, wide against a single minute."""
_RANGES: Mapping[str, tuple[float | None, float | None]] = MappingProxyType(
    {
        "overrun": (-60.0, 60.0),
        "after_hours": (0.0, 1.0),
        "effort_rating": (0.0, 10.0),
        "effort_checkin": (0.0, 10.0),
        "engagement_checkin": (0.0, 10.0),
        "talk_share": (0.0, 1.0),
        "attendance": (0.0, 1.0),
        "homework": (0.0, 1.0),
        "srs": (None, 0.0),
        "engagement_rating": (0.0, 10.0),
        "change_talk": (0.0, 1.0),
        "sustain_talk": (0.0, 1.0),
    }
)
_FROM_ZERO = (0.0, None)
SESSIONS = ("none", "1", "2 to 3", "4 or more")

SD = "SD of the latent client-month distribution"
_CLIENT = "The client: a number drawn for this package. A client of two clinicians has two, which nothing connects."
_CLINICIAN = "The clinician: a number drawn for this package."
_QUASI: Mapping[str, str] = MappingProxyType(
    {
        LINK: "The clinician who sees the client: a number drawn for this package.",
        "programme": "The programme of the client, numbered in a drawn order; `other`: small ones together.",
        "trauma": "Whether a history of trauma is recorded.",
        "access_barrier": "Whether transport, childcare, language or the like keep the client from attending.",
        "severity_band": "Severity among the practice's clients, on the practice's own scale.",
        "care_band": "Months in the data with a session or a contact.",
        "fte_band": "Share of a full-time post.",
        "caseload_band": "Clients in the median month.",
        "experience_band": "Time at the practice in the first month of the data.",
    }
)
_ESTIMATES: Mapping[str, str] = MappingProxyType(
    {
        "effort": "The clinician's effort, adjusted for case mix: posterior mean",
        "engagement": "The client's engagement, adjusted for access barriers: posterior mean",
        "gap": "Effort minus engagement, exactly: of the two numbers published",
    }
)


@dataclass(frozen=True)
class Field:
    """One column. `low` and `high` are inclusive; `words` are all it can hold; `required`: never missing."""

    name: str
    type: Literal["integer", "number", "string"]
    description: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    words: tuple[str, ...] = ()
    required: bool = False


def quasi_identifier(name: str) -> Field:
    """A column of clients or clinicians; missing where it is not recorded, or was taken out to protect somebody."""
    text = f"{_QUASI[name]} Missing: not recorded, or taken out because too few people share the combination."
    if name == LINK:
        return Field(name, "integer", text)
    return Field(name, "string", text, words=WORDS.get(name, ()))


CLIENT = Field("client", "integer", _CLIENT, required=True)
CLINICIAN = Field("clinician", "integer", _CLINICIAN, required=True)


def month(whose: str) -> Field:
    """Months since somebody's first."""
    text = f"Months since the {whose}'s first month in the data, which is 0. No calendar month can be had from it."
    return Field("month", "integer", text, "months", 0, required=True)


def signal(defined: Signal) -> Field:
    """A signal of a client-month."""
    low, high = _RANGES.get(defined.name, _FROM_ZERO)
    turned = "; more of it is less engagement" if defined.sign < 0 else ""
    text = (
        f"Signal of {defined.side}: {defined.label}{turned}. Of the whole month, to multiples of "
        f"{STEPS[defined.name]:g}. Missing: not recorded."
    )
    return Field(defined.name, "number", text, defined.unit, low, high)


def _interval(name: str, text: str) -> tuple[Field, ...]:
    missing = "Missing: not estimable."
    return (
        Field(name, "number", f"{text}. {missing}", SD),
        Field(f"{name}_low", "number", f"Lower end of the 90 % interval of {name}. {missing}", SD),
        Field(f"{name}_high", "number", f"Upper end of the 90 % interval of {name}. {missing}", SD),
    )


def _probability(name: str, text: str) -> Field:
    return Field(name, "number", f"{text}. Missing: not estimable.", "probability", 0, 1)


_BALANCE = tuple(field for name, text in _ESTIMATES.items() for field in _interval(name, text))
_P_GAP = _probability("p_gap", f"Probability that the gap is above {GAP_THRESHOLD:g} SD")

CLIENT_MONTHS = (
    CLIENT,
    month("client"),
    Field(
        "sessions",
        "string",
        "Sessions of the month that say something about the client, without those cancelled by clinician or service.",
        "sessions",
        words=SESSIONS,
        required=True,
    ),
    *_BALANCE,
    _P_GAP,
    *(signal(defined) for defined in SIGNALS),
)
CLINICIAN_MONTHS = (
    CLINICIAN,
    month("clinician"),
    *_BALANCE,
    _P_GAP,
    *_interval("compensation", "By how many SD effort rises where a client's engagement is one SD lower"),
    *_interval("own_shift", "The month's gap minus the mean of the clinician's own earlier months"),
    _probability("p_compensating", f"Probability that compensation is above {COMPENSATION_THRESHOLD:g}"),
    _probability(
        "p_over_invested",
        "Probability of over-investment: compensating, shifted upwards, or deeply involved with one or two clients; "
        "calibrated on simulated practices, and made from logs alone",
    ),
)
SIGNAL_TABLE = (
    Field(
        "signal",
        "string",
        "Name of the signal: a column of client_months.",
        words=tuple(defined.name for defined in SIGNALS),
        required=True,
    ),
    Field("side", "string", "What it is a signal of.", words=("effort", "engagement"), required=True),
    Field("description", "string", "What the signal is, in words.", required=True),
    Field("unit", "string", "The unit of the signal.", required=True),
    Field("used", "string", "Whether the estimates of the last month use it.", words=("no", "yes"), required=True),
    Field(
        "recorded",
        "number",
        "Share of client-months in which it is recorded, to multiples of 0.05. Missing: not published.",
        "share",
        0,
        1,
    ),
    Field("left_out", "string", "Why its values are not published. Missing: they are.", words=REASONS),
)
