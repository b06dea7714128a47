"""The page of a practice with appointments alone, held against the log that it is made from."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import review_fixtures as fixtures

from caseload.intake import Practice, read_practice
from caseload.pages import html
from caseload.pages.html import SuperviseePage, render_index, render_page
from caseload.pages.review import Review, review_month
from caseload.pages.strips import SHAPES, strip
from caseload.pages.summary import summary
from caseload.pages.supervisee.diary.months import _often
from caseload.pages.views import Figure, IndexView, SuperviseeView
from caseload.simulate import sample_appointments, write_sample_appointments

SAMPLE = Path(__file__).parents[1] / "data" / "sample-attendance"
MONTH = "2026-05"
MISSED = ["no_show", "late_cancelled", "client_cancelled"]


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    """The appointments as written, with the month of each."""
    table = pd.read_csv(SAMPLE / "sessions.csv", dtype=str)
    start = pd.to_datetime(table["scheduled_start"])
    return table.assign(start=start, month=start.dt.strftime("%Y-%m"), missed=table["status"].isin(MISSED))


@pytest.fixture(scope="module")
def review() -> Review:
    return review_month(read_practice(SAMPLE), MONTH)


def page(review: Review, who: str, copy: str = "supervisor") -> SuperviseeView:
    return review.supervisee(who, copy)


def test_the_committed_sample_is_what_the_code_makes(tmp_path: Path) -> None:
    fresh = write_sample_appointments(tmp_path / "sample-attendance")
    assert {path.name for path in fresh.iterdir()} == {path.name for path in SAMPLE.iterdir()}
    for file in fresh.iterdir():
        assert file.read_bytes() == (SAMPLE / file.name).read_bytes(), file.name


def test_the_planted_month_is_the_first_thing_said(review: Review) -> None:
    assert page(review, "A01").opening.title == "Clients did not come to 17 of 40 appointments."
    index = review.index("S1")
    assert isinstance(index, IndexView)
    assert index.opening.lead.startswith("A01: Clients did not come to 17 of 40 appointments.")
    assert ("A01", page(review, "A01").diary.ask) in index.questions


@pytest.mark.parametrize("who", ["A01", "A02", "A03", "A04", "A05", "A06", "A07"])
def test_every_number_of_the_first_screen_is_in_the_log(review: Review, log: pd.DataFrame, who: str) -> None:
    view = page(review, who)
    counts = {count.unit: count for count in view.diary.counts}
    now = log[(log["clinician_id"] == who) & (log["month"] == MONTH)]
    counted = now[now["status"].isin(["attended", *MISSED])]
    assert len(counts) >= 3
    assert counts["came"].number == f"{(~counted['missed']).sum()} of {len(counted)}"
    late = next(count.number for unit, count in counts.items() if unit.startswith("cancelled late"))
    assert int(late) == (now["status"] == "late_cancelled").sum()
    unseen = counts["since last seen"]
    client = unseen.sentence.split(",")[0]
    attended = log[(log["clinician_id"] == who) & (log["status"] == "attended")]
    last = attended.groupby("client_id")["start"].max()
    assert unseen.number == f"{(pd.Timestamp('2026-05-31') - last[client].normalize()).days} days"
    met = last[last.index.isin(counted["client_id"])]
    assert last[client] == met.min()


def test_every_row_of_the_clients_is_in_the_log(review: Review, log: pd.DataFrame) -> None:
    for who in ("A01", "A03", "A06"):
        for row in page(review, who).diary.clients:
            mine = log[(log["clinician_id"] == who) & (log["client_id"] == row.client_id)]
            now = mine[(mine["month"] == MONTH) & mine["status"].isin(["attended", *MISSED])]
            assert row.came == (f"{(~now['missed']).sum()} of {len(now)}" if len(now) else "–")
            seen = mine.loc[mine["status"] == "attended", "start"].max()
            assert row.last_seen.startswith(f"{seen.day} {seen:%B}")
            assert sum(inside for _, inside, _ in row.marks) == (mine["month"] == MONTH).sum()


@pytest.mark.parametrize("who", ["A01", "A02"])
def test_the_chart_of_the_months_is_the_share_kept_of_the_log(review: Review, log: pd.DataFrame, who: str) -> None:
    chart = page(review, who).diary.month_sections[0]
    assert isinstance(chart, Figure)
    mine = log[(log["clinician_id"] == who) & log["status"].isin(["attended", *MISSED])]
    kept = (~mine["missed"]).groupby(mine["month"]).agg(lambda came: 100 * came.sum() / len(came))
    drawn = chart.table.dropna(subset=["value"])
    assert dict(zip(drawn["month"].astype(str), drawn["value"], strict=True)) == pytest.approx(kept.to_dict())
    assert chart.title == f"Clients came to {round(kept[MONTH])}% of appointments in May 2026"
    assert ("fewer than 1 in 1,000" in chart.note) is (who == "A01")
    assert (drawn["state"].iloc[-1] == "watch") is (who == "A01")


def test_two_months_make_no_chart(review: Review) -> None:
    assert not any(isinstance(part, Figure) for part in page(review, "A07").diary.month_sections)


@pytest.mark.parametrize(
    ("chance", "words"),
    [(0.4, "about 40 in 100"), (0.02, "about 2 in 100"), (0.004, "about 1 in 250"), (0.0, "fewer than 1 in 1,000")],
)
def test_a_chance_is_said_in_words(chance: float, words: str) -> None:
    assert _often(chance) == words


def test_who_stopped_coming_who_ended_and_who_began_is_named(review: Review) -> None:
    fell = page(review, "A03")
    assert fell.opening.title == "Two clients came much less than they usually do."
    assert [row.client_id for row in fell.diary.clients if row.ask_first] == ["P301", "P302"]
    facts = dict(page(review, "A06").diary.facts)
    assert facts["New"] == "P610 and P611" and facts["No appointment any more"] == "P601 and P602"


def test_a_quiet_page_says_so_and_one_without_a_past_claims_nothing(review: Review) -> None:
    assert page(review, "A02").opening.title == "Clients came as they usually do."
    new = page(review, "A07")
    assert "too few earlier months" in new.opening.lead and "usual" not in new.opening.title


def test_nothing_is_raised_and_no_page_speaks_of_a_person_s_effort(review: Review) -> None:
    assert "raise" not in set(review.flags["state"])
    for who in review.clinician_ids:
        for copy in ("supervisor", "own"):
            html = render_page(SuperviseePage(page(review, who, copy)))
            text = " ".join(re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ", html, flags=re.DOTALL).split())
            assert not fixtures.NOT_WORDS.search(text), fixtures.NOT_WORDS.search(text)
            assert not [word for word in fixtures.BLAMING if word in text.lower()]
            assert not re.search(r"worked (harder|hard)\b", text)


def test_what_cannot_be_said_is_said_once_and_no_section_stands_empty(review: Review) -> None:
    html = render_page(SuperviseePage(page(review, "A01", "own")))
    assert html.count("What this cannot tell yet") == 1
    assert "Not enough data" not in html and 'class="empty' not in html and "Missing:" not in html
    for anchor in ("balance", "stage", "personal", "selfcare"):
        assert SuperviseePage(page(review, "A01")).section(anchor).markup == ""


def test_a_supervisor_s_landing_page_has_findings_instead_of_empty_states(review: Review) -> None:
    html = render_index(review.index("S1"))
    assert "Attendance only: these questions can be answered" in html
    assert "Not enough data" not in html and "nothing to discuss" not in html.lower()


def test_check_says_what_can_be_answered_instead_of_what_is_missing() -> None:
    said = summary(read_practice(SAMPLE))
    assert "Attendance only: these questions can be answered:" in said
    assert "Nothing recorded" not in said and "Not given" not in said
    more = sample_appointments()["sessions"].assign(prep_minutes=10)
    assert "Attendance only" not in summary(Practice.from_frames(sessions=more))


def test_an_unshared_survey_changes_no_supervisor_s_page(review: Review) -> None:
    row = {
        "clinician_id": "A02",
        "completed_on": "2026-05-20",
        "instrument": "activation",
        "item": "total",
        "response": 7,
    }
    survey = pd.DataFrame([row])
    other = review_month(Practice.from_frames(**sample_appointments(), surveys=survey), MONTH)
    assert fixtures.told(page(other, "A02")) == fixtures.told(page(review, "A02"))
    assert page(other, "A02", "own").diary is None  # there it is shown
    therapy = pd.DataFrame([{"clinician_id": "A02", "date": "2026-05-20", "kind": "personal_therapy"}])
    other = review_month(Practice.from_frames(**sample_appointments(), supports=therapy), MONTH)
    assert fixtures.told(page(other, "A02")) == fixtures.told(page(review, "A02"))


def test_anything_beyond_appointments_brings_the_four_questions_back(review: Review) -> None:
    tables = sample_appointments()
    rated = tables["sessions"].assign(clinician_effort_rating=5.0)
    other = review_month(Practice.from_frames(sessions=rated, clinicians=tables["clinicians"]), MONTH)
    assert page(other, "A02").diary is None and len(page(other, "A02").cards) == 4


def test_with_lengths_the_page_speaks_of_hours_and_breaks() -> None:
    tables = sample_appointments()
    sessions = tables["sessions"].assign(scheduled_minutes=60)
    people = tables["clinicians"].assign(weekly_client_hours=5)
    view = page(review_month(Practice.from_frames(sessions=sessions, clinicians=people), MONTH), "A02")
    hours = next(count for count in view.diary.counts if count.unit == "hours a week")
    came = sessions[(sessions["clinician_id"] == "A02") & (sessions["status"] == "attended")]
    held = (came["scheduled_start"].dt.strftime("%Y-%m") == MONTH).sum() / (21 / 5)  # May 2026 has 21 weekdays
    assert hours.number == f"{held:.1f} of 5"
    assert "more client hours than the contract" in view.opening.title


def test_the_planted_month_is_a_watch_that_speaks_of_appointments_and_chance_is_none(review: Review) -> None:
    flags = review.flags[review.flags["flag"] == "over_investment"]
    watched = flags[flags["state"] == "watch"]
    assert watched[["clinician_id", "month"]].astype("str").to_numpy().tolist() == [["A01", MONTH]]
    assert watched["reason"].iloc[0].startswith("Clients did not come to 17 of 40 appointments (about")
    assert page(review, "A01").diary.watched.state == "watch" and page(review, "A02").diary.watched is None
    assert 'class="st watch"' in render_index(review.index("S1"))


def test_appointments_and_their_lengths_never_reach_raise() -> None:
    tables = sample_appointments()
    sessions = tables["sessions"]
    bad = sessions["scheduled_start"] >= "2026-03"
    sessions = sessions.assign(
        status=sessions["status"].mask(bad & (sessions.index % 3 > 0) & (sessions["clinician_id"] == "A02"), "no_show"),
        scheduled_minutes=50.0, actual_minutes=np.where(sessions["status"] == "attended", 50.0 + 60 * bad, np.nan),
    )  # fmt: skip
    sessions["actual_minutes"] = sessions["actual_minutes"].where(sessions["status"] == "attended")
    flags = review_month(Practice.from_frames(sessions=sessions), MONTH).flags
    mine = flags[(flags["clinician_id"] == "A02") & (flags["flag"] == "over_investment")].set_index("month")["state"]
    assert mine["2026-03"] == "watch" and "raise" not in set(flags["state"])


def test_a_state_of_the_working_day_needs_its_hours_on_record(review: Review) -> None:
    assert set(review.flags.loc[review.flags["flag"] == "self_care", "state"]) == {"not_enough_data"}
    tables = sample_appointments()
    hours = tables["clinicians"].assign(workday_start="09:00", workday_end="12:00")
    hours.loc[hours["clinician_id"] == "A05", ["workday_start", "workday_end"]] = None
    other = review_month(Practice.from_frames(sessions=tables["sessions"], clinicians=hours), MONTH)
    state = other.flags[(other.flags["flag"] == "self_care") & (other.flags["month"] == MONTH)]
    state = state.set_index("clinician_id")["state"]
    assert state["A05"] == "not_enough_data" and state["A02"] == "watch"  # not raise, however many months
    text, (shown, reason) = fixtures.words(page(other, "A02")), page(other, "A02").diary.hours
    assert shown.state == "watch" and "appointments were out of hours" in reason and "contact" not in reason
    assert page(other, "A05").diary.hours is None and "outside 09:00 to 12:00" in text


def test_a_strip_shades_the_month_and_says_it_in_words() -> None:
    drawn = strip((("came", False, "28 April came"), ("missed", True, "5 May missed"), ("ours", True, "12 May <x>")))
    assert drawn.count('class="pale"') == 1 and drawn.count('class="mis"') == 1
    assert "5 May missed; 12 May &lt;x&gt;" in drawn and "28 April" not in drawn
    assert strip(()) == ""


def test_every_mark_of_a_strip_has_its_look_in_the_stylesheet() -> None:
    styled = (html.FRAME / "style.css").read_text("utf-8")
    drawn = strip([(kind, now, kind) for kind in SHAPES for now in (False, True)])
    worn = {name for names in re.findall(r'class="([^"]+)"', drawn) for name in names.split()}
    assert {name for name in worn if f".{name}{{" not in styled.replace(" svg", "")} <= {"fig", "marks", "vh"}


def test_a_check_in_takes_nothing_away_that_attendance_says() -> None:
    tables = sample_appointments()
    start = tables["sessions"]["scheduled_start"].dt.strftime("%Y-%m")
    met = tables["sessions"][(start == MONTH) & tables["sessions"]["clinician_id"].isin(["A01", "A06"])]
    sent = met[["clinician_id", "client_id"]].drop_duplicates().assign(month=MONTH, effort=5, engagement=5)
    other = review_month(Practice.from_frames(**tables, ratings=sent), MONTH)
    view, title = page(other, "A01"), "did not come to 17 of 40 appointments"
    assert view.diary is None and title in view.opening.lead
    assert any(item.state and item.state.state == "watch" for item in view.agenda)
    words = fixtures.words(page(other, "A06"))
    assert "Nothing booked since" in words and "Ended, or waiting for a date?" in words
    index = other.index("S1")
    row = {row.clinician_id: row for row in index.rows}["A01"]
    assert title in row.finding and row.watched and "raise" not in set(other.flags["state"])
    assert index.opening.lead.startswith(f"A01: Clients {title}.") and "as they usually do" not in index.opening.lead
    assert title in render_index(index)


def test_dates_alone_promise_and_count_no_evening() -> None:
    tables = sample_appointments()
    sessions = tables["sessions"]
    day = sessions["scheduled_start"].dt.normalize()
    people = tables["clinicians"].assign(workday_start="09:00", workday_end="17:00")
    recent = sessions.assign(scheduled_start=day)[day >= "2026-02"]
    practice = Practice.from_frames(sessions=recent, clinicians=people)
    assert "evenings" not in summary(practice) and "evenings" in summary(read_practice(SAMPLE))
    other = review_month(practice, MONTH)
    view, index = page(other, "A01"), other.index("S1")
    text = fixtures.words(view)
    assert "outside" not in text.lower() and "after hours" not in text
    assert view.diary.hours is None and view.diary.before == "February to April"
    assert not any("evenings" in words for words in index.chance.text)
    assert "Evenings" not in render_index(index)
