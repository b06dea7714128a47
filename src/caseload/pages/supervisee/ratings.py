"""What rests on ratings alone: one person gave them, effort and engagement in one minute."""

from __future__ import annotations

from caseload.pages.supervisee.subject import Subject

RATINGS = {"effort": {"effort_rating", "effort_checkin"}, "engagement": {"engagement_rating", "engagement_checkin"}}
"""The signals of a side that are a clinician's own judgement."""


def rests_on_ratings(subject: Subject) -> str:
    """The sides that nothing but ratings tells of this month, in a sentence; empty where there is more."""
    recorded = subject.slice.recorded
    names = {side: {signal.name for signal in recorded if signal.side == side} for side in RATINGS}
    alone = [side for side in RATINGS if names[side] and names[side] <= RATINGS[side]]
    if not alone:
        return ""
    whose = subject.pick("your ratings", "the supervisee’s ratings")
    said = " and ".join(alone)
    first = f"{said[0].upper()}{said[1:]} {'are' if len(alone) > 1 else 'is'} based on {whose} alone."
    return f"{first} One person rated effort and engagement in one minute, so a good or bad day can move both."
