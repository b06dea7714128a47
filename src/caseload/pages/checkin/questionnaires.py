"""The questionnaires that a form asks for: the practice's own copies, or answers beside the paper form.

No text of a questionnaire comes with this software but that of the single question on burnout, which is free. A
practice puts its licensed copy into `instruments/<name>.csv` (item, text, credit).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from caseload.errors import InputError, ParameterError, Problem, did_you_mean
from caseload.intake.exports.stored import read_table
from caseload.intake.read import UNREADABLE, unreadable
from caseload.intake.scales import SCALES
from caseload.questionnaires import QUESTIONNAIRES, Range

FOLDER = "instruments"
QUARTERLY = ("single_item_burnout", "proqol5")
"""Asked every third month where the practice has no copy of its own of any."""
ALWAYS_ASKED = tuple(name for name, each in QUESTIONNAIRES.items() if not each.count)
"""Every month, and not as a questionnaire."""
BURNOUT = "Using your own definition of burnout, select an answer."
BURNOUT_ANSWERS = (
    "I enjoy my work. I have no symptoms of burnout.",
    "I am under stress, and don’t always have as much energy as I did, but I don’t feel burned out.",
    "I am definitely burning out and have 1 or more symptoms of burnout, e.g. emotional exhaustion.",
    "The symptoms of burnout that I’m experiencing won’t go away. I think about work frustrations a lot.",
    "I feel completely burned out. I am at the point where I may need to seek help.",
)
_COLUMNS = ("item", "text")


@dataclass(frozen=True)
class Item:
    """One question: its number, its text ("" = beside the paper form), the answers and what they mean."""

    name: str
    text: str
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Questionnaire:
    """One questionnaire as a form asks it. `scores` are ready scores that may be entered: name, lowest, highest."""

    name: str
    title: str
    credit: str
    items: tuple[Item, ...]
    scores: tuple[tuple[str, float, float], ...] = ()

    @property
    def is_on_paper(self) -> bool:
        """Whether the practice has no copy of its own, so that answers go beside the paper form."""
        return not any(item.text for item in self.items)


def asked(practice: Path, month: int, wanted: Sequence[str]) -> tuple[Questionnaire, ...]:
    """The questionnaires of a month's form: those that are wanted, else those that are due every third month.

    Raises `ParameterError` for one that is not known, `InputError` for a copy that cannot be read.
    """
    known = [name for name in SCALES if name not in ALWAYS_ASKED]
    for name in wanted:
        if name not in known:
            raise ParameterError(f"a questionnaire is one of {', '.join(known)}{did_you_mean(name, known)}")
    own = practice / FOLDER
    due = [name for name in known if (own / f"{name}.csv").is_file()] or list(QUARTERLY)
    names = list(dict.fromkeys(wanted)) or (due if month % 3 == 0 else [])
    return tuple(_questionnaire(name, own / f"{name}.csv") for name in names)


def _questionnaire(name: str, copy: Path) -> Questionnaire:
    scales = SCALES[name]
    texts, credit = _copy(name, copy, scales) if copy.is_file() else ({}, QUESTIONNAIRES[name].credit)
    if name == "single_item_burnout":
        answers = tuple((str(at), text) for at, text in enumerate(BURNOUT_ANSWERS, start=1))
        return Questionnaire(
            name, QUESTIONNAIRES[name].title, QUESTIONNAIRES[name].credit, (Item("1", BURNOUT, answers),)
        )
    items = [Item(item, texts.get(item, ""), _answers(scale)) for item, scale in scales.items() if item.isdigit()]
    scores = [(item, scale.low, scale.high) for item, scale in scales.items() if not item.isdigit()]
    return Questionnaire(name, QUESTIONNAIRES[name].title, credit, tuple(items), tuple(scores))


def _answers(scale: Range) -> tuple[tuple[str, str], ...]:
    """The answers to an item by their numbers, as the paper form has them."""
    step = scale.step or 1
    count = int((scale.high - scale.low) / step) + 1
    return tuple((number, number) for number in (f"{scale.low + place * step:g}" for place in range(count)))


def _copy(name: str, path: Path, items: Collection[str]) -> tuple[dict[str, str], str]:
    """The texts of a practice's own copy by item, and its credit. Every item once, or it is refused."""
    label = f"{FOLDER}/{path.name}"
    try:
        table = read_table(path)
    except UNREADABLE as error:
        raise InputError([unreadable(label, error)]) from None
    if not set(_COLUMNS) <= set(table.column_names):
        raise InputError([_wrong(label, "the columns item, text and credit", "other columns")])
    rows = table.to_pylist()
    texts = {str(row["item"] or "").strip(): str(row["text"] or "").strip() for row in rows}
    numbers = [item for item in items if item.isdigit()]
    if len(rows) != len(numbers) or sorted(texts) != sorted(numbers) or not all(texts.values()):
        raise InputError([_wrong(label, f"the items 1 to {len(numbers)} of {name}, each once, with a text", "others")])
    given = [str(row["credit"]).strip() for row in rows if row.get("credit")]
    return texts, given[0] if given else QUESTIONNAIRES[name].credit


def _wrong(label: str, expected: str, found: str) -> Problem:
    return Problem(label, "", (), 0, expected, found, "Correct the copy, or remove it: the form then asks by number.")
