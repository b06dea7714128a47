"""What an option is, layer by layer, and the options that several flags share; each flag has those of its own.

The words of the field, about work and never about what somebody is like. Whoever reads them to somebody else must be
able to mean them: no duty, no blame, and therapy as an offer that nobody asks about.
"""

from __future__ import annotations

from dataclasses import dataclass

LAYERS = ("clinician", "supervisor_and_peers", "institution")
CONCERNS = ("workload", "provision", "together", "plan", "offers")
"""In their order: what the work asks, what was promised, what is done together, the clinician's own plan, offers."""


@dataclass(frozen=True)
class Option:
    """One thing that could help, or one question to ask, in a sentence, with the layer that it is for.

    `when` is the circumstance that it fits; {whom} and {deep} stand for clients.
    """

    concern: str  # of CONCERNS
    layer: str  # of LAYERS
    text: str
    when: str = "always"


def workload(text: str, when: str = "always") -> Option:
    """What the work asks: for the institution."""
    return Option("workload", "institution", text, when)


def promised(layer: str, text: str, when: str) -> Option:
    """What was promised and cancelled."""
    return Option("provision", layer, text, when)


def together(text: str, when: str = "always") -> Option:
    """What supervisor, peers and clinician do together."""
    return Option("together", "supervisor_and_peers", text, when)


def plan(text: str, when: str = "always") -> Option:
    """What belongs in the clinician's own plan."""
    return Option("plan", "clinician", text, when)


def offer(text: str, when: str = "always", layer: str = "clinician") -> Option:
    """A voluntary offer, never counted."""
    return Option("offers", layer, text, when)


HOURS = workload(
    "Bring client hours back towards the contract: pause intakes, or hand over a case, until they fit.",
    "beyond contract",
)
CRISES = workload(
    "Share out crisis work: name who covers which day, so that no one person carries all of it.", "crises"
)
THERAPY = "Personal therapy, if it is wanted: a private matter, never asked about and never counted either way."
PUTTING_BACK = (
    promised(
        "supervisor_and_peers",
        "Offer new dates for the hours that the supervisor cancelled, before this meeting ends, and name a stand-in.",
        "by supervisor",
    ),
    promised(
        "institution",
        "Put back the hours that the service cancelled, and agree what may displace such hours and what may not.",
        "by service",
    ),
)
KEEPING = (
    workload("Keep the first weeks back light: few new clients, and time for notes and messages that waited.", "back"),
    workload("Keep caseload, cover and breaks as they are, and say early when they are about to change.", "here"),
    together("Keep the hours of supervision and peer support in the calendar, in calm months too."),
    plan("Name what helps at present, and keep its place in the week."),
)
