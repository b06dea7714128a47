"""How many flags and signals chance alone would bring: computed for what is on the page, and printed there."""

from __future__ import annotations

from caseload.estimates import expected_signals
from caseload.estimates.over_investment import OverInvestment
from caseload.flags.wording import counted, number
from caseload.reports.views import Chance

MIN_EARLIER = 4


def signal_rate(earlier_months: int) -> float:
    """Chance that one monthly chart signals when nothing has changed; 0 where it is too short to have limits."""
    return expected_signals(min(earlier_months, 24)) if earlier_months >= MIN_EARLIER else 0.0


def expected_false_flags(supervisees: int, charts: int, earlier_months: int) -> dict[str, float]:
    """Expected numbers if nothing at all were going on: `raise` and `watch` on effort and engagement, and `signals`."""
    rates = OverInvestment.load().null
    return {
        "supervisees": supervisees,
        "raise": supervisees * rates["raise"],
        "watch": supervisees * rates["watch"],
        "charts": charts,
        "signals": charts * signal_rate(earlier_months),
    }


def supervisee_chance(earlier_months: int, charts: int, with_own: bool) -> Chance:
    """The chance box of one supervisee's page."""
    expected = expected_false_flags(100, charts, earlier_months)
    text = (
        f"If nothing at all were going on, a page like this would show a Raise on effort {_times(expected['raise'])} "
        f"in 100 months, and a Watch or a Raise {_times(expected['watch'])}."
    )
    if expected["signals"] > 0:
        pages = max(1 / expected["signals"], 1.0)
        text += f" About one page in {pages:.0f} would show a point outside its limits ({charts} charts)."
    key = "Small charts above: up to eleven months; grey band, the usual range; upright line, 90% interval."
    return Chance("How often chance alone would do this", (text, key), with_not_shared=not with_own)


def index_chance(supervisees: int, charts: int, earlier_months: int) -> Chance:
    """The chance box of a supervisor's index."""
    expected = expected_false_flags(supervisees, charts, earlier_months)
    text = (
        f"If nothing were going on with any of the {counted(supervisees, 'supervisee')}, expect "
        f"{_count(expected['raise'])} Raise and {_count(expected['watch'])} Watch on effort and engagement"
    )
    text += (
        f", and about {_count(expected['signals'])} points outside their limits ({charts} charts)."
        if expected["signals"] > 0
        else "."
    )
    return Chance("How many flags chance alone would bring", (text,), with_not_shared=True)


def _times(value: float) -> str:
    return "less than once" if value < 0.95 else f"about {value:.0f} times" if value >= 1.5 else "about once"


def _count(value: float) -> str:
    return f"about {number(value, 0 if value >= 9.5 else 1)}" if value >= 0.05 else "less than 0.1"
