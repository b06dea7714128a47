"""What could help with a month's flags, and what to ask each layer: the part of the repertoire that fits the evidence.

Options are offered, never prescribed: two people choose among them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from caseload.estimates.supports import UNMET_BY
from caseload.flags.prompts import WORKLOAD, evenings_first
from caseload.flags.repertoire import KEEPING, OPTIONS, PUTTING_BACK, QUESTIONS, UNNAMED, Option
from caseload.flags.states import WATCH_AT
from caseload.wording import listed

Row = Mapping[Any, Any]
STANDING = ("raise", "watch")
BEYOND_CONTRACT = 1.1
"""Client hours count as beyond the contract from this multiple of it."""


def options(flag: str, state: str, evidence: Row, clients: Sequence[str]) -> tuple[Option, ...]:
    """What could help with a flag that is watch or raise, the most fitting of each concern first; else nothing.

    `evidence` is the month's numbers behind the flag, together with those of the workload where they are known:
    `weekly_client_hours` and `contract`, `days_without_break`, `days_off`, `crises`, and of cancelled support
    `hours_by_supervisor` and `hours_by_service`. `clients` are those that stand out, widest gap first; two are named.
    """
    return _fitting(OPTIONS[flag], flag, evidence, clients) if state in STANDING else ()


def open_questions(flag: str, evidence: Row, clients: Sequence[str]) -> dict[str, Option]:
    """One open question for each layer, the first that fits."""
    fitting = _fitting(QUESTIONS[flag], flag, evidence, clients)
    return {question.layer: question for question in reversed(fitting)}


def putting_back(evidence: Row) -> tuple[Option, ...]:
    """The month's cancelled hours put back by those who cancelled them: `hours_by_supervisor`, `hours_by_service`."""
    return _fitting(PUTTING_BACK, "", evidence, ())


def keeping(*, back: bool) -> tuple[Option, ...]:
    """What to keep in a month in which nothing stands out; `back` from leave, or soon to be."""
    return _fitting(KEEPING, "", {"back": back}, ())


def _fitting(given: tuple[Option, ...], flag: str, evidence: Row, clients: Sequence[str]) -> tuple[Option, ...]:
    """What fits the evidence, with the clients' names in it."""
    holding = circumstances(evidence)
    whom = listed(list(clients[:2])) or UNNAMED.get(flag, "")
    deep = evidence.get("top_clients") or whom
    names = {"whom": deep if "mostly concentrated" in holding else whom, "deep": deep}
    return tuple(replace(option, text=option.text.format(**names)) for option in given if option.when in holding)


def circumstances(evidence: Row) -> frozenset[str]:
    """What the evidence says, by the names that options and questions refer to; what is not known is not said."""
    found = _of_effort(evidence) | _of_support(evidence) | _of_self_care(evidence)
    found |= {"always": True, "back": bool(evidence.get("back")), "here": not evidence.get("back")}
    return frozenset(name for name, holds in found.items() if holds)


def _of_effort(evidence: Row) -> dict[str, bool]:
    driven = {name: _number(evidence, name) for name in ("compensating", "shifted", "concentrated")}
    found = {name: by > 0 for name, by in driven.items()} | {"crises": _number(evidence, "crises") > 0}
    mostly = found["concentrated"] and max(driven, key=lambda name: driven[name]) == "concentrated"
    behind = _number(evidence, "behind") > _number(evidence, "ahead")
    beyond = _number(evidence, "weekly_client_hours") > BEYOND_CONTRACT * _number(evidence, "contract")
    return found | {"mostly concentrated": mostly, "behind": behind, "ahead": not behind, "beyond contract": beyond}


def _of_support(evidence: Row) -> dict[str, bool]:
    unmet = bool(evidence.get("unmet"))
    planned = {who: unmet and _number(evidence, f"cancelled_{who}") > 0 for who in UNMET_BY}
    by = {who: planned[who] or _number(evidence, f"hours_by_{who}") > 0 for who in UNMET_BY}
    return {
        **{f"by {who}": cancelled for who, cancelled in by.items()},
        "unmet": unmet,
        "unmet by supervisor alone": unmet and not by["service"],
        "unmet by service alone": unmet and not by["supervisor"],
        "activated": _number(evidence, "p_activation") >= WATCH_AT or not unmet,
    }


def _of_self_care(evidence: Row) -> dict[str, bool]:
    evenings = _number(evidence, "p_after_hours") >= WATCH_AT or evenings_first(evidence)
    plan, barrier = _number(evidence, "p_plan") >= WATCH_AT or not evenings, evidence.get("barrier")
    return {
        "evenings": evenings,
        "plan": plan and barrier != WORKLOAD,
        "crowded": plan and barrier == WORKLOAD,
        "no access": plan and barrier == "access",
        "long days": _number(evidence, "days_without_break") > 0,
        "no day off": _number(evidence, "days_off") == 0,
    }


def _number(evidence: Row, name: str) -> float:
    """NaN, which compares with nothing, where it is not known."""
    value = evidence.get(name)
    return np.nan if value is None else float(value)
