"""What a form says of numbers, stages of change, interventions and supports, in a clinician's words."""

from __future__ import annotations

from collections.abc import Mapping

Band = tuple[int, int, str]
"""First and last number, and what they mean."""

BANDS: Mapping[str, tuple[Band, ...]] = {
    "effort": (
        (0, 1, "less than planned"),
        (2, 2, "a little less than planned"),
        (3, 3, "as planned"),
        (4, 5, "a little more: ran over, or an extra message"),
        (6, 7, "clearly more: extra calls or preparation most weeks"),
        (8, 9, "much more: I did things we had agreed were theirs"),
        (10, 10, "far beyond what we agreed"),
    ),
    "engagement": (
        (0, 0, "could not take part"),
        (1, 2, "hardly reachable this month"),
        (3, 4, "there, and I led most of it"),
        (5, 6, "joined in when asked"),
        (7, 8, "brought things, tried something in between"),
        (9, 10, "led the work, with steps of their own"),
    ),
    "activation": (
        (0, 0, "not at all"),
        (1, 3, "a little"),
        (4, 6, "now and then"),
        (7, 9, "often"),
        (10, 10, "most of the time"),
    ),
    "safety": (
        (0, 0, "not at all"),
        (1, 3, "rarely"),
        (4, 6, "sometimes"),
        (7, 9, "mostly"),
        (10, 10, "always"),
    ),
}
STAGES = {
    "precontemplation": "Not thinking about it",
    "contemplation": "In two minds",
    "preparation": "Getting ready",
    "action": "Doing it",
    "maintenance": "Keeping it up",
}
INTERVENTIONS = {
    "alliance": "Building trust",
    "validation": "Validation",
    "psychoeducation": "Explaining, information",
    "mi_evoking": "Drawing out reasons (MI)",
    "mi_planning": "Planning change (MI)",
    "self_monitoring": "Keeping track",
    "cbt_homework": "Homework (CBT)",
    "skills_training": "Skills practice",
    "behavioural_activation": "Activity planning",
    "exposure": "Exposure",
    "cognitive_restructuring": "Working on thoughts",
    "relapse_prevention": "Keeping gains",
    "case_management": "Practical help, liaison",
    "safety_planning": "Safety planning",
}
SUPPORTS = {
    "supervision": "Supervision",
    "consultation": "Consultation",
    "peer_support": "Peer support",
    "restorative": "Time to recover",
}
"""The supports that a form asks for: personal therapy is nobody's business, and leave is recorded elsewhere."""
OUTCOMES = {
    "done": "Took place",
    "supervisor": "Cancelled by my supervisor",
    "service": "Cancelled by the service",
    "clinician": "Cancelled by me",
}
BARRIERS = {
    "none": "Nothing in particular",
    "workload": "Workload",
    "access": "Room, time or place",
    "motivation": "No energy left for it",
}


def of_term(term: str) -> str:
    """An intervention in words; a practice's own term as it is written, without underscores."""
    return INTERVENTIONS.get(term, term.replace("_", " ").capitalize())
