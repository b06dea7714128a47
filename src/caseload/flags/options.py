"""What could help with a month's flags, and what to ask each layer: the part of the repertoire that fits the evidence.

Options are offered, never prescribed: two people choose among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from caseload.flags.every import FLAGS
from caseload.flags.flag import Row, number_of
from caseload.flags.repertoire import KEEPING, PUTTING_BACK, Option
from caseload.flags.states import STANDING
from caseload.wording import listed

BEYOND_CONTRACT = 1.1
"""Client hours count as beyond the contract from this multiple of it."""


def options(flag: str, state: str, evidence: Row, clients: Sequence[str]) -> tuple[Option, ...]:
    """What could help with a flag that is watch or raise, the most fitting of each concern first; else nothing.

    `evidence` is the month's numbers behind the flag, together with those of the workload where they are known:
    `weekly_client_hours` and `contract`, `days_without_break`, `days_off`, `crises`, and of cancelled support
    `hours_by_supervisor` and `hours_by_service`. `clients` are those that stand out, widest gap first; two are named.
    """
    return _fitting(FLAGS[flag].options, evidence, clients, FLAGS[flag].unnamed) if state in STANDING else ()


def open_questions(flag: str, evidence: Row, clients: Sequence[str]) -> dict[str, Option]:
    """One open question for each layer, the first that fits."""
    fitting = _fitting(FLAGS[flag].questions, evidence, clients, FLAGS[flag].unnamed)
    return {question.layer: question for question in reversed(fitting)}


def putting_back(evidence: Row) -> tuple[Option, ...]:
    """The month's cancelled hours put back by those who cancelled them: `hours_by_supervisor`, `hours_by_service`."""
    return _fitting(PUTTING_BACK, evidence)


def keeping(*, back: bool) -> tuple[Option, ...]:
    """What to keep in a month in which nothing stands out; `back` from leave, or soon to be."""
    return _fitting(KEEPING, {"back": back})


def _fitting(
    given: tuple[Option, ...], evidence: Row, clients: Sequence[str] = (), unnamed: str = ""
) -> tuple[Option, ...]:
    """What fits the evidence, with the clients' names in it, or what they are called where nobody is named."""
    holding = circumstances(evidence)
    whom = listed(list(clients[:2])) or unnamed
    deep = evidence.get("top_clients") or whom
    names = {"whom": deep if "mostly concentrated" in holding else whom, "deep": deep}
    return tuple(replace(option, text=option.text.format(**names)) for option in given if option.when in holding)


def circumstances(evidence: Row) -> frozenset[str]:
    """What the evidence says, by the names that options and questions refer to; what is not known is not said."""
    holding = _of_work(evidence) | {
        "always": True,
        "back": bool(evidence.get("back")),
        "here": not evidence.get("back"),
    }
    for flag in FLAGS.values():
        holding |= flag.circumstances(evidence)
    return frozenset(name for name, holds in holding.items() if holds)


def _of_work(evidence: Row) -> dict[str, bool]:
    """What the month's work says, whatever the flag."""
    contract = number_of(evidence, "contract")
    return {
        "crises": number_of(evidence, "crises") > 0,
        "beyond contract": number_of(evidence, "weekly_client_hours") > BEYOND_CONTRACT * contract,
        "long days": number_of(evidence, "days_without_break") > 0,
        "no day off": number_of(evidence, "days_off") == 0,
    }
