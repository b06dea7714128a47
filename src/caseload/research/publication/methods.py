"""`methods.md`: a methods paragraph ready to paste, what was done to protect people, and how to cite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from caseload.estimates.balance import COMPENSATION_THRESHOLD, GAP_THRESHOLD
from caseload.estimates.over_investment import OverInvestment
from caseload.flags.states import RAISE_AT, WATCH_AT
from caseload.month.manifest import versions
from caseload.research.publication.columns import STEPS
from caseload.research.publication.datapackage import LIMITS, SURVEYS
from caseload.research.publication.disclosure import LIKELY_GAP, LIKELY_OVER_INVESTED, Disclosure
from caseload.research.publication.estimates import Estimated
from caseload.research.publication.treatment import TOLERATED
from caseload.signals import SIGNALS
from caseload.wording import counted, listed

FILE = "methods.md"
NOTHING = "nothing that was recorded often enough, so that it was not estimated"
SOFTWARE = ("python", "pandas", "numpy", "scipy", "scikit-learn", "matplotlib")
_TELLS = {
    "clients": f"whether any of their months has a gap over {GAP_THRESHOLD:g} SD with a probability of {LIKELY_GAP:g}",
    "clinicians": f"whether any of their months is over-invested with a probability of {LIKELY_OVER_INVESTED:g}",
}


def methods(estimated: Estimated, account: Disclosure, captions: Mapping[str, str]) -> str:
    """The whole text, the same for the same data, settings and versions. It names no month, no day and nobody."""
    parts = [
        "# Methods",
        "*To be pasted and shortened. Numbers are those of the data, before anything was taken out to protect people.*",
        _paragraph(estimated, account.asked),
        "## Settings and software",
        _settings(estimated),
        "## Protection of people",
        *_protection(account),
    ]
    if captions:
        parts += ["## Figures", *(f"**{name}** (SVG and PDF). {caption}" for name, caption in captions.items())]
    parts += ["## How to cite", _citation()]
    return "\n\n".join(parts) + "\n"


def _paragraph(estimated: Estimated, k: int) -> str:
    null = OverInvestment.load().null
    months = estimated.signals["month"]
    people = estimated.clinicians["clinician_id"].nunique()
    clients = counted(estimated.signals["client_id"].nunique(), "client")
    clinicians = counted(people, "clinician") if people >= k else f"fewer than {k} clinicians"
    return (
        f"Clinician effort and client engagement were estimated from the session logs of one practice: {clinicians}, "
        f"{clients} and {counted(len(estimated.signals), 'client-month')} "
        f"with a session or a contact in {counted(int(months.max().ordinal - months.min().ordinal) + 1, 'month')}. "
        f"{_measured(estimated)} Both were pooled over clients, clinicians and earlier months by a Kalman filter with "
        "empirical-Bayes variance components, and every month was estimated with nothing recorded after its end. "
        "Values are posterior means with 90 % intervals; one unit is one standard deviation of the latent client-month "
        "distribution of all months up to the one estimated. The gap is effort minus engagement. Compensation is the "
        "slope of a clinician's effort on lower engagement, between that clinician's own clients and months; "
        f"p_compensating is the probability that it is above {COMPENSATION_THRESHOLD:g}. Own shift is the month's gap "
        "minus the mean of the clinician's own earlier months. The probability of over-investment comes from a "
        "logistic regression on the odds of three kinds of episodes (compensating, shifted upwards as a whole, deeply "
        "involved with one or two clients), learned on simulated practices. In simulated practices in which nobody was "
        f"over-invested, it was {WATCH_AT:g} or more in {100 * null['watch']:.2g} % of clinician-months, and "
        f"{RAISE_AT:g} or more after {WATCH_AT:g} or more the month before in {100 * null['raise']:.1g} %; how well "
        f"the probabilities are calibrated in real practices is not known. {SURVEYS}"
    )


def _measured(estimated: Estimated) -> str:
    """By which signals, which were not used, and what they are adjusted for."""
    words = {
        side: listed([s.label for s in SIGNALS if s.side == side and s.name in estimated.used], len(SIGNALS)) or NOTHING
        for side in ("effort", "engagement")
    }
    unused = [signal.label for signal in SIGNALS if signal.name not in estimated.used]
    left = f" Not used, for want of data: {listed(unused, len(SIGNALS))}." if unused else ""
    adjusted = (
        "effort was adjusted for severity, trauma, crises, the first 90 days of treatment, access barriers and "
        "programme, as far as they were recorded, and engagement for access barriers"
        if estimated.settings["case_mix"]
        else "neither was adjusted for case mix"
    )
    return (
        f"Each was measured as a factor with clinicians' own styles taken out, effort by {words['effort']}, engagement "
        f"by {words['engagement']}; {adjusted}.{left}"
    )


def _settings(estimated: Estimated) -> str:
    said = ", ".join(f"{name} = {value}" for name, value in estimated.settings.items())
    made = versions()
    software = ", ".join(f"{name} {made[name]}" for name in SOFTWARE if made.get(name))
    return f"caseload {made['caseload']} (BalanceModel: {said}); {software}."


def _protection(account: Disclosure) -> list[str]:
    """What was done, what was reached, and what it does not protect from."""
    k = account.asked
    how = (
        "People have new numbers, drawn for this package. Months count from each person's own first one. Attributes "
        f"are broad classes, of which every combination is shared by at least {k} people, counted over their whole "
        "record, a missing value being a value of its own. While more than "
        f"{100 * TOLERATED:g} % of the people were in smaller classes, columns were made coarser, the least wanted "
        "first; then whoever was left in one lost values, the least wanted first. Numbers are rounded: estimates to "
        f"{STEPS['estimate']:g} SD, compensation to {STEPS['compensation']:g}, probabilities to "
        f"{STEPS['probability']:g}, signals as the codebook says."
    )
    rows = [f"| {' | '.join(map(str, row))} |" for row in account.columns.itertuples(index=False)]
    head = "| table | column | made coarser | people who lost the value | of |\n|---|---|---|---|---|"
    parts = [how, *((f"{head}\n" + "\n".join(rows),) if rows else ()), *account.notes]
    return [*parts, *(_reached(row, k) for row in account.tables.to_dict("records")), LIMITS]


def _reached(row: Mapping[Any, Any], k: int) -> str:
    """What one table of people has come to."""
    name = row["table"]
    classes = counted(row["classes"], "class", "classes")
    text = f"**{name}**: {row['people']} people, {classes}, at least {row['k']} in each."
    if row["alike"]:
        which = "In one class all are" if row["alike"] == 1 else f"In {row['alike']} classes all are"
        text += f" {which} alike in {_TELLS[name]}: whoever knows that somebody is in such a class knows that too."
    if row["courses"]:
        whom = "One person has" if row["courses"] == 1 else f"{row['courses']} people have"
        text += (
            f" {whom} a course of months (how many, with which gaps) that fewer than {k} share: this is not treated."
        )
    return text


def _citation() -> str:
    return (
        "caseload contributors. caseload: clinician effort against client engagement (version "
        f"{versions()['caseload']}) [computer software, MIT licence]. Name the version: estimates may change with it. "
        "If the copy you used holds a file CITATION.cff, cite as that says."
    )
