"""Views with invented numbers: one page of each kind as it usually looks, and what makes pages ugly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from caseload.pages.views import (
    AgendaItem,
    Agreed,
    Answer,
    Card,
    Chance,
    ClientWords,
    Contact,
    Empty,
    Figure,
    FirstScreen,
    IndexRow,
    IndexView,
    Opening,
    Options,
    QualityView,
    Section,
    Spark,
    State,
    SuperviseeView,
    SupervisorsView,
    SupportPlan,
    Table,
    TeamView,
    Tile,
)

HOSTILE = "<script>alert('x')</script> \"q\" & 'r' </style></title><img src=x onerror=alert(1)> {{ 7*7 }} <!--page-->"
RIGHT_TO_LEFT = "מטופלת \u202eהפוך"
LONG = "Ω" * 300
FACES = "🧑🏽‍⚕️ C07 😀"

STEADY, WATCH, NO_DATA = State("steady", "since February"), State("watch", "since April"), State("not_enough_data")
RAISE = State("raise", "since May (Watch in April)")
MONTHS = [str(month) for month in pd.period_range("2025-07", "2026-05", freq="M")]
GAPS = (0.05, 0.09, 0.00, 0.08, 0.04, 0.06, -0.02, 0.05, 0.10, 0.36, 0.62)
FOOTER = "For supervision, not for appraisal. Session dates can identify people: keep it as you would case notes."
CHANCE = Chance(
    "How often chance alone would do this",
    (
        (
            "If nothing at all were going on, a page like this would show Discuss on effort about once in 100 months, "
            "a Watch about 5 times in 100, and a point outside its limits on about 2 in 5 pages (six charts)."
        ),
        "Small charts above: eleven months; grey band, the usual range; upright line, 90% interval.",
    ),
)
METHOD = (
    (
        "What this page is for",
        "It prepares one conversation. It does not measure performance, diagnose anyone or rank people.",
    ),
    (
        "How the numbers come about",
        "Effort and engagement are two levels estimated from the signals that were recorded. " * 3,
    ),
    (
        "What was recorded, and what was not",
        "Used: attendance, lateness, homework, SRS. Missing: talk share, ORS, survey. " * 2,
    ),
    (
        "What cannot be claimed",
        "Logs alone hardly detect burnout. Intervals are 90%: about one in ten misses the true value.",
    ),
    ("Who sees what", "This copy is yours. Files stay on this computer."),
    ("Made from", "caseload 0.1, run of 2 June 2026."),
)


def _effort_engagement() -> Figure:
    clients = ["DX41", "KM08", "RT15", "AB77", "PW02", "HS53", "VC54", "GE60", "LN39"]
    effort = np.array([1.1, 0.9, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0, -0.2])
    engagement = np.array([-0.6, -0.5, 0.0, 0.1, 0.2, 0.3, 0.1, 0.2, 0.1])
    gap = effort - engagement
    table = pd.DataFrame(
        {
            "label": clients,
            "effort": effort,
            "effort_low": effort - 0.35,
            "effort_high": effort + 0.35,
            "engagement": engagement,
            "engagement_low": engagement - 0.4,
            "engagement_high": engagement + 0.4,
            "gap": gap,
            "gap_low": gap - 0.5,
            "gap_high": gap + 0.5,
            "attention": [True, True] + [False] * 7,
        }
    )
    return Figure(
        plot="plot_effort_engagement",
        table=table,
        title="Effort ran ahead of engagement with two of nine clients",
        subtitle="Each client in May, compared with the practice’s usual (0), after allowing for severity.",
        alt="Effort and engagement of nine clients. DX41 and KM08 have effort well above engagement.",
        note="Lines: 90% intervals. n = 58 sessions attended of 71.",
        numbers=table[["label", "effort", "engagement", "gap"]].rename(columns={"label": "Client"}),
        height=360,
    )


def _xmr() -> Figure:
    table = pd.DataFrame(
        {
            "month": MONTHS,
            "value": GAPS,
            "low": [gap - 0.24 for gap in GAPS],
            "high": [gap + 0.24 for gap in GAPS],
            "mean": 0.12,
            "lower": -0.21,
            "upper": 0.46,
            "lower_near": -0.10,
            "upper_near": 0.34,
            "signal": [False] * 10 + [True],
            "state": [""] * 10 + ["raise"],
        }
    )
    return Figure(
        plot="plot_xmr",
        table=table,
        title="The gap has left its usual range",
        subtitle="Gap in SD, by month, with natural limits (XmR).",
        alt="The gap stayed near 0.1 until March, was 0.36 in April and 0.62 in May, above the limit of 0.46.",
        note="Trial limits, from eleven months.",
        numbers=table[["month", "value", "low", "high"]],
    )


def _supports() -> Figure:
    table = pd.DataFrame(
        {
            "kind": ["supervision", "consultation", "peer_support", "restorative"],
            "done": [2.0, 1.0, 1.5, 1.0],
            "cancelled_clinician": 0.0,
            "cancelled_supervisor": 0.0,
            "cancelled_service": [2.0, 0.0, 0.0, 1.0],
            "not_recorded": 0.0,
        }
    )
    return Figure(
        plot="plot_supports",
        table=table,
        title="Half of the promised supervision did not take place",
        subtitle="Hours promised and delivered in May.",
        alt="Supervision 2 of 4 hours, 2 cancelled by the service; the other supports mostly took place.",
        numbers=table,
    )


def _hours_of(kind: str) -> Figure:
    figure = _supports()
    table = figure.table[figure.table["kind"] == kind]
    return replace(figure, table=table, title="Peer support took place", numbers=table)


def _spark(state: str = "steady", values: tuple[float, ...] = GAPS) -> Spark:
    return Spark(
        values, "Near 0.1 until March, then 0.36 and 0.62.", values[-1] - 0.24, values[-1] + 0.24, (-0.21, 0.46), state
    )


def _cards() -> tuple[Card, ...]:
    interval = "90% interval 0.38 to 0.86; your usual range is −0.21 to 0.46"
    return (
        Card(
            "q1",
            "Are you working harder than your client?",
            RAISE,
            "Effort has run ahead of engagement with two of nine clients, and it rises as engagement falls.",
            "0.62",
            "SD gap",
            interval,
            _spark("raise"),
        ),
        Card(
            "q2",
            "Do interventions meet the client’s stage?",
            STEADY,
            "Most sessions fit the stage; three entries were ahead and two behind, which is within your usual.",
            "5%",
            "ahead",
            "90% interval 1 to 11%; your usual range is 0 to 14%",
            _spark(values=tuple(reversed(GAPS))),
        ),
        Card(
            "q3",
            "Is something personal asking for support?",
            NO_DATA,
            "There are two voluntary ratings so far, and a trend needs six; half the supervision was cancelled.",
            "2 of 6",
            "ratings",
            "No interval yet. No conclusion is drawn in either direction",
        ),
        Card(
            "q4",
            "How is your self-care plan going?",
            WATCH,
            "Leaving on time happened on 5 of 12 planned days, and contacts moved into the evening.",
            "10 h 40",
            "after hours",
            "Your usual range is 2 h 10 to 9 h 50; counted from the log, so no sampling interval",
            _spark("watch", tuple(2 * gap for gap in GAPS)),
        ),
    )


def _sheet(*texts: str) -> tuple[tuple[str, str], ...]:
    terms = (
        "Why it is here",
        "Clients and sessions behind it",
        "Ordinary explanations in the data",
        "What would clear it",
    )
    return tuple(zip(terms, texts, strict=False))


def _sections() -> tuple[Section, ...]:
    boundaries = pd.DataFrame(
        {
            "Measure": [
                "After-hours contact",
                "Sessions over time by 10 min or more",
                "Client hours a week (contract: 18)",
            ],
            "May": ["10 h 40", "9 of 58", "19.5"],
            "Usual range": ["2 h 10 to 9 h 50", "3 to 12", "16.8 to 20.4"],
        }
    )
    return (
        Section(
            "q1",
            "Are you working harder than your client?",
            RAISE,
            _effort_engagement(),
            _sheet(
                "Effort rose by 0.66 SD for each SD that engagement fell (0.36 to 0.96). Together: 93% likely.",
                "DX41 (8 sessions, 3 missed) and KM08 (6 sessions, 2 missed). Mostly note time and calls to rebook.",
                "A crisis was recorded in May; those contacts are left out. KM08 has an access barrier on record.",
                "A gap below 0.46 and a slope below 0.3 in June, or agreeing that the effort fits these two clients.",
            ),
            "What would you like DX41 and KM08 to be carrying themselves by the end of June?",
            (_xmr(), _supports()),
        ),
        Section(
            "q2",
            "Do interventions meet the client’s stage of change?",
            STEADY,
            _hours_of("peer_support"),
            _sheet("3 of 61 rated entries ahead (5%, 1 to 11%)."),
            "What tells you that they are ready for homework?",
        ),
        Section(
            "q3",
            "Is something personal asking for support, and is support arriving?",
            NO_DATA,
            Empty(
                "Supports promised and delivered",
                ("No hours were planned in May.", "One planned hour would fill this chart."),
            ),
            (),
            "Which of the missing hours would have mattered most?",
            (
                Empty("Own activation, month by month", ("The chart starts with six ratings.",)),
                Empty(
                    "Likely compassion fatigue", ("There is no survey on file, so nothing is estimated.",), "not_shared"
                ),
            ),
        ),
        Section(
            "q4",
            "How is your self-care plan going?",
            WATCH,
            _xmr_hours(),
            _sheet("10 h 40 of contact after hours."),
            "If one evening a week had to stay free, what would need to move?",
            (
                Table(
                    "Boundaries in May, against your own usual",
                    boundaries,
                    "Usual range: trial limits from your own eleven months.",
                ),
            ),
        ),
    )


def _xmr_hours() -> Figure:
    return replace(
        _xmr(), title="After-hours contact grew in the second half of May", subtitle="Hours, by month.", numbers=None
    )


def _first() -> FirstScreen:
    """What is below the title: a question, the answers and the clients in words."""
    return FirstScreen(
        ask="What would DX41 and KM08 be carrying themselves by the end of June?",
        answers=(
            (RAISE, (Answer("Effort and engagement", "Since May (Watch in April).", "q1"),)),
            (STEADY, (Answer("Stage of change", "0 of 15 sessions did not match the stage.", "q2"),)),
            (NO_DATA, (Answer("Support", "No rating so far.", "q3"), Answer("Plan", "No goal.", "q4"))),
        ),
        clients=(
            ClientWords("DX41", "2 of 4", "far more than usual", "less than usual", "Wider.", True),
            ClientWords("LN39", "3 of 3", "as usual", "perhaps a little more", "Too little to say.", False),
        ),
        since="April",
        left_out="1 client without both kinds of measures cannot be shown here.",
    )


def supervisee(copy: str = "own") -> SuperviseeView:
    whose = "Your copy: it holds everything of yours, and you see it first." if copy == "own" else "Supervisor’s copy."
    up = "../" if copy == "own" else ""
    return SuperviseeView(
        clinician_id="C07",
        copy=copy,
        opening=Opening(
            "Supervision report, C07, May 2026",
            (("All supervisees", f"{up}index.html"), ("C07, May 2026", "")),
            f"Supervision report for C07, May 2026. {whose}",
            "What should we talk about this month?",
            "With two of nine clients, your effort has run ahead of their engagement. In the same weeks evenings grew "
            "longer, and the service cancelled half of the supervision that was promised. Perhaps start there.",
            (("", "58", "sessions attended of 71"), ("", "9", "clients"), ("data to", "31 May 2026", "")),
            (("Data quality", f"{up}data_quality.html"),),
        ),
        cards=_cards(),
        strip=Card(
            "q3", "Likely compassion fatigue", NO_DATA, "No survey has been filled in, and work logs alone cannot tell."
        ),
        chance=CHANCE,
        sections=_sections(),
        first=_first(),
        agreed_intro="From the meeting on 11 May. A change after an agreement is not proof that it came from it.",
        agreed=(
            Agreed(
                "Ask reception to rebook missed sessions of KM08.",
                "Rebooking calls fell from 7 to 2 in the month.",
                "Helped",
            ),
            Agreed("Protect the lunch break on Tuesdays.", "Done 9 of 12 times; before, 8 of 12.", "Open", due=True),
        ),
        support=_support(copy),
        meeting=("C07 with S02", "Report month: May 2026"),
        agenda=(
            AgendaItem(
                "Due for review", None, "“Protect the lunch break on Tuesdays”, agreed in April. What came of it?"
            ),
            AgendaItem(
                "Effort and engagement: DX41, KM08",
                RAISE,
                "What would you like them to be carrying themselves by the end of June?",
                3,
            ),
            AgendaItem(
                "Support: the cancelled hours", NO_DATA, "Which would have mattered most, and who can put them back?"
            ),
            AgendaItem("Evenings and cover", WATCH, "If one evening a week had to stay free, what would need to move?"),
            AgendaItem(
                "Stage of change: DX41, only if time allows", STEADY, "What tells you that they are ready for homework?"
            ),
        ),
        method=METHOD,
        footer=FOOTER,
    )


def _support(copy: str) -> SupportPlan:
    you = "You" if copy == "own" else "Clinician"
    contacts = (
        Contact("Peer consultation", "peer group", "Thursdays 12:30, room 4", note="One case or none."),
        Contact("Staff support line", "crisis line", "555-0199", "day and night"),
    )
    return SupportPlan(
        "What could help, and who can do it",
        "Options, not tasks: choose together what fits.",
        (
            Options(
                "Workload",
                (
                    ("Pause new intakes for a month.", "Institution"),
                    ("Set up evening cover, so that late calls reach somebody else.", "Institution"),
                ),
                (("19.5", "client hours a week, contract 18"), ("10 h 40", "of contact after hours")),
                "Who else could answer after hours, and what would that take?",
            ),
            Options(
                "Support that was promised",
                (("Put back the hours that the service cancelled.", "Institution"),),
                (("2 h", "of supervision cancelled by the service"), ("", "2 of the last 3 were cancelled.")),
            ),
            Options("Your own plan", (("Hand back one task per session.", you),)),
        ),
        "Each is an offer." if copy == "own" else "",
        contacts if copy == "own" else (),
    )


def team() -> TeamView:
    teams = pd.DataFrame(
        {
            "Team": ["East", "Forensic", "Harbour", "North"],
            "People": ["24", "13", "21", "27"],
            "Supervision that took place": ["86% (80 to 91)", "89% (81 to 94)", "66% (57 to 74)", "78% (71 to 84)"],
            "After hours, a month": ["5.1 h", "3.8 h", "6.9 h", "6.2 h"],
            "Survey answers": ["about 80%", "hidden, under 11", "about 70%", "about 60%"],
            "Burnout above norm": ["22% (10 to 40)", "hidden, under 11", "31% (15 to 52)", "27% (13 to 46)"],
        }
    )
    return TeamView(
        team="North",
        opening=Opening(
            "Team North, May 2026",
            (("All supervisees", "index.html"), ("Team North", "")),
            "Team North and the institution, May 2026",
            "Is the support we promise arriving?",
            "In team North, 78% of promised supervision took place, below its level of last year.",
            (("", "27", "people in team North"), ("nothing about fewer than", "11", "people is shown")),
        ),
        tiles=(
            Tile("Promised supervision that took place", "78%", "90% interval 71 to 84%", "27 of 27 people", _spark()),
            Tile("Time for peer support that took place", "91%", "90% interval 85 to 95%"),
            Tile("Burnout above norm", hidden="hidden, under 11", note="8 of 27 people answered."),
        ),
        chance=Chance(
            "How many signals chance alone would make",
            ("About 3 of 42 charts.", "Bar: the middle half of people."),
            heading="How to read the strips",
        ),
        sections=(
            Section(
                "supervision",
                "Supervision over time, and across teams",
                None,
                _xmr(),
                _sheet("Seven months below the mean of 88%."),
                "Which hour would be the easiest to protect?",
            ),
            Section(
                "teams",
                "Teams side by side, in order of name",
                None,
                Table("May 2026", teams, "Hidden does not mean high or low."),
                intro="Shares with 90% intervals.",
            ),
        ),
        method=METHOD,
        footer=FOOTER,
    )


def quality() -> QualityView:
    files = pd.DataFrame(
        {
            "Table": ["sessions", "contacts"],
            "Rows read": [4912, 1804],
            "Rows excluded": [0, 3],
            "File": ["sessions.csv", "contacts.csv"],
        }
    )
    return QualityView(
        opening=Opening(
            "Data quality, May 2026",
            (("All supervisees", "index.html"), ("Data quality", "")),
            "Practice, May 2026",
            "What was read, and what was missing?",
            "All files could be read. Three rows were left out.",
            (),
        ),
        sections=(
            Section("files", "Files", None, Table("What was read", files)),
            Section(
                "missing",
                "Columns that are missing",
                None,
                Empty("Nothing is missing", ("Every column was there.",), "steady"),
                intro="Missing columns widen intervals.",
            ),
        ),
        method=METHOD,
        footer=FOOTER,
    )


def index() -> IndexView:
    columns = ("Effort and engagement", "Stage of change", "Personal, supports", "Self-care plan", "Compassion fatigue")
    private = State("not_shared")
    steady = State("steady", "since Jan")
    rows = (
        IndexRow(
            "C01",
            (steady, steady, steady, State("watch", "since May"), steady),
            "C01.html",
            "",
            (("Self-care plan", "No flag", "Watch"),),
            "2026-05",
        ),
        IndexRow(
            "C05",
            (State("not_enough_data", "since Apr"),) * 5,
            "C05.html",
            "Started on 13 April",
            (),
            "2026-04",
            "2 agreements due for review",
        ),
        IndexRow(
            "C07",
            (State("raise", "since May"), steady, private, State("watch", "since Apr"), private),
            "C07.html",
            "",
            (("Effort and engagement", "Watch", "Discuss"),),
            "2026-05",
        ),
        IndexRow(
            "C09",
            (steady, steady, steady, State("watch", "since May"), steady),
            "",
            "Drawing took longer than 120 seconds",
            (),
            "2026-01",
        ),
        IndexRow(
            "C11",
            (State("not_enough_data", "since May"), steady, private, steady, private),
            "C11.html",
            "On leave for 17 days",
            (),
            "2026-02",
            leave="17 days in May",
        ),
    )
    return IndexView(
        opening=Opening(
            "Your supervisees, May 2026",
            (),
            "Supervisor S02, team North",
            "Your supervisees, May 2026",
            "One supervisee has something to discuss: C07 (effort and engagement). One report could not be made.",
            (("", "4", "of 5 reports made"), ("data to", "31 May 2026", "")),
            (("Data quality", "data_quality.html"), ("Team North", "team-north.html")),
        ),
        chance=replace(CHANCE, title="How many flags chance alone would raise", with_not_shared=True),
        columns=columns,
        rows=rows,
        questions=(("C07", "What would you like DX41 and KM08 to be carrying themselves by the end of June?"),),
        notes=(
            ("What a flag is not", "It is not a finding about a person."),
            ("The report that is missing", "Run the month again."),
        ),
        footer=FOOTER,
    )


def supervisors() -> SupervisorsView:
    return SupervisorsView(
        opening=Opening(
            "Supervisors, May 2026",
            (),
            "May 2026",
            "Whose supervisees?",
            "Each page names a supervisor’s own supervisees.",
            (),
        ),
        entries=(("S01", "index-S01.html", "5 supervisees"), ("S02", "index-S02.html", "7 supervisees")),
        teams=(("North", "team-north.html"),),
        notes=(("What a flag is not", "It is not a finding about a person."),),
        footer=FOOTER,
    )


def ugly_supervisee(text: str, copy: str = "supervisor") -> SuperviseeView:
    """The same page with one text everywhere, forty clients, nothing to show and many agenda items."""
    view = supervisee(copy)
    table = pd.concat([_effort_engagement().table.iloc[[0]]] * 12, ignore_index=True).assign(label=text)
    figure = replace(
        _effort_engagement(),
        table=table,
        title=text,
        subtitle=text,
        alt=text,
        note=text,
        numbers=pd.DataFrame({text: [text, None], "n": [1.5, float("nan")]}),
    )
    section = Section(
        "q1",
        text,
        State("raise", text),
        figure,
        ((text, text),),
        text,
        (Empty(text, (text, text)), Table(text, pd.DataFrame({text: [text], "b": [text], "c": [text]}), text)),
        text,
    )
    return replace(
        view,
        clinician_id=text,
        opening=Opening(
            text, ((text, "index.html"), (text, "")), text, text, text, ((text, text, text),), ((text, "a.html"),)
        ),
        cards=tuple(
            replace(card, question=text, sentence=text, number=text, unit=text, interval=text) for card in view.cards
        ),
        strip=replace(view.strip, question=text, sentence=text),
        chance=replace(view.chance, title=f"Chance {text}", text=(text,), line=text),
        sections=(section, *(Section(f"q{n}", f"{n} {text}", NO_DATA, None) for n in (2, 3, 4))),
        first=FirstScreen(
            text,
            ((WATCH, (Answer(text, text, "q1"), Answer(text, text, ""))),),
            (ClientWords(text, text, text, text, text, True), ClientWords(text, text, text, text, text, False)),
            text,
            text,
        ),
        agreed_intro=text,
        agreed=(Agreed(text, text, text, due=True),),
        support=SupportPlan(
            f"Support {text}",
            text,
            (Options(text, ((text, text),) * 2, ((text, text), ("", text)), text), Options("", ((text, text),))),
            text,
            (Contact(text, text, text, text, text), Contact(text, "", text)),
        ),
        meeting=(text, text),
        agenda=tuple(AgendaItem(text, WATCH, text) for _ in range(3)),
        method=((text, text),),
        footer=text,
    )


def ugly_index(text: str) -> IndexView:
    view = index()
    row = IndexRow(text, (State("watch", text),) * 5, "a.html", text, ((text, text, text),), "2026-05", text, text)
    return replace(
        view,
        opening=Opening(text, (), text, text, text, ((text, text, text),)),
        columns=(text,) * 5,
        rows=(row, replace(row, report="")),
        questions=((text, text),),
        notes=((text, text),),
        footer=text,
    )
