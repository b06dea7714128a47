"""Views as HTML: one object a page, one `Html` a notebook cell, and whole documents.

    page = SuperviseePage(view)
    page.opening, page.questions, page.section("q1"), page.agreed, page.support, page.agenda, page.method
    render_page(page)        # the same parts as one document, without a notebook
    render_index(view)       # a supervisor's landing page, or the practice's

The nbconvert template `nbconvert/caseload` frames an executed notebook with the same masthead, stylesheet and script.
All markup lives in templates with autoescape on; a view's text is never markup. Only `drawing` and `sparklines` hand
over SVG.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from caseload.flags.states import MEANINGS, WORDS
from caseload.pages import columns, views
from caseload.wording import spelled

HERE = Path(__file__).parent
NBCONVERT = HERE / "nbconvert"  # what HTMLExporter takes as extra_template_basedirs
FRAME = NBCONVERT / "caseload"  # stylesheet, script and frame of every page

# The agenda is one A4 sheet: what 250 mm leave after headings and questions is shared out as writing lines.
SHEET_MM, FIXED_MM, ITEM_MM, FIXED_LINES = 250, 52, 18, 5
YOURS = "The file is yours. You decide who sees it."
OURS = "Keep the file as you would keep case notes."
WHOLE_WORD = 18  # characters; a longer word in a table may be broken
RULE_MM = (5.5, 9.5)  # narrowest line that can be written on, and the widest that is useful


@dataclass(frozen=True)
class Html:
    """What one notebook cell shows: markup for a page, one line of text elsewhere."""

    markup: str
    text: str
    style: str = ""  # for the notebook's own window; the exported page has the whole stylesheet
    about: dict[str, Any] = field(default_factory=dict)  # title, crumbs and footer, for the frame of an exported page

    def __str__(self) -> str:
        return self.markup

    def _repr_html_(self) -> str:
        return f"<style>{self.style}</style><!--page-->{self.markup}" if self.style else self.markup

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        bundle = {"text/html": self._repr_html_(), "text/plain": self.text}
        return bundle, {"caseload": self.about} if self.about else {}


NOTHING = Html("", "Nothing to show: this page is made from appointments alone.")


class _Page:
    """What all pages have: an opening, sections by anchor, the method."""

    def __init__(self, view: Any) -> None:
        self.view = view

    @property
    def opening(self) -> Html:
        """What the page is about; it carries title, crumbs and footer for the exported page."""
        opening = self.view.opening
        about = {
            "title": opening.document_title,
            "crumbs": [list(crumb) for crumb in opening.crumbs],
            "footer": self.view.footer,
        }
        markup = _render("opening.html.j2", part="opening", opening=opening, footer=self.view.footer)
        return Html(markup, opening.document_title, style=_read(HERE / "templates" / "notebook.css"), about=about)

    def section(self, anchor: str) -> Html:
        """One question's evidence; `KeyError` for an anchor that the view does not have."""
        return self._sections((self._section_at(anchor),))

    @property
    def sections(self) -> Html:
        """Every section, in one cell."""
        return self._sections(self.view.sections)

    @property
    def method(self) -> Html:
        """Method and limits; in the own copy after a place to add to the page or contest it."""
        own = getattr(self.view, "copy", "") == "own"
        fold, chance = isinstance(self.view, views.SuperviseeView), getattr(self.view, "chance", None)
        told = chance if fold and not self.view.diary else None
        return self._part("method", "Method and limits", answer=own, whose=YOURS, fold=fold, chance=told)

    @property
    def cells(self) -> tuple[Html, ...]:
        """Every part, in the order of the notebook."""
        return (self.opening, self.sections, self.method)

    def _section_at(self, anchor: str) -> views.Section:
        sections = [section for section in self.view.sections if section.anchor == anchor]
        if not sections:
            raise KeyError(f"no section {anchor!r}; there are {[section.anchor for section in self.view.sections]}")
        return sections[0]

    def _sections(self, sections: tuple[views.Section, ...]) -> Html:
        markup = _render("sections.html.j2", part="section", sections=sections)
        return Html(markup, "; ".join(section.question for section in sections))

    def _part(self, name: str, text: str, **context: Any) -> Html:
        return Html(_render(f"{name}.html.j2", part=name, view=self.view, **context), text)


class SuperviseePage(_Page):
    """One supervisee's month: a `SuperviseeView`, for the supervisor or as the own copy."""

    view: views.SuperviseeView

    @property
    def questions(self) -> Html:
        """What is due, a question, the answers and the clients in words; or what appointments alone say."""
        if self.view.diary:
            return self._part("diary", self.view.opening.title, diary=self.view.diary)
        anchors = {section.anchor for section in self.view.sections}
        return self._part("questions", "; ".join(card.question for card in self.view.cards), anchors=anchors)

    def _sections(self, sections: tuple[views.Section, ...]) -> Html:
        cards: dict[str, list[views.Card]] = {}
        for card in (*self.view.cards, self.view.strip):
            cards.setdefault(card.anchor, []).append(card)
        markup = _render("sections.html.j2", part="section", sections=sections, cards=cards)
        return Html(markup, "; ".join(section.question for section in sections))

    def section(self, anchor: str) -> Html:
        """One question's evidence; nothing where there are appointments alone: what they cannot say is said once."""
        return NOTHING if self.view.diary else super().section(anchor)

    @property
    def agreed(self) -> Html:
        """What was decided last time and what came of it."""
        if self.view.diary and not self.view.agreed:
            return NOTHING
        return self._part("agreed", "Agreed last time, and the outcome")

    @property
    def support(self) -> Html:
        """What could help and who can do it, with places to tick; in the own copy also whom to turn to."""
        if self.view.diary and not self.view.support.contacts:
            return NOTHING
        return self._part("support", self.view.support.title)

    @property
    def agenda(self) -> Html:
        """The meeting’s agenda: one sheet of paper, the second page in print."""
        whose = YOURS if self.view.copy == "own" else OURS
        return self._part("agenda", "Agenda for our meeting", rule=_rule_height(self.view.agenda), whose=whose)

    @property
    def cells(self) -> tuple[Html, ...]:
        """Every part, in the order of the notebook."""
        sections = (self.section(section.anchor) for section in self.view.sections)
        return (self.opening, self.questions, self.agenda, self.support, self.agreed, *sections, self.method)


class TeamPage(_Page):
    """The institution's view of one team: a `TeamView`, suppressed before it comes here."""

    view: views.TeamView

    @property
    def tiles(self) -> Html:
        """The indicators, and what chance alone would do."""
        return self._part("tiles", "; ".join(tile.title for tile in self.view.tiles))

    @property
    def cells(self) -> tuple[Html, ...]:
        """Every part, in the order of the notebook."""
        return (self.opening, self.tiles, self.sections, self.method)


class QualityPage(_Page):
    """What was read, refused, excluded and missing: a `QualityView`."""

    view: views.QualityView


class MethodPage(_Page):
    """How the method does on simulated practices: a `MethodView`."""

    view: views.MethodView


def render_page(page: _Page) -> str:
    """The page as one document, with the same parts and frame as its exported notebook."""
    return _document("document.html.j2", page.view, cells=page.cells)


def render_index(view: views.IndexView | views.SupervisorsView) -> str:
    """A landing page as one document: supervisees with their states, or supervisors without anybody's state."""
    if isinstance(view, views.SupervisorsView):
        return _document("supervisors.html.j2", view)
    return _document("supervisees.html.j2", view, choices=_choices(view))


def load_templates() -> None:
    """Compile every template now, not when a page first needs it."""
    for name in _templates().list_templates(extensions=["j2"]):
        if name != "index.html.j2":  # nbconvert's
            _templates().get_template(name)


def _document(template: str, view: Any, **context: Any) -> str:
    style = Markup("<style>\n{}</style>").format(Markup(_read(FRAME / "style.css")))
    script = Markup("<script>\n{}</script>").format(Markup(_read(FRAME / "page.js")))
    return _render(template, view=view, opening=view.opening, footer=view.footer, style=style, script=script, **context)


def _render(template: str, **context: Any) -> str:
    return _templates().get_template(template).render(**context)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader([HERE / "templates", FRAME]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "spelled": spelled,
        "cell": _cell,
        "states": _states,
        "draw": _draw,
        "sparkline": _sparkline,
    }
    environment.filters |= {"strip": _strip, "mark": _mark}
    environment.filters |= {"sides": columns.sides, "beside": columns.beside, "below": columns.below}
    environment.globals |= {"words": WORDS, "meanings": MEANINGS}
    environment.tests |= {
        "figure": lambda item: isinstance(item, views.Figure),
        "table": lambda item: isinstance(item, views.Table),
        "wide": columns.is_wide,
        "long": lambda value: max(map(len, _cell(value).split()), default=0) > WHOLE_WORD,
    }
    return environment


@cache
def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _draw(figure: views.Figure) -> Markup:
    from caseload.pages import drawing

    return Markup(drawing.draw(figure))


def _sparkline(spark: views.Spark) -> Markup:
    from caseload.pages import sparklines

    return Markup(sparklines.sparkline(spark))


def _strip(row: views.ClientRow) -> Markup:
    from caseload.pages import strips

    return Markup(strips.strip(row.marks))


def _mark(kind: str) -> Markup:
    from caseload.pages import strips

    return Markup(strips.mark(kind))


def _cell(value: Any) -> str:
    """A table cell as text. What is missing says so: it is never blank and never 0."""
    if pd.isna(value) or value == "":
        return "not recorded"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.2f}".replace("-", "−")
    return str(value)


def _states(row: views.IndexRow) -> str:
    """The words by which the index shows or hides a row."""
    words = {state.state for state in row.states} - ({"not_enough_data"} if row.leave else set())
    words |= {"changed"} if row.changed else set()
    words |= {"due"} if row.due else set()
    words |= {"on_leave"} if row.leave else set()
    words |= set() if row.report else {"not_made"}
    return " ".join(sorted(words))


def _choices(view: views.IndexView) -> list[tuple[str, str]]:
    """What the index can be narrowed to; what nobody has is not offered."""
    labels = {
        **{state: WORDS[state] for state in ("raise", "watch", "not_enough_data")},
        "changed": "Changed since last month",
        "due": "Due for review",
        "on_leave": "On leave",
        "not_made": "Report not made",
    }
    present = {word for row in view.rows for word in _states(row).split()}
    return [("all", f"All {len(view.rows)}"), *((word, label) for word, label in labels.items() if word in present)]


def _rule_height(agenda: tuple[views.AgendaItem, ...]) -> float:
    """Millimetres between two writing lines, so that the agenda fills one printed sheet and no more."""
    lines = FIXED_LINES + sum(item.lines for item in agenda)
    narrowest, widest = RULE_MM
    return round(min(widest, max(narrowest, (SHEET_MM - FIXED_MM - ITEM_MM * len(agenda)) / lines)), 1)
