"""What a page says: frozen records of plain text and small tables, without HTML and without drawing.

A view is built from the month's review by `supervisee`, `team`, `quality` and `index`, and turned into HTML by
`html`. Nothing here holds what its reader may not see: consent and suppression are applied before a view is built.
All text is unescaped; `html` escapes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True)
class State:
    """A flag's state in words: `word` is one of the four states, `not_shared` or `not_made`."""

    state: str
    since: str = ""  # "since May (Watch in April)"; empty where there is no history


@dataclass(frozen=True)
class Spark:
    """A sparkline: monthly values, oldest first (NaN = nothing that month), and the reader's own usual range."""

    values: tuple[float, ...]
    alt: str
    low: float | None = None  # 90 % interval of the newest value
    high: float | None = None
    usual: tuple[float, float] | None = None
    state: str = "steady"


@dataclass(frozen=True)
class Figure:
    """A drawing and the words around it: `plot` names a function of `caseload.figures`, `numbers` is on demand."""

    plot: str
    table: pd.DataFrame
    title: str  # the finding
    subtitle: str  # what is drawn, and its unit
    alt: str
    note: str = ""
    numbers: pd.DataFrame | None = None
    height: int = 260  # px at the native width of 420
    labels: dict[str, str] = field(default_factory=dict)  # keyword arguments for the plot function, such as ylabel


@dataclass(frozen=True)
class Empty:
    """Stands where a figure would be: what is missing and what would fill it."""

    title: str
    text: tuple[str, ...]
    state: str = "not_enough_data"


@dataclass(frozen=True)
class Table:
    """A table, below its caption or, where `folded`, behind it; `wide` takes the whole width of the page."""

    caption: str
    frame: pd.DataFrame  # all cells text; first column is the row's header
    note: str = ""
    folded: bool = False
    wide: bool = False


Evidence = Figure | Empty | Table


@dataclass(frozen=True)
class Card:
    """One of the four questions on the first screen."""

    anchor: str
    question: str
    state: State
    sentence: str
    number: str = ""
    unit: str = ""
    interval: str = ""
    spark: Spark | None = None


@dataclass(frozen=True)
class Section:
    """The evidence for one question: main figure beside the flag's sheet, then supporting figures."""

    anchor: str
    question: str
    state: State | None
    main: Evidence | None
    sheet: tuple[tuple[str, str], ...] = ()  # (term, text): why it is here, sessions, explanations, what would clear it
    ask: str = ""
    supporting: tuple[Evidence, ...] = ()
    intro: str = ""


@dataclass(frozen=True)
class Agreed:
    """A decision of an earlier meeting and what came of it."""

    decision: str
    followed: str  # what the log shows since
    outcome: str
    due: bool = False  # to be reviewed by this month


@dataclass(frozen=True)
class AgendaItem:
    """One item of the meeting's agenda, with `lines` to write on."""

    title: str
    state: State | None  # None: about no question of the page, or about several
    question: str
    lines: int = 2


@dataclass(frozen=True)
class Options:
    """What could help in one respect: options to tick, each with who can do it, and what is known beside them."""

    title: str
    options: tuple[tuple[str, str], ...]  # (what, who)
    facts: tuple[tuple[str, str], ...] = ()  # (number, what it counts)
    ask: str = ""


@dataclass(frozen=True)
class Contact:
    """Somebody to turn to, in the practice's own words."""

    name: str
    kind: str
    how: str
    hours: str = ""
    note: str = ""


@dataclass(frozen=True)
class SupportPlan:
    """What could help this month and who can do it, to be chosen together; `contacts` stand in own copies only."""

    title: str
    intro: str
    groups: tuple[Options, ...]
    turn_to: str = ""  # a sentence on whom to turn to; empty in the supervisor's copy
    contacts: tuple[Contact, ...] = ()


@dataclass(frozen=True)
class Opening:
    """The top of any page."""

    document_title: str
    crumbs: tuple[tuple[str, str], ...]  # (text, href); the last one is this page, with an empty href
    kick: str
    title: str
    lead: str
    facts: tuple[tuple[str, str, str], ...]  # (before, bold, after), each may be empty
    links: tuple[tuple[str, str], ...] = ()  # (text, href), shown among the facts
    marks: tuple[str, ...] = ()  # of an own page: digests of the answers behind it, not shown


@dataclass(frozen=True)
class Chance:
    """How many flags chance alone would raise, and what the words mean."""

    title: str
    text: tuple[str, ...]
    with_not_shared: bool = False
    line: str = ""  # the same in one line
    heading: str = "What the words mean"


@dataclass(frozen=True)
class Count:
    """A number of the month with its unit, and a sentence that says what it means."""

    number: str
    unit: str
    sentence: str


@dataclass(frozen=True)
class ClientRow:
    """One client's appointments: `marks` are (what became of it, whether in the month, the date in words)."""

    client_id: str
    marks: tuple[tuple[str, bool, str], ...]
    came: str
    before: str
    last_seen: str
    words: str
    ask_first: bool


@dataclass(frozen=True)
class Diary:
    """What appointments alone say of a month, where nothing else is recorded: instead of the four questions."""

    counts: tuple[Count, ...]
    facts: tuple[tuple[str, str], ...]  # (what, names or a number)
    ask: str
    month: str  # "May", as the tables are headed
    before: str  # "November to April"
    clients: tuple[ClientRow, ...]
    decided: str  # how a client comes to be named
    month_sections: tuple[Evidence, ...]
    watched: State | None  # the state, where the month is worth watching
    hours: tuple[State, str] | None  # whether appointments keep to the working day, where that is recorded
    cannot: tuple[str, ...]  # what this cannot tell, and what would


@dataclass(frozen=True)
class Answer:
    """A question's answer in one sentence; `anchor` is where its evidence is."""

    title: str
    sentence: str
    anchor: str


@dataclass(frozen=True)
class ClientWords:
    """One client in words: how often they came, effort, engagement, and what has changed; `marked` stands out."""

    client_id: str
    came: str
    effort: str
    engagement: str
    change: str
    marked: bool


@dataclass(frozen=True)
class FirstScreen:
    """What a page answers first, in plain words."""

    ask: str = ""
    answers: tuple[tuple[State, tuple[Answer, ...]], ...] = ()  # those of one state together
    clients: tuple[ClientWords, ...] = ()
    since: str = ""  # the month that `change` compares with
    left_out: str = ""


@dataclass(frozen=True)
class SuperviseeView:
    """One copy of one supervisee's page. With a `diary` there are no cards and no sections."""

    clinician_id: str
    copy: str  # "supervisor" or "own"
    opening: Opening
    cards: tuple[Card, ...]
    strip: Card  # likely compassion fatigue, shown as a strip below the cards
    chance: Chance
    sections: tuple[Section, ...]
    agreed_intro: str
    agreed: tuple[Agreed, ...]
    support: SupportPlan
    meeting: tuple[str, ...]
    agenda: tuple[AgendaItem, ...]
    method: tuple[tuple[str, str], ...]  # (heading, text)
    footer: str
    first: FirstScreen = FirstScreen()
    diary: Diary | None = None


@dataclass(frozen=True)
class Tile:
    """One indicator of the institution's view; `hidden` says why there is no number."""

    title: str
    number: str = ""
    interval: str = ""
    note: str = ""
    spark: Spark | None = None
    hidden: str = ""


@dataclass(frozen=True)
class TeamView:
    """The institution's page of one team."""

    team: str
    opening: Opening
    tiles: tuple[Tile, ...]
    chance: Chance
    sections: tuple[Section, ...]
    method: tuple[tuple[str, str], ...]
    footer: str


@dataclass(frozen=True)
class QualityView:
    """The data-quality page."""

    opening: Opening
    sections: tuple[Section, ...]
    method: tuple[tuple[str, str], ...]
    footer: str


@dataclass(frozen=True)
class MethodView(QualityView):
    """The page that checks the method on simulated practices: the same parts."""


@dataclass(frozen=True)
class IndexRow:
    """One supervisee on a landing page."""

    clinician_id: str
    states: tuple[State, ...]  # in the order of IndexView.columns
    report: str  # href; empty where the report was not made
    note: str = ""  # "Started on 13 April", "On leave for 17 days", the reason of a failure
    changed: tuple[tuple[str, str, str], ...] = ()  # since last month: (question, state then, state now), in words
    latest_change: str = ""  # YYYY-MM of the newest change, for sorting
    due: str = ""  # "2 agreements due for review"; empty = none
    finding: str = ""  # what appointments say, where nothing else is recorded
    watched: bool = False  # that is worth watching
    leave: str = ""  # "17 days in May" where the month is read as leave; empty = it is not


@dataclass(frozen=True)
class IndexView:
    """A supervisor's landing page, or the practice's where nobody is assigned to a supervisor."""

    opening: Opening
    chance: Chance
    columns: tuple[str, ...]
    rows: tuple[IndexRow, ...]
    questions: tuple[tuple[str, str], ...]  # (clinician, open question), of the flags raised
    notes: tuple[tuple[str, str], ...]  # (heading, text)
    footer: str
    finding: str = ""  # the heading of what appointments say; empty where there is more than appointments


@dataclass(frozen=True)
class SupervisorsView:
    """`index.html` of a practice with supervisors: their names and links, nobody's state."""

    opening: Opening
    entries: tuple[tuple[str, str, str], ...]  # (supervisor, href, "7 supervisees")
    teams: tuple[tuple[str, str], ...]  # (team, href)
    notes: tuple[tuple[str, str], ...]
    footer: str
