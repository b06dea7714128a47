"""What a first map says of who came: words of a status, columns of yes and no, and how long before it was cancelled."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

import numpy as np

from caseload.intake.exports.coded import Coded, plain_word
from caseload.intake.exports.headers import meanings
from caseload.intake.exports.map_files import OPEN
from caseload.intake.exports.map_texts import toml
from caseload.intake.exports.recognise import Columns, Recognised
from caseload.intake.showable import MOST_WORDS, vocabulary
from caseload.intake.tables import Column

HOURS = 24  # of notice, below which a cancellation is a late one: what most practices agree on
NOBODY_SAID = "nobody said who came"
STATUS_WORDS: Mapping[str, str] = {
    "show": "attended",
    "attended": "attended",
    "arrived": "attended",
    "completed": "attended",
    "complete": "attended",
    "kept": "attended",
    "checked in": "attended",
    "checked out": "attended",
    "seen": "attended",
    "present": "attended",
    "occurred": "attended",
    "took place": "attended",
    "no show": "no_show",
    "noshow": "no_show",
    "did not attend": "no_show",
    "dna": "no_show",
    "missed": "no_show",
    "absent": "no_show",
    "cna": "client_cancelled",
    "could not attend": "client_cancelled",
    "unable to attend": "client_cancelled",
    "fulfilled": "attended",
    "arrived late": "attended",
    "finished": "attended",
    "did not arrive": "no_show",
    "did not show": "no_show",
    "not attended": "no_show",
    "left without seen": "no_show",
    "left without being seen": "no_show",
}
LEFT_OUT_WORDS: Mapping[str, str] = {
    **dict.fromkeys(
        ("booked", "scheduled", "pending", "confirmed", "unconfirmed", "upcoming", "proposed"), NOBODY_SAID
    ),
    **dict.fromkeys(("declined", "waiting confirmation", "waitingconfirmation"), "never confirmed"),
    **dict.fromkeys(("rescheduled", "re scheduled"), "moved to another time that has a row of its own"),
    "waitlist": "on the waiting list",
    "entered in error": "entered in error",
}
_PLACES = frozenset({"clinic", "practice", "office", "centre", "center", "organisation", "organization"})
_WHO: Mapping[str, str] = {"client": "client_cancelled", "clinician": "clinician_cancelled"}
_USUAL = frozenset({"booked", "confirmed", "scheduled"})  # in some programs, what stays where nobody was missed
CANCELLED = ("cancelled", "canceled")
INITIATORS: Mapping[str, str] = {
    **dict.fromkeys(("patient", "client", "customer", "guardian", "parent"), "client_cancelled"),
    **dict.fromkeys(("provider", "clinician", "therapist", "practitioner", "staff", "doctor"), "clinician_cancelled"),
    **dict.fromkeys(("clinic", "practice", "office", "system", "facility"), "service_cancelled"),
}


def status_meant(text: str) -> str:
    """The status that a word of an unknown program plainly means; nothing where somebody has to say it."""
    if known := STATUS_WORDS.get(plain_word(text)):
        return known
    parts = meanings(text)
    if "cancelled" in parts:
        return _cancelled(parts - {"cancelled", "initiator", "appointment"})
    said = parts - {"client", "appointment", "did"}
    if said in ({"no", "show"}, {"not", "show"}, {"not", "came"}):
        return "no_show"
    return "attended" if said in ({"came"}, {"came", "late"}) else ""


def _cancelled(rest: frozenset[str]) -> str:
    """Who cancelled, by what a word says beside that; late is what clients are."""
    if rest - {"late"} <= {"client"} and "late" in rest:
        return "late_cancelled"
    if len(rest) != 1:
        return ""
    (who,) = rest
    return "service_cancelled" if who in _PLACES else _WHO.get(who, "")


def status_lines(columns: Columns, known: Recognised, spec: Column, private: Iterable[str]) -> list[str]:
    """The part of the map that is about the status; a question where no column looks like it."""
    header = known.chosen.get("status", "")
    if not header and not known.flags:
        asked = ["[columns.status] # no header looks like it", f'from = ["{OPEN}"]', ""]
        return [*asked[:-1], *(f"# {line.removeprefix('# ')}" for line in _allowed(spec)), ""]
    lines = ["[columns.status]"]
    initiators = _initiators(columns, known)
    if header:
        values = columns.values(header).cells
        decided = dict.fromkeys(CANCELLED, "client_cancelled") if initiators else {}
        lines += [f"from = [{toml(header)}]", *_flag_lines(columns, known), ""]
        lines += _allowed(spec)
        aside = _left_out(values, somebody_came="attended" in {status for _, _, status in known.flags})
        lines += [*word_lines(values, spec, private, decided, aside), ""]
        if aside:
            lines += ["[columns.status.left_out]", *(f"{toml(text)} = {toml(why)}" for text, why in aside.items()), ""]
    else:
        lines += [f"otherwise = {toml(NOBODY_SAID)}", *_flag_lines(columns, known), ""]
    lines += initiators
    return [*lines, *_late(known)]


def _allowed(spec: Column) -> list[str]:
    """The heading of the words, and which words may take the place of a question."""
    return [
        f"# Each word is one of {', '.join(spec.words)};",
        "# or it stands below [columns.status.left_out], with why its rows are left out.",
        "[columns.status.words]",
    ]


def _flag_lines(columns: Columns, known: Recognised) -> list[str]:
    """Rules of single cells, in the order in which they count: who came because nothing else is said comes last."""
    rules = [_rule(header, words, status) for header, words, status in known.flags]
    if "status" not in known.chosen:
        if known.cancelled_at and "client_cancelled" not in {status for _, _, status in known.flags}:
            rule = f'{{ column = {toml(known.cancelled_at)}, filled = true, is = "{OPEN}" }},'
            rules.append(f"    {rule} # who cancelled? client_cancelled, if that cannot be known")
        if known.others_came:
            rules.append(_rule(known.others_came, columns.values(known.others_came).no(), "attended"))
    return ["when = [ # the first that holds", *rules, "]"] if rules else []


def _rule(header: str, words: Iterable[str], status: str) -> str:
    said = ", ".join(map(toml, words))
    return f"    {{ column = {toml(header)}, words = [{said}], is = {toml(status)} }},"


def _initiators(columns: Columns, seen: Recognised) -> list[str]:
    """Who cancelled, by another column."""
    if not seen.initiator:
        return []
    words = {text: _initiator(text) for text in columns.values(seen.initiator).texts}
    known = [f"{toml(text)} = {toml(ours)}" for text, ours in words.items() if ours]
    if not known:
        return []
    only = 'instead_of = ["client_cancelled"]'
    return ["[[columns.status.instead]] # who cancelled", f"from = [{toml(seen.initiator)}]", only, "",
            "[columns.status.instead.words]", *known, ""]  # fmt: skip


def _initiator(text: str) -> str:
    if known := INITIATORS.get(plain_word(text)):
        return known
    parts = meanings(text) - {"initiator"}
    return next((_WHO[who] for who in _WHO if parts == {who}), "")


def _late(known: Recognised) -> list[str]:
    source = f"notice = [{toml(known.notice)}]" if known.notice else f"cancelled_at = [{toml(known.cancelled_at)}]"
    if not known.notice and not known.cancelled_at:
        return []
    return [
        "[columns.status.late] # a client's cancellation with less notice is a late one",
        source,
        f"hours = {HOURS}",
        "",
    ]


def _left_out(cells: Coded, *, somebody_came: bool) -> dict[str, str]:
    """Words of rows that say nothing of who came, with why. Where no word says that somebody came, the usual may."""
    known = {text: LEFT_OUT_WORDS[word] for text in cells.words if (word := plain_word(text)) in LEFT_OUT_WORDS}
    if somebody_came or "attended" in map(status_meant, cells.words):
        return known
    return {text: why for text, why in known.items() if plain_word(text) not in _USUAL}


def word_lines(
    cells: Coded,
    spec: Column,
    private: Iterable[str],
    decided: Mapping[str, str] = {},
    aside: Container[str] = (),
) -> list[str]:
    """The words of a column but those left `aside`, most frequent first, with what they seem to mean."""
    frequency = np.bincount(cells.codes[~cells.missing], minlength=len(cells.words)).tolist()
    counts = sorted(zip(cells.words, frequency, strict=True), key=lambda entry: -entry[1])
    counts = [(text, rows) for text, rows in counts if text not in aside]
    if len(counts) > MOST_WORDS:
        return [f'"{OPEN}" = "{OPEN}" # {len(counts)} different texts: is this the right column?']
    said = set(vocabulary(dict(counts), private))
    lines = [_word(text, rows, spec, decided) for text, rows in counts if text in said]
    if hidden := len(counts) - len(said):
        texts = "1 more text" if hidden == 1 else f"{hidden} more texts"
        lines.append(f'"{OPEN}" = "{OPEN}" # {texts}, not shown, perhaps more than words: write what they mean')
    return lines


def _word(text: str, rows: int, spec: Column, decided: Mapping[str, str]) -> str:
    word = plain_word(text)
    known = (status_meant(text) or decided.get(word)) if spec.name == "status" else None
    ours = known or (word.replace(" ", "_") if word.replace(" ", "_") in spec.words else OPEN)
    unsaid = ", attended if only what was missed is marked" if spec.name == "status" and word in _USUAL else ""
    return f'{toml(text)} = "{ours}" # {rows} {"row" if rows == 1 else "rows"}{unsaid}'
