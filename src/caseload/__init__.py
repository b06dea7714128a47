"""caseload: clinician effort against client engagement, from session logs to a page for supervision.

The pipeline, as notebook, command line and tests call it:

    practice = caseload.read_practice("data/sample")                # LOAD: a validated practice
    signals = caseload.monthly_signals(practice)                    # one row per clinician × client × month
    balance = caseload.BalanceModel().fit(signals).estimate("2026-05")
    review = caseload.review_month(practice, "2026-05")             # all of it, and flags, for everybody
    page = review.supervisee("C07")                                 # what one report shows

The public names stand in `__init__.pyi`, once: type checkers read them there, and each is imported when first used, so
that a notebook which only shows a page need not load the estimators.
"""

from typing import Any

import lazy_loader

_imported, _names, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    """A public name, from its home; `__version__` is that of the installed distribution."""
    if name != "__version__":
        return _imported(name)
    from caseload.release import version  # every kernel imports this file, and almost none asks

    return version()


def __dir__() -> list[str]:
    return [*_names(), "__version__"]
