"""Reads a whole page of a supervisee, and finds pairs of statements that cannot both be true.

`contradictions(view)` names what it finds. `PAIRS` says which pairs it looks for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import review_fixtures as fixtures

from caseload.pages.views import Card, Figure, Section, SuperviseeView, Table

STANDING = ("raise", "watch")
ASKS_TO_HAND_BACK = "be carrying themselves"
ID = re.compile(r"\b[A-Z]{1,2}\d{2,}\b")


@dataclass(frozen=True)
class Page:
    """A page as it is read: all its words, and what stands in which place."""

    view: SuperviseeView

    @cached_property
    def text(self) -> str:
        return fixtures.words(self.view)

    def card(self, anchor: str) -> Card:
        return next(card for card in self.view.cards if card.anchor == anchor)

    def section(self, anchor: str) -> Section:
        return next(section for section in self.view.sections if section.anchor == anchor)

    def words(self, anchor: str) -> str:
        return fixtures.words((self.card(anchor), self.section(anchor)))

    def titles(self, anchor: str) -> list[str]:
        section = self.section(anchor)
        return [item.title for item in (section.main, *section.supporting) if isinstance(item, Figure)]

    def standing(self, anchor: str) -> bool:
        return self.card(anchor).state.state in STANDING

    def sheet(self, anchor: str) -> str:
        return " ".join(text for _, text in self.section(anchor).sheet)

    @cached_property
    def gaps(self) -> dict[str, float]:
        """Each client's gap, as the numbers of the first figure print it."""
        main = self.section("balance").main
        if not isinstance(main, Figure) or main.numbers is None:
            return {}
        return {
            str(who): float(str(gap).split(" ")[0].replace("−", "-"))
            for who, gap in zip(main.numbers["Client"], main.numbers["Gap"], strict=True)
        }

    @property
    def new(self) -> bool:
        return any("started on" in text for text in (self.view.opening.title, self.view.opening.lead))


def shares(page: Page) -> bool:
    """A count and its percentage that do not agree: 27 of 36 (72%)."""
    found = re.findall(r"(\d+) of (\d+) (?:[a-z-]+ ){1,8}\((\d+)%", page.text)
    return any(abs(100 * int(part) / max(int(whole), 1) - int(share)) > 0.51 for part, whole, share in found)


def stage_count(page: Page) -> bool:
    """A share off the stage that is not the count beside it."""
    words = page.words("stage")
    counts = re.search(r"(\d+) ahead of the client’s stage and (\d+) behind", words)
    if counts is None:
        return False
    off = sum(map(int, counts.groups()))
    claimed = [int(share) for share in re.findall(r"(\d+)% (?:off|of sessions off|did not)", words)]
    said = [float(count) for count in re.findall(r"([\d.]+) of \d+ (?:rated )?sessions? did not match", words)]
    return (off == 0 and any(claimed + said)) or (off > 0 and 0 in said and "0." not in words)


def stage_entries(page: Page) -> bool:
    """Every entry of a picture fits, and a session of the same days does not."""
    counts = re.search(r"(\d+) ahead of the client’s stage and (\d+) behind", page.words("stage"))
    fits = any(title.startswith("Every entry") for title in page.titles("stage"))
    return bool(fits and counts and sum(map(int, counts.groups())))


def hands_back(page: Page) -> bool:
    """A question that presumes carrying too much for a client, where no flag says so or no client stands out."""
    asked = ASKS_TO_HAND_BACK in page.text
    calm = any("stands out" in text for text in (*page.titles("balance"), page.sheet("balance")))
    return asked and (not page.standing("balance") or calm)


def widest(page: Page) -> bool:
    """ "Most with" clients, of whom none has the widest gap."""
    named = re.search(r"[Mm]ost with ([^.;:]*)", page.card("balance").sentence + page.view.opening.title)
    if named is None or not page.gaps:
        return False
    return max(page.gaps, key=lambda who: page.gaps[who]) not in ID.findall(named[1])


def order(page: Page) -> bool:
    """Clients asked about although others stand further apart."""
    asked = ID.findall(page.section("balance").ask)
    if not asked or not page.gaps or not page.standing("balance"):
        return False
    least = min(page.gaps.get(who, 0.0) for who in asked)
    ahead = [who for who, gap in page.gaps.items() if gap > least + 0.01 and who not in asked]
    return bool(ahead) and ASKS_TO_HAND_BACK in page.section("balance").ask


def survey_changes(page: Page) -> bool:
    """A survey that changed reliably below a sentence that says nothing of it."""
    card = page.card("personal")
    changed = [title for title in page.titles("personal") if re.search(r"(?:rose|fell) reliably", title)]
    calm = re.search(r"not clearly|No rating", card.sentence)
    return bool(changed and calm and not re.search(r"rose|fell", card.sentence))


def no_past(page: Page) -> bool:
    """Somebody who has just begun, beside a usual of their own."""
    said = " ".join([page.view.opening.title, page.view.opening.lead, *(card.sentence for card in page.view.cards)])
    return page.new and "usual" in said


def held(page: Page) -> bool:
    """A flag to discuss beside a probability that makes none, without a word on why it is still there."""
    for section in page.view.sections:
        text = page.sheet(section.anchor)
        found = re.search(r"It is (\d+|less than 1)% likely that effort", text)
        low = found is not None and (found[1] == "less than 1" or int(found[1]) < 70)
        if section.state and section.state.state == "raise" and low and "A flag ends after" not in text:
            return True
    return False


def nothing(page: Page) -> bool:
    """A flag beside the words that nothing stands out."""
    return page.standing("balance") and "Nothing stands out" in page.words("balance")


def gap_range(page: Page) -> bool:
    """A gap beyond its usual range below a sentence that says it is inside, or that nothing is there."""
    title = " ".join(page.titles("balance"))
    beyond = "left its usual range" in title or "above its usual range" in title
    calm = re.search(r"inside its usual range|Nothing stands out|no clear sign", page.card("balance").sentence)
    return bool(beyond and calm)


def slope(page: Page) -> bool:
    """A title that says effort follows engagement below a sentence that says nothing does."""
    says = any(
        re.search(r"rises as engagement falls|higher where engagement was lower", t) for t in page.titles("balance")
    )
    calm = re.search(r"inside its usual range|Nothing stands out|no clear sign", page.card("balance").sentence)
    return says and bool(calm)


def flags_at_top(page: Page) -> bool:
    """A top that says there is no flag where there is one, or the reverse."""
    states = [card.state.state for card in (*page.view.cards, page.view.strip)]
    top = f"{page.view.opening.title} {page.view.opening.lead}"
    calm = "There is no flag" in top or "Nothing stands out" in top
    little = "not have enough data" in top or "too little data" in top
    return (calm or little) and any(state in STANDING for state in states)


def due(page: Page) -> bool:
    """What is due for review at the top and nowhere below, or the reverse."""
    top = "Due for review" in page.view.opening.lead
    below = any(item.due for item in page.view.agreed)
    listed = any(item.title.startswith("Due for review") for item in page.view.agenda)
    return not top == below == listed


def fatigue(page: Page) -> bool:
    """Two probabilities of the same score."""
    strip = re.search(r"is ([^.]*?%) likely", page.view.strip.sentence)
    sheet = re.search(r"It is ([^.]*?%) likely that the score", page.sheet("personal"))
    return bool(strip and sheet and strip[1] != sheet[1])


def evenings(page: Page) -> bool:
    """No contact out of hours in a picture, and some in a sentence."""
    none = any(title.startswith("No contact") for title in page.titles("selfcare"))
    some = re.search(r"([1-9]\d*) of \d+ contacts? (?:was|were|lay)", page.words("selfcare"))
    return none and some is not None


def plan_done(page: Page) -> bool:
    """A plan that is said to slip although most of it was done."""
    found = re.search(r"(\d+) of (\d+) planned times were done", page.words("selfcare"))
    slips = "less than half of the plan" in page.text
    return bool(slips and found and 2 * int(found[1]) > int(found[2]))


def support(page: Page) -> bool:
    """Support of which all took place, and hours of it that were cancelled."""
    card = page.card("personal")
    hours = re.fullmatch(r"([\d.]+) of ([\d.]+)", card.number)
    cancelled = "cancelled by" in card.interval
    return bool(hours and hours[1] == hours[2] and cancelled)


def agenda_states(page: Page) -> bool:
    """An item of the agenda in another state than its card."""
    states = {card.anchor: card.state.state for card in page.view.cards}
    shown = {section.anchor: section.state.state for section in page.view.sections if section.state}
    return any(shown.get(anchor, state) != state for anchor, state in states.items())


def empty_tables(page: Page) -> bool:
    """A table without a row, which says nothing and looks like none."""
    parts = [item for section in page.view.sections for item in section.supporting]
    return any(isinstance(item, Table) and item.frame.empty for item in parts)


PAIRS: tuple[Callable[[Page], bool], ...] = (
    shares, stage_count, stage_entries, hands_back, widest, order, survey_changes, no_past, held, nothing, gap_range,
    slope, flags_at_top, due, fatigue, evenings, plan_done, support, agenda_states, empty_tables,
)  # fmt: skip


def contradictions(view: SuperviseeView) -> Iterator[str]:
    """The names of what this page says twice and differently."""
    if view.diary is None:
        page = Page(view)
        yield from (pair.__name__ for pair in PAIRS if pair(page))
