"""The support plan: what bears on the month, in its order, in numbers that are right, and nobody's secret."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import page_fixtures
import pandas as pd
import pytest
import review_fixtures as fixtures
from browsing import opened_tab
from bs4 import BeautifulSoup

from caseload.intake import Practice, SupportContact
from caseload.month import freshness
from caseload.month.batch import render_month
from caseload.pages import html
from caseload.pages.review import Review, review_month
from caseload.pages.supervisee.subject import Subject
from caseload.pages.supervisee.support import LEAVE, MOST, QUIET, UNKNOWN, WATCHED, support_plan
from caseload.pages.views import Options, SupportPlan

MAY = "2026-05"
COPIES = ("own", "supervisor")
ORDER = ("Programme", "Workload", "Planned support", "With supervisor and peers", "Your own plan",
         "The supervisee’s own plan", "Voluntary offers")  # fmt: skip
EVERYBODY = [f"C{number:02d}" for number in range(1, 15)]


def plan(review: Review, who: str, copy: str = "own") -> SupportPlan:
    return support_plan(Subject(review.assessment.of(who), copy))


def group(found: SupportPlan, title: str) -> Options:
    return next(options for options in found.groups if options.title == title)


def titles(found: SupportPlan) -> list[str]:
    return [options.title for options in found.groups]


def beside(review: Review, **tables: Any) -> Review:
    """The same estimates and flags beside other tables of the month."""
    practice = replace(review.practice, **tables)
    return replace(review, assessment=replace(review.assessment, practice=practice))


@pytest.mark.parametrize("copy", COPIES)
@pytest.mark.parametrize("who", EVERYBODY)
def test_every_plan_is_short_and_in_the_order_of_principle(sample_review: Review, who: str, copy: str) -> None:
    found = plan(sample_review, who, copy)
    places = [ORDER.index(title) for title in titles(found) if title]
    assert places == sorted(places)
    said = [what for options in found.groups for what, _ in options.options]
    assert len(said) == len(set(said)) <= sum(MOST.values())
    assert all(len(options.options) <= max(MOST.values()) for options in found.groups)
    assert {who for options in found.groups for _, who in options.options} == {
        "You" if copy == "own" else "Supervisee",
        "Supervisor and peers",
        "Organisation",
    }
    told = found.intro + fixtures.words(found.groups)
    assert not fixtures.NOT_WORDS.search(told)
    assert not [word for word in fixtures.BLAMING if word in told.lower()]


@pytest.mark.parametrize("copy", COPIES)
@pytest.mark.parametrize("who", EVERYBODY)
def test_a_plan_bears_on_the_flags_of_its_copy(sample_review: Review, who: str, copy: str) -> None:
    assessment = sample_review.assessment
    flags = assessment.own_flags if copy == "own" else assessment.flags
    mine = flags[(flags["clinician_id"] == who) & (flags["month"] == MAY)].set_index("flag")["state"]
    standing = set(mine[mine.isin(["watch", "raise"])].index)
    found = plan(sample_review, who, copy)
    assert (found.title == "What to keep") is (not standing)
    personal = standing & {"compassion_fatigue", "personal_activation"}
    assert ("Voluntary offers" in titles(found)) is (bool(personal) and who != "C12")  # whose hours were cancelled
    assert ("Programme" in titles(found)) is (standing == {"stage_incongruence"})


def test_the_workloads_numbers_are_those_of_the_tables(sample_review: Review) -> None:
    """Counted anew from the sample's files, by hand."""
    sessions = pd.read_csv(fixtures.SAMPLE / "sessions.csv", dtype=str)
    mine = sessions[(sessions["clinician_id"] == "C10") & sessions["scheduled_start"].str.startswith(MAY)]
    attended = mine[mine["status"] == "attended"]
    facts = dict(reversed(fact) for fact in group(plan(sample_review, "C10", "supervisor"), "Workload").facts)
    people = mine["client_id"].nunique()
    assert facts[f"clients at 0.8 FTE ({people / 0.8:.0f} at full time)"] == str(people)
    noted = attended["trauma_focus"].dropna()
    assert facts["sessions with trauma focus"] == f"{(noted == 'true').sum()} of {len(noted)}"
    assert facts["sessions in crisis"] == str((mine["crisis"] == "true").sum())
    minutes = pd.to_numeric(attended["actual_minutes"]).fillna(pd.to_numeric(attended["scheduled_minutes"]))
    weeks = len(pd.bdate_range("2026-05-01", "2026-05-31")) / 5
    assert facts["client hours a week, contract 11"] == f"{minutes.sum() / 60 / weeks:.1f}"
    calendar = sample_review.supervisee("C10").sections[3].main
    assert calendar.title.startswith(facts["of contact out of hours"])


def test_numbers_that_are_not_recorded_are_left_out(sample_review: Review) -> None:
    practice = sample_review.practice
    sessions = practice.sessions.assign(trauma_focus=pd.NA, crisis=pd.NA).astype(practice.sessions.dtypes)
    people = practice.clinicians.assign(fte=float("nan"), weekly_client_hours=float("nan"))
    found = group(plan(beside(sample_review, sessions=sessions, clinicians=people), "C10"), "Workload")
    assert [what for _, what in found.facts] == ["client hours a week", "of contact out of hours"]


def test_promised_support_comes_back_first_and_says_who_cancelled(sample_review: Review) -> None:
    for copy in COPIES:
        found = plan(sample_review, "C12", copy)
        assert titles(found)[0] == "Planned support"
        first = found.groups[0]
        assert first.facts[0] == ("2 h", "of supervision cancelled by the supervisor")
        assert "3 of the last 3" in first.facts[-1][1]
        assert first.options[0][0].startswith("Offer new dates for the hours that the supervisor cancelled")
        assert WATCHED not in found.intro


def with_supports(review: Review, who: str, *rows: tuple[str, float, str]) -> Review:
    """With further supports in May, of which nothing was done: kind, minutes, by whom cancelled."""
    table = review.practice.supports
    more = pd.DataFrame(rows, columns=["kind", "planned_minutes", "cancelled_by"]).assign(
        clinician_id=who, date=pd.Timestamp("2026-05-12"), done_minutes=0.0
    )
    return beside(review, supports=pd.concat([table, more[table.columns].astype(table.dtypes)], ignore_index=True))


def test_hours_cancelled_this_month_are_put_back_whatever_the_flags(sample_review: Review) -> None:
    rows = [
        ("peer_support", 90.0, "service"),
        ("supervision", 60.0, "clinician"),
        ("personal_therapy", 50.0, "service"),
    ]
    for who, title in (("C01", ""), ("C07", "Planned support")):
        review = with_supports(sample_review, who, *rows)
        for copy in COPIES:
            found = group(plan(review, who, copy), title)
            assert ("1.5 h", "of peer support cancelled by the service") in found.facts
            assert "clinician" not in str(found.facts) and "therapy" not in str(found)
            assert any("Put back the hours that the service cancelled" in what for what, _ in found.options)


def test_cancelled_therapy_leaves_no_trace_in_a_plan(sample_review: Review) -> None:
    review = with_supports(sample_review, "C01", ("personal_therapy", 50.0, "service"), ("time_off", 480.0, "service"))
    for copy in COPIES:
        assert plan(review, "C01", copy) == plan(sample_review, "C01", copy)


def test_what_is_not_shared_shapes_the_own_plan_alone(sample_review: Review) -> None:
    own, theirs = (plan(sample_review, "C11", copy) for copy in COPIES)
    assert "Voluntary offers" in titles(own)
    assert theirs.title == "What to keep"


@pytest.mark.parametrize("answered", [True, False])
def test_unshared_activation_does_not_show_beside_unmet_provision(tmp_path: Path, answered: bool) -> None:
    """Unmet provision makes the flag a watch in both copies; only the own one may know that a rating rose, too."""
    tables = fixtures.part_of_sample(["C11"], "2026-02")
    supports = tables["supports"]
    cancelled = supports.assign(date="2026-05-12", kind="supervision", done_minutes="0", cancelled_by="service").head(3)
    tables |= {"supports": pd.concat([supports, cancelled]), "surveys": tables["surveys"][: None if answered else 0]}
    review = review_month(fixtures.read(tables, tmp_path), MAY)
    own, theirs = (plan(review, "C11", copy) for copy in COPIES)
    assert titles(theirs) == ["Planned support"]
    assert ({"Workload", "Voluntary offers"} <= set(titles(own))) is answered


@pytest.mark.parametrize(("who", "intro"), [("C01", QUIET), ("C13", LEAVE), ("C06", QUIET)])
def test_a_quiet_month_says_what_to_keep(sample_review: Review, who: str, intro: str) -> None:
    found = plan(sample_review, who)
    assert (found.title, found.intro, len(found.groups)) == ("What to keep", intro, 1)
    assert len(found.groups[0].options) == 3
    assert any("weeks back" in what for what, _ in found.groups[0].options) is (who == "C13")


def test_a_month_of_which_little_is_known_is_not_called_quiet(tmp_path: Path) -> None:
    tables = fixtures.part_of_sample(["C07"], MAY)
    bare = {"sessions": tables["sessions"][["session_id", "clinician_id", "client_id", "scheduled_start", "status"]]}
    assert plan(review_month(fixtures.read(bare, tmp_path), MAY), "C07").intro == UNKNOWN


def test_a_watch_asks_for_a_small_step(sample_review: Review) -> None:
    flags = sample_review.assessment.own_flags
    lower = flags.assign(state=flags["state"].replace("raise", "watch"))
    review = replace(sample_review, assessment=replace(sample_review.assessment, own_flags=lower))
    assert plan(review, "C07").intro.startswith(WATCHED)
    assert WATCHED not in plan(sample_review, "C07").intro


# --- whom to turn to ---------------------------------------------------------------------------------------------


def test_contacts_stand_in_the_own_copies_of_those_they_are_for(sample_review: Review) -> None:
    contacts = sample_review.practice.support_contacts
    assert len(contacts) == 6
    people = sample_review.practice.supervisees.set_index("clinician_id")["team"]
    for who in EVERYBODY:
        expected = [contact.name for contact in contacts if contact.team in ("", people[who])]
        own, theirs = (plan(sample_review, who, copy) for copy in COPIES)
        assert [contact.name for contact in own.contacts] == expected
        assert (theirs.turn_to, theirs.contacts) == ("", ())
        assert own.turn_to
    assert sample_review.supervisee("C01", "own").support == plan(sample_review, "C01")


def test_contacts_of_other_teams_are_in_nobodys_part(sample_review: Review) -> None:
    for who, other in (("C01", "South"), ("C12", "North")):
        sent = pickle.dumps(sample_review.only(who))
        assert f"Peer consultation {other}".encode() not in sent
        view = pickle.loads(sent).supervisee(who, "own")
        assert fixtures.told(view) == fixtures.told(sample_review.supervisee(who, "own"))


def test_who_is_in_no_team_sees_what_is_for_everybody(sample_review: Review) -> None:
    review = beside(sample_review, clinicians=sample_review.practice.clinicians.iloc[:0])
    assert [contact.name for contact in plan(review, "C01").contacts] == [
        contact.name for contact in sample_review.practice.support_contacts if not contact.team
    ]


def test_contacts_change_nothing_that_others_see(sample_review: Review) -> None:
    bare = beside(sample_review, support_contacts=())
    assert fixtures.shown_to_others(bare, ("C01", "C07")) == fixtures.shown_to_others(sample_review, ("C01", "C07"))
    own = plan(bare, "C07")
    assert own.contacts == () and "your supervisor" in own.turn_to
    assert not [word for word in ("toml", "file", "folder") if word in fixtures.words(own).lower()]


# --- on the page -------------------------------------------------------------------------------------------------


def markup(found: SupportPlan, copy: str = "own") -> BeautifulSoup:
    view = replace(page_fixtures.supervisee(copy), support=found)
    return BeautifulSoup(str(html.SuperviseePage(view).support), "html.parser")


def test_every_option_has_a_place_to_tick_with_its_words(sample_review: Review) -> None:
    found = plan(sample_review, "C05")
    labels = markup(found).select(".ticks label")
    said = [(what, who) for options in found.groups for what, who in options.options]
    assert [tuple(text.get_text() for text in label.select("span")) for label in labels] == said
    assert all(label.input["type"] == "checkbox" and not label.input.has_attr("checked") for label in labels)
    headings = [heading.get_text() for heading in markup(found).select("h2, h3")]
    assert headings == [found.title, *(f"{n}. {t}" for n, t in enumerate(titles(found), 1)), "Whom to turn to"]
    alone = markup(plan(sample_review, "C12")).select("h3")[0].get_text()
    assert alone == "Planned support"


def test_what_a_contact_says_is_text() -> None:
    hostile = page_fixtures.HOSTILE[:80]
    contact = SupportContact(hostile, "other", hostile, hostile, hostile)
    sessions = fixtures.part_of_sample(["C07"], MAY)["sessions"]
    review = review_month(Practice.from_frames(sessions=sessions, support_contacts=[contact]), MAY)
    page = BeautifulSoup(html.render_page(html.SuperviseePage(review.supervisee("C07", "own"))), "html.parser")
    assert [text.get_text() for text in page.select(".turn bdi")] == [hostile] * 4
    assert len(page.find_all("script")) == 1 and not page.find_all("img")
    assert not page.select(".turn a")


def test_the_plan_follows_the_agenda_and_comes_before_the_evidence() -> None:
    page = html.SuperviseePage(page_fixtures.supervisee())
    parts = [cell.markup.split('class="caseload part-')[1].split('"')[0] for cell in page.cells]
    assert parts[2:5] == ["agenda", "support", "agreed"] and parts[-1] == "method"


@pytest.mark.browser
def test_on_paper_the_plan_takes_half_a_page_with_hollow_boxes(browser, tmp_path: Path, sample_review: Review) -> None:
    page = html.render_page(html.SuperviseePage(sample_review.supervisee("C05", "own")))
    tab, _ = opened_tab(browser, tmp_path, page, viewport={"width": 680, "height": 900})
    tab.emulate_media(media="print")
    height = "document.querySelector('.steps').offsetHeight"
    assert tab.evaluate(height) < 265 / 2 / 25.4 * 96
    box = tab.locator(".ticks input").first
    style = "box => (s => [s.appearance, s.borderTopWidth, s.backgroundColor])(getComputedStyle(box))"
    appearance, border, fill = box.evaluate(style)
    assert (appearance, fill) == ("none", "rgba(0, 0, 0, 0)") and float(border.removesuffix("px")) > 0
    tab.context.close()


# --- runs --------------------------------------------------------------------------------------------------------


def test_other_contacts_make_another_key(sample_review: Review) -> None:
    inputs = sample_review.practice.quality.files
    assert "support.toml" in set(inputs["file"])
    other = inputs.assign(sha256=inputs["sha256"].mask(inputs["file"] == "support.toml", "00"))
    keys = {
        freshness.run_key(files, pd.Period(MAY, "M"), exclude_invalid=False)
        for files in (inputs, other, inputs[inputs["file"] != "support.toml"])
    }
    assert len(keys) == 3


@pytest.mark.slow
def test_a_rerun_after_a_change_shows_the_new_contacts_in_the_own_copy(tmp_path: Path) -> None:
    data, out = tmp_path / "practice", tmp_path / "out"
    fixtures.read(fixtures.part_of_sample(["C07"], "2026-04"), data)
    own, theirs = out / MAY / "own" / "C07.html", out / MAY / "C07.html"

    def run(*names: str) -> list[bool]:
        text = "".join(f"[[contact]]\nname = '{name}'\nkind = 'other'\nhow = 'x'\n" for name in names)
        (data / "support.toml").write_text(text)
        return [result.unchanged for result in render_month(data, MAY, out, processes=1).results]

    assert not any(run("First of all"))
    assert all(run("First of all"))
    assert "First of all" in own.read_text("utf-8")
    assert not any(run("Second thoughts"))
    assert "Second thoughts" in own.read_text("utf-8") and "First of all" not in own.read_text("utf-8")
    assert "Second thoughts" not in theirs.read_text("utf-8") + theirs.with_suffix(".ipynb").read_text("utf-8")
    inputs = json.loads((out / MAY / "manifest.json").read_text("utf-8"))["inputs"]
    assert "support.toml" in {entry["file"] for entry in inputs}
