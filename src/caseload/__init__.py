"""caseload: clinician effort against client engagement, from session logs to a page for supervision.

The pipeline, as notebook, command line and tests call it:

    practice = caseload.read_practice("data/sample")                # LOAD: a validated practice
    signals = caseload.monthly_signals(practice)                    # one row per clinician × client × month
    balance = caseload.BalanceModel().fit(signals).estimate("2026-05")
    review = caseload.review_month(practice, "2026-05")             # all of it, and flags, for everybody
    page = review.supervisee("C07")                                 # what one report shows

Names are imported when first used, so that a notebook which only shows a page need not load the estimators.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from caseload.door.panel import monthly_run
    from caseload.errors import CaseloadError, InputError, ParameterError, ReportsFailed
    from caseload.estimates import BalanceModel, loadings, response_surface, sensitivity
    from caseload.figures.saving import save_figure
    from caseload.intake import Practice, read_practice
    from caseload.intake.agenda import add_decision, close_decision, read_agenda
    from caseload.intake.exports.checkins import import_checkins
    from caseload.intake.exports.run import import_exports
    from caseload.month.batch import render_month
    from caseload.month.page import quality_page, supervisee_page, team_page
    from caseload.month.parameters import MethodParameters, QualityParameters, SuperviseeParameters, TeamParameters
    from caseload.pages.review import analyse, review_month
    from caseload.research.choice import Choice
    from caseload.research.explore import explore
    from caseload.research.method import method_page
    from caseload.research.parameters import ExploreParameters
    from caseload.research.power import months_needed, power
    from caseload.research.publication.classes import k_anonymity
    from caseload.research.publication.publish import publish
    from caseload.signals import coverage, monthly_signals

__all__ = [
    "BalanceModel",
    "CaseloadError",
    "Choice",
    "ExploreParameters",
    "InputError",
    "MethodParameters",
    "ParameterError",
    "Practice",
    "QualityParameters",
    "ReportsFailed",
    "SuperviseeParameters",
    "TeamParameters",
    "add_decision",
    "analyse",
    "close_decision",
    "coverage",
    "explore",
    "import_checkins",
    "import_exports",
    "k_anonymity",
    "loadings",
    "method_page",
    "monthly_run",
    "monthly_signals",
    "months_needed",
    "power",
    "publish",
    "quality_page",
    "read_agenda",
    "read_practice",
    "render_month",
    "response_surface",
    "review_month",
    "save_figure",
    "sensitivity",
    "supervisee_page",
    "team_page",
]

_ROOMS = ("estimates", "figures", "signals", "simulate")

_HOMES = {
    "caseload.errors": ("CaseloadError", "InputError", "ParameterError", "ReportsFailed"),
    "caseload.estimates": ("BalanceModel", "loadings", "response_surface", "sensitivity"),
    "caseload.figures.saving": ("save_figure",),
    "caseload.intake": ("Practice", "read_practice"),
    "caseload.intake.agenda": ("add_decision", "close_decision", "read_agenda"),
    "caseload.intake.exports.checkins": ("import_checkins",),
    "caseload.intake.exports.run": ("import_exports",),
    "caseload.month.batch": ("render_month",),
    "caseload.door.panel": ("monthly_run",),
    "caseload.month.page": ("quality_page", "supervisee_page", "team_page"),
    "caseload.month.parameters": ("MethodParameters", "QualityParameters", "SuperviseeParameters", "TeamParameters"),
    "caseload.pages.review": ("analyse", "review_month"),
    "caseload.research.choice": ("Choice",),
    "caseload.research.explore": ("explore",),
    "caseload.research.method": ("method_page",),
    "caseload.research.parameters": ("ExploreParameters",),
    "caseload.research.power": ("months_needed", "power"),
    "caseload.research.publication.classes": ("k_anonymity",),
    "caseload.research.publication.publish": ("publish",),
    "caseload.signals": ("coverage", "monthly_signals"),
}


def __getattr__(name: str) -> Any:
    """Import a public name from its home, or a room that is open to everybody."""
    if name in _ROOMS:
        return import_module(f"caseload.{name}")
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module 'caseload' has no attribute {name!r}")
