"""The sessions, contacts, supports and surveys behind a flag: the rows are the log's own and add up to the flag."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import review_fixtures as fixtures
from bs4 import BeautifulSoup

from caseload import simulate as sim
from caseload.estimates import waves
from caseload.estimates.context import CONTEXT
from caseload.estimates.keys import SCORED
from caseload.intake import Practice
from caseload.pages import html
from caseload.pages.review import Review, review_month
from caseload.pages.supervisee import balance, records, surveys
from caseload.pages.supervisee.fatigue import CONTEXT_WORDS
from caseload.pages.supervisee.subject import Subject
from caseload.pages.views import Figure, Table

MAY = pd.Period("2026-05", "M")
BALANCE, STAGE, PERSONAL, SELFCARE = range(4)
CAST = [f"C{number:02}" for number in range(1, 15)]


def subject(review: Review, who: str, copy: str = "supervisor") -> Subject:
    return Subject(review.assessment.of(who), copy)


def tables(review: Review, who: str, section: int, copy: str = "supervisor") -> dict[str, pd.DataFrame]:
    """The section's tables by the first words of their captions."""
    items = review.supervisee(who, copy).sections[section].supporting
    return {" ".join(item.caption.split()[:2]): item.frame for item in items if isinstance(item, Table)}


def mine(review: Review, table: str, who: str, time: str) -> pd.DataFrame:
    """A clinician's rows of the month."""
    rows = getattr(review.practice, table)
    return rows[(rows["clinician_id"] == who) & (rows[time].dt.to_period("M") == MAY)]


# --- over-investment: appointments and contacts ------------------------------------------------------------------


@pytest.mark.parametrize("who", CAST)
def test_every_day_with_a_named_client_has_a_row(sample_review: Review, who: str) -> None:
    named = subject(sample_review, who).clients(balance.FLAG)
    shown = tables(sample_review, who, BALANCE)
    if not named:
        assert "Show the" not in shown
        return
    days = []
    for client in named:
        met = mine(sample_review, "sessions", who, "scheduled_start")
        spoken = mine(sample_review, "contacts", who, "contacted_at")
        dates = {t.date() for t in met.loc[met["client_id"] == client, "scheduled_start"]}
        dates |= {t.date() for t in spoken.loc[spoken["client_id"] == client, "contacted_at"]}
        days += [(f"{date.day} May", client) for date in sorted(dates)]
    frame = shown["Show the"]
    assert list(zip(frame["Date"], frame["Client"], strict=True)) == days[: records.MOST_ROWS]


def test_somebody_is_named_and_somebody_is_not(sample_review: Review) -> None:
    """Without this the test above could hold for an empty page."""
    assert len(subject(sample_review, "C07").clients(balance.FLAG)) > 2
    assert any(subject(sample_review, who).clients(balance.FLAG) == [] for who in sample_review.clinician_ids)


def one_client(*sessions: dict, contacts: tuple[dict, ...] = ()) -> pd.DataFrame:
    """The table of one client of May, from cells of sessions and contacts."""
    plain = {"session_id": "", "clinician_id": "C1", "client_id": "K1", "status": "attended"}
    rows = [plain | {"session_id": f"S{at}"} | row for at, row in enumerate(sessions)]
    spoken = [{"clinician_id": "C1", "client_id": "K1", "direction": "to_client"} | row for row in contacts]
    frames = {"sessions": pd.DataFrame(rows)} | ({"contacts": pd.DataFrame(spoken)} if spoken else {})
    review = review_month(Practice.from_frames(**frames), MAY)
    (table,) = records.client_days(subject(review, "C1"), ["K1"])
    return table.frame


def test_a_row_says_what_was_recorded_and_nothing_else() -> None:
    full = {
        "scheduled_start": "2026-05-04T09:00", "scheduled_minutes": 50, "actual_minutes": 65, "prep_minutes": 40,
        "note_minutes": 12.5, "minutes_late": 10, "homework_done": 0.5, "srs_total": 31.26, "crisis": True,
        "clinician_effort_rating": 8, "client_engagement_rating": 3, "clinician_talk_share": 0.6,
        "change_talk_share": 0.2, "sustain_talk_share": 0.35,
    }  # fmt: skip
    bare = {"scheduled_start": "2026-05-11T09:00", "status": "no_show"}
    short = {"scheduled_start": "2026-05-18T09:00", "scheduled_minutes": 50, "actual_minutes": 40, "minutes_late": 0}
    frame = one_client(full, bare, short)
    assert frame.to_numpy().tolist() == [
        [
            "4 May", "K1", "attended, in crisis",
            "preparation 40 min, notes 12.5 min, 15 min over, own effort 8 of 10, talk share 60%",
            "10 min late, homework 50% done, SRS 31.3, engagement 3 of 10, change talk 20%, sustain talk 35%",
        ],
        ["11 May", "K1", "did not come", "nothing recorded", "nothing recorded"],
        ["18 May", "K1", "attended", "10 min short", "in time"],
    ]  # fmt: skip


def test_contacts_stand_beside_the_day_and_what_does_not_count_is_told_as_such() -> None:
    session = {"scheduled_start": "2026-05-04T09:00", "crisis": True}
    contacts = (
        {"contacted_at": "2026-05-05T12:00", "minutes": 10},  # the day after the crisis
        {"contacted_at": "2026-05-12T12:00", "minutes": 10},
        {"contacted_at": "2026-05-12T19:30", "minutes": 15, "direction": "about_client"},
        {"contacted_at": "2026-05-12T10:00", "minutes": 5, "planned": True},
        {"contacted_at": "2026-05-13T07:59"},
        {"contacted_at": "2026-05-14T07:00", "direction": "from_client"},
    )
    frame = one_client(session, contacts=contacts)
    assert frame["Appointment"].tolist() == ["attended, in crisis", "none", "none", "none", "none"]
    assert frame["Effort recorded"].tolist() == [
        "nothing recorded",
        "1 contact around a crisis, not counted",
        "2 contacts (25 min, 1 after hours), 1 agreed contact, not counted",
        "1 contact (after hours)",
        "–",
    ]
    assert frame["Engagement recorded"].tolist() == ["nothing recorded", "–", "–", "–", "1 contact from the client"]


def test_every_status_has_words() -> None:
    days = [{"scheduled_start": f"2026-05-{day:02}T09:00", "status": s} for day, s in enumerate(records.STATUSES, 1)]
    assert one_client(*days)["Appointment"].tolist() == list(records.STATUSES.values())
    assert not [word for said in records.STATUSES.values() for word in fixtures.BLAMING if word in said]


@pytest.mark.parametrize(("days", "note"), [(24, ""), (25, "1 more day, not shown."), (29, "5 more days, not shown.")])
def test_a_long_table_ends_and_says_how_much_is_left_out(days: int, note: str) -> None:
    rows = [(f"S{day}", "C1", "K1", f"2026-05-{day:02}T09:00", "attended") for day in range(1, days + 1)]
    columns = ["session_id", "clinician_id", "client_id", "scheduled_start", "status"]
    review = review_month(Practice.from_frames(sessions=pd.DataFrame(rows, columns=columns)), MAY)
    (table,) = records.client_days(subject(review, "C1"), ["K1"])
    assert (len(table.frame), table.note) == (24, note)


# --- stage, supports, self-care ----------------------------------------------------------------------------------


@pytest.mark.parametrize("who", CAST)
def test_the_sessions_off_the_stage_add_up_to_the_share(sample_review: Review, who: str) -> None:
    row = subject(sample_review, who).evidence("stage_incongruence")
    off = sample_review.assessment.of(who).off_stage_sessions
    assert (off["ahead"].sum(), off["behind"].sum()) == (row["ahead"], row["behind"])
    shown = tables(sample_review, who, STAGE)
    assert bool(shown) == (len(off) > 0)
    if shown:
        assert len(shown["Show the"]) == min(len(off), records.MOST_ROWS)


def test_sessions_with_named_clients_come_first(sample_review: Review) -> None:
    mixed = 0
    for who in sample_review.clinician_ids:
        named = set(sample_review.assessment.of(who).off_stage["client_id"])
        clients = tables(sample_review, who, STAGE).get("Show the", pd.DataFrame({"Client": []}))["Client"]
        first = clients.isin(named)
        assert first.is_monotonic_decreasing
        mixed += first.any() and not first.all()
    assert mixed > 0


def test_a_session_off_the_stage_tells_stage_and_interventions(sample_review: Review) -> None:
    frame = tables(sample_review, "C04", STAGE)["Show the"].set_index(["Date", "Client"])
    log = sample_review.practice.sessions
    session = log[(log["client_id"] == "K0062") & (log["scheduled_start"].dt.date.astype(str) == "2026-04-28")].iloc[0]
    assert (session["stage_of_change"], session["interventions"]) == ("precontemplation", "exposure;skills_training")
    assert frame.loc[("28 April", "K0062")].tolist() == [
        "1 precontemplation", "exposure, skills training", "ahead: exposure, skills training",
    ]  # fmt: skip


def test_the_cancelled_hours_are_listed_where_provision_is_unmet(sample_review: Review) -> None:
    for who in CAST:
        shown = tables(sample_review, who, PERSONAL).get("The last")
        assert (shown is not None) == subject(sample_review, who).evidence("personal_activation")["unmet"]
    frame = tables(sample_review, "C12", PERSONAL)["The last"]
    supports = sample_review.practice.supports
    log = supports[(supports["clinician_id"] == "C12") & supports["kind"].isin(["supervision", "consultation"])]
    last = log.sort_values("date").tail(3)
    assert frame["Date"].tolist() == [f"{date.day} {date.month_name()}" for date in last["date"]]
    assert frame["Planned support"].tolist() == last["kind"].tolist()
    assert frame["Minutes done"].tolist() == ["0 of 60"] * 3
    assert frame["Cancelled by"].tolist() == [f"the {who}" for who in last["cancelled_by"]]


@pytest.mark.parametrize("who", CAST)
def test_the_contacts_after_hours_are_those_of_the_share(sample_review: Review, who: str) -> None:
    late = subject(sample_review, who).evidence("self_care")["after_hours"]
    frame = tables(sample_review, who, SELFCARE).get("Show the", pd.DataFrame())
    assert len(frame) == min(late, records.MOST_ROWS)
    if len(frame):
        hours = sample_review.assessment.of(who).person
        clock = frame["Date and time"].str[-5:]
        assert ((clock < hours["workday_start"]) | (clock >= hours["workday_end"])).all()
        assert frame["Direction"].isin(records.DIRECTIONS.values()).all()


@pytest.mark.parametrize("who", CAST)
def test_the_months_of_the_plan_add_up_to_its_share(sample_review: Review, who: str) -> None:
    row = subject(sample_review, who).evidence("self_care")
    frame = tables(sample_review, who, SELFCARE).get("The plan,")
    if frame is None:
        assert who == "C06"  # has just begun
        return
    assert list(frame) == ["Goal", "March", "April", "May"]
    cells = [cell.split(" of ") for cell in frame.iloc[:, 1:].to_numpy().ravel() if " of " in cell]
    assert sum(float(planned) for _, planned in cells) == row["planned_times"]
    assert sum(min(float(done), float(planned)) for done, planned in cells) == row["done_times"]


def test_a_goal_that_is_not_recorded_or_not_there_says_so() -> None:
    goals = [("2026-04", "walk", 4, 2), ("2026-05", "walk", 4, None), ("2026-05", "rest", 2, 3)]
    plan = pd.DataFrame(goals, columns=["month", "goal", "planned_times", "done_times"]).assign(clinician_id="C1")
    session = ("S1", "C1", "K1", "2026-05-04T09:00", "attended")
    columns = ["session_id", "clinician_id", "client_id", "scheduled_start", "status"]
    practice = Practice.from_frames(sessions=pd.DataFrame([session], columns=columns), selfcare_plan=plan)
    (table,) = records.plan_by_month(subject(review_month(practice, MAY), "C1"))
    assert table.frame.to_numpy().tolist() == [["rest", "no goal", "3 of 2"], ["walk", "2 of 4", "not recorded"]]


def test_a_colleagues_crisis_is_known_without_the_colleagues_session(sample_review: Review) -> None:
    """C07's page must not count a contact after hours that the estimate leaves out."""
    whole, differs = sample_review.assessment.counted_contacts, 0
    for who in CAST:
        part = sample_review.assessment.of(who)
        own = whole[whole["clinician_id"] == who].reset_index(drop=True)
        pd.testing.assert_frame_equal(part.counted_contacts.reset_index(drop=True), own)
        crises = part.practice.sessions.loc[part.practice.sessions["crisis"].fillna(False).astype(bool)]
        differs += bool(set(part.crises["scheduled_start"]) - set(crises["scheduled_start"].dt.normalize()))
    assert differs


# --- surveys -----------------------------------------------------------------------------------------------------


def survey_tables(review: Review, who: str, copy: str) -> dict[str, pd.DataFrame]:
    return {name: frame for name, frame in tables(review, who, PERSONAL, copy).items() if name != "The last"}


@pytest.mark.parametrize("who", ["C05", "C07", "C12"])
def test_the_waves_are_those_of_the_surveys(sample_review: Review, who: str) -> None:
    found = survey_tables(sample_review, who, "supervisor")
    (frame,) = (found[name] for name in found if name.startswith("Show"))
    scores = sample_review.assessment.scores
    known = waves(scores[(scores["clinician_id"] == who) & scores["t"].notna()])
    assert len(frame) == len(known) and set(frame["Scale"]) == set(surveys.PROQOL.values())
    assert frame["Date"].is_monotonic_decreasing
    said = frame["Since the survey before"].str.split(", ").str[-1].value_counts().to_dict()
    words = {"": "first survey", **surveys.RELIABLE}
    assert said == known["reliable"].map(words).value_counts().to_dict()


def test_a_wave_by_hand(sample_review: Review) -> None:
    """C07, February 2026: 38 points of compassion satisfaction after 45; (38 − 45)/(2.25·√2) = −2.2."""
    found = survey_tables(sample_review, "C07", "supervisor")
    (frame,) = (found[name] for name in found if name.startswith("Show"))
    row = frame[(frame["Date"] == "2026-02-20") & (frame["Scale"] == "compassion satisfaction")]
    assert row.iloc[0, 2:].tolist() == ["38", "50 (45 to 56)", "52", "−7, reliable fall"]
    (figure,) = (
        item
        for item in sample_review.supervisee("C07").sections[PERSONAL].supporting
        if isinstance(item, Figure) and item.plot == "plot_surveys"
    )
    assert figure.title == "Compassion satisfaction fell reliably"


@pytest.mark.parametrize(
    ("reliable", "title"),
    [
        (("", "", ""), "Surveys compared with the norm"),
        (("none", "none", ""), "No reliable change since the survey before"),
        (("rise", "none", "rise"), "Burnout and secondary traumatic stress rose reliably"),
        (("rise", "fall", "none"), "Burnout rose and compassion satisfaction fell reliably"),
    ],
)
def test_the_finding_is_what_changed_reliably(reliable: tuple[str, ...], title: str) -> None:
    scales = ("burnout", "compassion_satisfaction", "secondary_traumatic_stress")
    newest = [{"scale": scale, "reliable": word} for scale, word in zip(scales, reliable, strict=True)]
    assert surveys._finding(newest) == title


def test_compassion_satisfaction_stands_beside_likely_compassion_fatigue(sample_review: Review) -> None:
    for who, copy in (("C05", "supervisor"), ("C07", "own"), ("C11", "own")):
        terms = dict(sample_review.supervisee(who, copy).sections[PERSONAL].sheet)
        assert "The compassion satisfaction T-score was " in terms["Likely compassion fatigue"]
    assert (
        "was 50 (45 to 56)"
        in dict(sample_review.supervisee("C07").sections[PERSONAL].sheet)["Likely compassion fatigue"]
    )
    assert "satisfaction" not in fixtures.words(sample_review.supervisee("C11"))


def test_without_consent_no_table_of_surveys(sample_review: Review) -> None:
    for who in ("C11", "C13"):
        assert survey_tables(sample_review, who, "supervisor") == {}
        assert len(survey_tables(sample_review, who, "own")) >= 2


ITEMS = {
    ("cbi", "personal", 62.5): ("CBI, personal burnout", "62.5 (of 0 to 100)", "50 or more: reached"),
    ("cbi", "work", 50): ("CBI, work-related burnout", "50 (of 0 to 100)", "50 or more: reached"),
    ("cbi", "client", 49): ("CBI, client-related burnout", "49 (of 0 to 100)", "50 or more: not reached"),
    ("olbi", "exhaustion", 20): ("OLBI, exhaustion", "2.5 (of 1 to 4)", "none"),
    ("stss", "total", 85): ("STSS, total", "85 (of 17 to 85)", "none"),
    ("single_item_burnout", "1", 3): ("Single burnout item", "3 (of 1 to 5)", "3 or more: reached"),
}


def other_questionnaires(shares: bool = True) -> Review:
    """One clinician with every other questionnaire in March and, 1 lower, in January."""
    rows = [
        ("C1", day, instrument, item, response - lower)
        for instrument, item, response in ITEMS
        for day, lower in (("2026-01-05", 1), ("2026-03-09", 0))
    ]
    answers = pd.DataFrame(rows, columns=["clinician_id", "completed_on", "instrument", "item", "response"])
    session = ("S1", "C1", "K1", "2026-05-04T09:00", "attended", 10.0)
    columns = ["session_id", "clinician_id", "client_id", "scheduled_start", "status", "note_minutes"]
    people = pd.DataFrame({"clinician_id": ["C1"], "shares_surveys": [shares]})
    sessions = pd.DataFrame([session], columns=columns)
    return review_month(Practice.from_frames(sessions=sessions, clinicians=people, surveys=answers), MAY)


def test_other_questionnaires_are_shown_with_range_cut_and_change() -> None:
    frame = tables(other_questionnaires(), "C1", PERSONAL)["Other questionnaires,"]
    shown = {row[0]: tuple(row[1:]) for row in frame.to_numpy().tolist()}
    expected = {name: ("2026-03-09", score, cut) for name, score, cut in ITEMS.values()}
    assert {name: cells[:3] for name, cells in shown.items()} == expected
    assert {name: cells[3] for name, cells in shown.items()} == dict.fromkeys(expected, "+1") | {
        "OLBI, exhaustion": "+0.1"  # a sum of eight, read as a mean: 19 and 20 are 2.375 and 2.5
    }
    assert "reliable" not in str(shown)


def test_other_questionnaires_follow_consent() -> None:
    review = other_questionnaires(shares=False)
    assert survey_tables(review, "C1", "supervisor") == {}
    assert list(survey_tables(review, "C1", "own")) == ["Other questionnaires,"]


def test_every_scale_has_a_name() -> None:
    named = {("proqol5", scale) for scale in surveys.PROQOL} | set(surveys.OTHERS)
    assert named == {(each.name, scale.name) for each, scale in SCORED if each.name != "activation"}


# --- the practice's own norm -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def normed(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Review]:
    """The sample from March on: as it is or without supervisors, with or without the answers of who does not share."""
    folder: Path = tmp_path_factory.mktemp("norm")

    @lru_cache
    def review(supervisors: bool = True, unshared: bool = True) -> Review:
        parts = fixtures.part_of_sample(CAST, "2026-04")
        people, answers = parts["clinicians"], parts["surveys"]
        if not supervisors:
            parts["clinicians"] = people.assign(supervisor_id="")
        if not unshared:
            silent = people.loc[people["shares_surveys"] != "true", "clinician_id"]
            parts["surveys"] = answers[~answers["clinician_id"].isin(silent)]
        return review_month(fixtures.read(parts, folder / f"{supervisors}-{unshared}"), fixtures.MONTH)

    return review


def test_the_local_norm_is_that_of_who_shares(normed: Callable[..., Review]) -> None:
    frame = survey_tables(normed(), "C05", "own")["Compared with"]
    scores = normed().assessment.scores
    people = normed().practice.supervisees
    sharing = people.loc[people["shares_surveys"], "clinician_id"]
    newest = scores[(scores["scale"] == "burnout") & scores["clinician_id"].isin(sharing)]
    newest = newest.sort_values("completed_on").groupby("clinician_id")["raw"].last()
    lower, median, upper = np.quantile(newest, [0.25, 0.5, 0.75])
    assert len(newest) == 11
    row = frame.set_index("Scale").loc["Burnout"]
    assert row["Mean (SD)"] == f"{newest.mean():.1f} ({newest.std():.1f})"
    assert row["Quartiles"] == f"{lower:.0f}, {median:.0f}, {upper:.0f}"
    assert row["Score"] == "32, percentile over 90"


@pytest.mark.parametrize("supervisors", [True, False])
def test_unshared_answers_change_no_page_but_their_own(normed: Callable[..., Review], supervisors: bool) -> None:
    """Neither the supervisor's copies nor the own copies of others show anything of an answer that is not shared."""
    full, bare = normed(supervisors), normed(supervisors, unshared=False)
    silent = {"C06", "C11", "C13"} & set(CAST)
    for who in CAST:
        for copy in ("supervisor", "own"):
            if copy == "own" and who in silent:
                continue
            assert fixtures.told(full.supervisee(who, copy)) == fixtures.told(bare.supervisee(who, copy)), (who, copy)
    assert fixtures.told(full.supervisee("C11", "own")) != fixtures.told(bare.supervisee("C11", "own"))


def test_a_supervisor_cannot_subtract_the_answers_they_know(normed: Callable[..., Review]) -> None:
    """Of ten respondents a supervisor sees six or four: the rest are too few. A single reader sees everybody's."""
    for who in ("C05", "C12"):
        assert "Compared with" not in survey_tables(normed(), who, "supervisor")
        assert surveys.TELLING in fixtures.words(normed().supervisee(who))
        assert "Compared with" in survey_tables(normed(supervisors=False), who, "supervisor")
        assert surveys.TELLING not in fixtures.words(normed(supervisors=False).supervisee(who))


def test_too_few_respondents_make_no_local_norm(tmp_path: Path) -> None:
    parts = fixtures.part_of_sample(CAST[:8], "2026-04")  # seven of them answered, six share
    review = review_month(fixtures.read(parts, tmp_path), fixtures.MONTH)
    assert "Compared with" not in survey_tables(review, "C05", "own")
    assert surveys.TOO_FEW in fixtures.words(review.supervisee("C05", "own"))


def test_the_local_norm_enters_no_flag(normed: Callable[..., Review]) -> None:
    pd.testing.assert_frame_equal(normed().flags, normed(unshared=False).flags)


def test_no_extreme_of_the_practice_is_printed(normed: Callable[..., Review]) -> None:
    shown = survey_tables(normed(supervisors=False), "C01", "supervisor")["Compared with"]
    assert list(shown) == ["Scale", "Score", "Mean (SD)", "Quartiles"]
    assert all(text.count(",") == 2 for text in shown["Quartiles"])


# --- the page ----------------------------------------------------------------------------------------------------


def test_a_folded_table_is_behind_its_caption(sample_review: Review) -> None:
    page = BeautifulSoup(html.render_page(html.SuperviseePage(sample_review.supervisee("C07"))), "html.parser")
    folded = page.select("#balance .folded")[-1]
    first = subject(sample_review, "C07").clients(balance.FLAG)[0]
    assert folded.details.summary.get_text().startswith(f"Show the appointments and contacts with {first}")
    assert not folded.details.has_attr("open")
    assert len(folded.select("tbody tr")) == records.MOST_ROWS
    assert "not shown" in folded.select_one(".fn").get_text()


@pytest.mark.slow
def test_a_page_of_forty_clients_stays_light() -> None:
    settings = sim.Settings(seed=7, clinicians=3, months=4, clients_per_clinician=40)
    review = review_month(Practice.from_frames(**sim.simulate(settings).tables), settings.calendar[-1])
    pages = [
        html.render_page(html.SuperviseePage(review.supervisee(who, copy)))
        for who in review.clinician_ids
        for copy in ("own", "supervisor")
    ]
    assert max(len(page.encode()) for page in pages) < 750_000


# --- what the estimate of compassion fatigue rests on ------------------------------------------------------------


def test_the_last_survey_carried_forward_stands_beside_the_estimate(sample_review: Review) -> None:
    view = sample_review.supervisee("C05")
    row = sample_review.assessment.of("C05").newest["compassion_fatigue"]
    assert f"The last survey alone gives {row['carried']:.0f}." in view.strip.interval
    assert view.strip.spark is not None and view.strip.spark.usual is None


def test_the_sheet_tells_surveys_from_logs_and_what_would_clear_the_flag(sample_review: Review) -> None:
    sheet = dict(next(s for s in sample_review.supervisee("C05").sections if s.anchor == "personal").sheet)
    row = sample_review.assessment.of("C05").newest["compassion_fatigue"]
    logs = sum(row[f"from_{name}"] for name in CONTEXT)
    rests = sheet["The data behind that estimate"]
    assert rests.startswith(f"The surveys and the norm give an average of {row['t_mean'] - logs:.1f}. Work logs from")
    assert "survey below the norm" in sheet["What would end this flag"]


def test_what_is_not_shared_rests_on_nothing_that_could_be_read(sample_review: Review) -> None:
    for copy, told in (("supervisor", False), ("own", True)):
        sheet = dict(next(s for s in sample_review.supervisee("C11", copy).sections if s.anchor == "personal").sheet)
        assert ("The data behind that estimate" in sheet) is told


def test_every_part_of_the_context_has_words() -> None:
    assert set(CONTEXT_WORDS) == set(CONTEXT)


@pytest.mark.parametrize("who", ["C05", "C12"])  # raised by the STS score, watched for unmet provision
def test_the_ratings_chart_marks_the_newest_month_only_where_the_rating_speaks(sample_review: Review, who: str) -> None:
    view = sample_review.supervisee(who, "own")
    items = view.sections[PERSONAL].supporting
    chart = next(item for item in items if isinstance(item, Figure) and item.plot == "plot_xmr")
    assert view.cards[2].state.state in ("watch", "raise") and set(chart.table["state"]) == {""}
