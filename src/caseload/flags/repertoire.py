"""The repertoire of what could help with each flag, and of questions to ask, layer by layer.

The words of the field, about work and never about what somebody is like. Whoever reads them to somebody else must be
able to mean them: no duty, no blame, and therapy as an offer that nobody asks about.
"""

from __future__ import annotations

from collections.abc import Mapping
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


def _workload(text: str, when: str = "always") -> Option:
    return Option("workload", "institution", text, when)


def _promised(layer: str, text: str, when: str) -> Option:
    return Option("provision", layer, text, when)


def _together(text: str, when: str = "always") -> Option:
    return Option("together", "supervisor_and_peers", text, when)


def _plan(text: str, when: str = "always") -> Option:
    return Option("plan", "clinician", text, when)


def _offer(text: str, when: str = "always", layer: str = "clinician") -> Option:
    return Option("offers", layer, text, when)


UNNAMED = {
    "over_investment": "the two clients with whom the work feels heaviest",
    "stage_incongruence": "the clients concerned",
}
HOURS = _workload(
    "Bring client hours back towards the contract: pause intakes, or hand over a case, until they fit.",
    "beyond contract",
)
CRISES = _workload(
    "Share out crisis work: name who covers which day, so that no one person carries all of it.", "crises"
)
THERAPY = "Personal therapy, if it is wanted: a private matter, never asked about and never counted either way."
PUTTING_BACK = (
    _promised(
        "supervisor_and_peers",
        "Offer new dates for the hours that the supervisor cancelled, before this meeting ends, and name a stand-in.",
        "by supervisor",
    ),
    _promised(
        "institution",
        "Put back the hours that the service cancelled, and agree what may displace such hours and what may not.",
        "by service",
    ),
)
KEEPING = (
    _workload("Keep the first weeks back light: few new clients, and time for notes and messages that waited.", "back"),
    _workload("Keep caseload, cover and breaks as they are, and say early when they are about to change.", "here"),
    _together("Keep the hours of supervision and peer support in the calendar, in calm months too."),
    _plan("Name what helps at present, and keep its place in the week."),
)
OPTIONS: Mapping[str, tuple[Option, ...]] = {
    "over_investment": (
        HOURS,
        _workload("Pause new intakes for a month, and see whether the whole caseload becomes lighter.", "shifted"),
        CRISES,
        _workload("Weigh the caseload by what clients need, not by their number, against the contracted hours."),
        _workload("Give notes, calls and letters a time within the working week, so that they do not come on top."),
        _together(
            "Share the care of {deep} for a while: co-work, a second opinion, or a colleague for part of the contacts.",
            "concentrated",
        ),
        _together("Review {whom} together: goals, what each side expects, and what each side carries."),
        _together(
            "Look at part of a session together, live or recorded with the client’s consent, and see who works when."
        ),
        _together("Talk through what a missed session or a lull sets off, and what of it could wait.", "compensating"),
        _plan(
            "Agree with {deep} what contact between sessions is for, how often it happens, and who begins it.",
            "concentrated",
        ),
        _plan("With {whom}, hand back one task per session, and agree what each side carries until the next."),
        _plan(
            "After a missed session, send one message as agreed beforehand and leave the next step to the client, "
            "unless safety is in question.",
            "compensating",
        ),
        _plan("Choose two tasks between sessions that can be shorter, and try that for four weeks.", "shifted"),
    ),
    "stage_incongruence": (
        _workload(
            "See whether a programme asks for homework, skills or exposure before clients are ready, and allow a "
            "slower start.",
            "ahead",
        ),
        _workload(
            "See whether programmes let clients move on when they are ready: places, groups, later-stage work.",
            "behind",
        ),
        _together(
            "Listen to part of a recorded session together, with the client’s consent, for change talk and what came "
            "just before it."
        ),
        _together(
            "Arrange a consultation or a refresher in motivational interviewing, for the team and not for one person.",
            "ahead",
        ),
        _together(
            "Work out together which next step fits a client who is already changing, and how to offer it.",
            "behind",
        ),
        _plan("Rate the stage anew with {whom}, on a readiness ruler: how important, how confident, why not lower."),
        _plan(
            "Put homework aside for a session or two, and ask what the client wants, has tried and worries about.",
            "ahead",
        ),
        _plan(
            "Offer one concrete step where the client acts already, and spend less time on weighing whether to.",
            "behind",
        ),
    ),
    "personal_activation": (
        *PUTTING_BACK,
        _promised(
            "supervisor_and_peers",
            "Ask the service together for the cancelled hours, and bridge the gap with a peer consultation.",
            "unmet by service alone",
        ),
        _promised(
            "institution",
            "Keep supervision free of other bookings, with somebody who stands in when the supervisor is away.",
            "unmet by supervisor alone",
        ),
        _promised("clinician", "List what was waiting for those hours, and begin the next one with it.", "unmet"),
        _workload("Book the sessions that go deepest apart from each other, with a break after each.", "activated"),
        _together(
            "Keep part of supervision for what the work stirs up; how much of it is said stays a free choice.",
            "activated",
        ),
        _together(
            "Arrange a consultation on one case that touches own material, with somebody outside line management.",
            "activated",
        ),
        _plan("For a month, note after which sessions own material shows; the notes stay private.", "activated"),
        _offer(THERAPY, "activated"),
        _offer(
            "Make consultation and therapy easy to reach: a list of names, time for it, a share of the cost.",
            "activated",
            "institution",
        ),
    ),
    "self_care": (
        _workload("Set up evening cover or an on-call rota, so that late calls reach somebody else.", "evenings"),
        _workload(
            "Take something out of the week before the plan goes into it: an intake, a meeting, a report.", "crowded"
        ),
        _workload("Clear what stands in the plan’s way: a room, cover, the way there or the cost.", "no access"),
        HOURS,
        _workload("Give evening work back as free time in the same week, or move it into the day.", "evenings"),
        CRISES,
        _workload("Book a break of 30 minutes into every long day.", "long days"),
        _workload("Give the plan a protected hour in the working week, and say who covers it.", "plan"),
        _together(
            "Agree what can wait until morning, and what voicemail and automatic replies say meanwhile.", "evenings"
        ),
        _together(
            "Look at the week together, and name one thing that colleagues could take over or that could wait.",
            "crowded",
        ),
        _together("Go through the plan together: what gave something back, what did not, and what could go.", "plan"),
        _plan("Choose one or two evenings that stay free, and tell clients beforehand whom to call then.", "evenings"),
        _plan("Keep the one goal that fits a full week, and let the others rest until there is room.", "crowded"),
        _plan("Make the plan smaller: one or two goals, each with a day, a place and a length.", "plan"),
    ),
    "compassion_fatigue": (
        HOURS,
        _workload("Lighten the mix for a while, trauma and crisis work first, and agree now when to look at it again."),
        _workload("Rotate trauma, crisis and intake work through the team, so that nobody has the hardest hours only."),
        _workload("Plan days off, with cover for them; this month has had no day off.", "no day off"),
        _workload("Make staff well-being a key performance indicator: read it as often as the others, and act on it."),
        _together("Set aside a fixed hour of peer support for the strain of the work, apart from talk about cases."),
        _together("Arrange a consultation on trauma work, and keep room in supervision for what that work leaves."),
        _plan("Put restorative time that has helped before into the week as an appointment, short and regular."),
        _offer(THERAPY),
        _offer("Occupational health or one’s own doctor, where sleep, energy or mood stay low: an offer, no more."),
        _offer(
            "Make counselling, occupational health and days off easy to reach, with no report back to anybody.",
            layer="institution",
        ),
    ),
}
QUESTIONS: Mapping[str, tuple[Option, ...]] = {
    "over_investment": (
        _workload("What in caseload, crises or paperwork feeds the extra effort, and who can change it?"),
        _together("What do we expect of this work that the client has not agreed to yet?"),
        _plan("Which task could go back to {whom}, and what makes it hard to let go of?"),
    ),
    "stage_incongruence": (
        _workload("Where does a programme set a pace that the client has not chosen, and who can loosen it?"),
        _together("Which moment of a session shows best where the client is, and how can we look at it together?"),
        _plan("Where would {whom} see themselves today, and what would one step mean to them?"),
    ),
    "personal_activation": (
        _promised("institution", "Who protects these hours when the week is full, and what does that take?", "unmet"),
        _together("What got in the way of those hours, and what would keep the next ones safe?", "unmet"),
        _plan("What has had to wait because those hours did not take place?", "unmet"),
        _workload("What in the mix and pace of the work makes it hard to recover between sessions?"),
        _together("How much of this would you like to bring here, and what belongs elsewhere?"),
        _plan("After which sessions does the work stay with you, and what helps then?"),
    ),
    "self_care": (
        _workload("Who else could answer after hours, and what would that take?", "evenings"),
        _together("What can wait until morning, and how do clients learn of it?", "evenings"),
        _plan("Which evening matters most, and what would make it possible to keep it?", "evenings"),
        _workload("What could be dropped, delayed or shared so that the plan fits into the week?", "crowded"),
        _together("Which part of the week could colleagues share or take over?", "crowded"),
        _plan("Which one goal is worth protecting even in a full week?", "crowded"),
        _workload("Where in the working week is there room for recovery, and who keeps it free?"),
        _together("What stood in the way of the rest, and what of that can we change together?"),
        _plan("Which goal gave something back, and which could be let go?"),
    ),
    "compassion_fatigue": (
        _workload("Which change in caseload and trauma mix would ease this, and who decides it by when?"),
        _together("What would make it easier to speak about the strain, here and with colleagues?"),
        _plan("What still gives something back, and when was there last room for it?"),
    ),
}
