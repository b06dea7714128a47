"""Consent: what is not shared leaves no trace in any file but the own copy.

The strongest test of no leak is that nothing changes: the same practice is reviewed with the private rows and without
them, and everything that others see is compared as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path

import pandas as pd
import pytest
import review_fixtures as fixtures
from pandas.testing import assert_frame_equal

from caseload.estimates.supports import leave_days, unmet_provision
from caseload.flags import FLAGS
from caseload.flags.flag import NOT_SHARED
from caseload.pages import html
from caseload.pages.review import Review, review_month
from caseload.pages.summary import summary

SHARING, UNSHARED = ["C05", "C12"], ["C11"]
Tables = dict[str, pd.DataFrame]


def hostile() -> Tables:
    """Three clinicians of the sample, with therapy as somebody's only support and decisions on private questions."""
    tables = fixtures.part_of_sample([*SHARING, *UNSHARED], "2026-03")
    supports = tables["supports"][tables["supports"]["clinician_id"] != "C05"]
    therapy = [
        (who, f"2026-{month}-{day}", "personal_therapy", "50", done, cancelled)
        for who in ("C05", "C11", "C12")
        for month, day, done, cancelled in (
            ("04", "09", "50", ""), ("05", "07", "50", ""), ("05", "14", "0", "supervisor"),
            ("05", "21", "0", "service"),
        )
    ]  # fmt: skip
    tables["supports"] = pd.concat([supports, pd.DataFrame(therapy, columns=supports.columns)])
    decisions = [
        (who, "2026-04", flag, f"decision on {flag}", "2026-05", "open")
        for who in ("C05", "C11")
        for flag in SURVEY_FLAGS
    ]
    tables["agenda"] = pd.concat([tables["agenda"], pd.DataFrame(decisions, columns=tables["agenda"].columns)])
    return tables


def without_surveys_of(tables: Tables, clinicians: list[str]) -> Tables:
    surveys = tables["surveys"]
    return tables | {"surveys": surveys[~surveys["clinician_id"].isin(clinicians)]}


def answering(tables: Tables, shares: str, who: list[str]) -> Tables:
    """The tables with `shares` as what `who` have said to sharing surveys."""
    people = tables["clinicians"]
    said = people["shares_surveys"].mask(people["clinician_id"].isin(who), shares)
    return tables | {"clinicians": people.assign(shares_surveys=said)}


def nobody_shares() -> Tables:
    return answering(hostile(), "false", SHARING + UNSHARED)


def without_therapy(tables: Tables) -> Tables:
    return tables | {"supports": tables["supports"][tables["supports"]["kind"] != "personal_therapy"]}


PRACTICES: dict[str, Callable[[], Tables]] = {
    "as agreed": hostile,
    "as agreed, nothing from those who do not share": lambda: without_surveys_of(hostile(), UNSHARED),
    "nobody shares": nobody_shares,
    "nobody shares or answers": lambda: without_surveys_of(nobody_shares(), SHARING + UNSHARED),
    "no therapy": lambda: without_therapy(hostile()),
    "nothing private": lambda: without_private_rows(),
    "C11 has not been asked": lambda: answering(hostile(), "", ["C11"]),
}
SURVEY_FLAGS = [name for name, flag in FLAGS.items() if flag.self_reported]
ALIKE = [
    ("as agreed", "as agreed, nothing from those who do not share"),
    ("nobody shares", "nobody shares or answers"),
    ("as agreed", "no therapy"),
]


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Review]:
    """A practice of PRACTICES, read from files and reviewed, once."""
    folder: Path = tmp_path_factory.mktemp("consent")

    @lru_cache
    def review(name: str) -> Review:
        return review_month(fixtures.read(PRACTICES[name](), folder / name), fixtures.MONTH)

    return review


@pytest.fixture(scope="module")
def shown(reviewed: Callable[[str], Review]) -> Callable[[str], dict[str, object]]:
    """What others see of a practice, once."""
    return lru_cache(lambda name: fixtures.shown_to_others(reviewed(name), ("C05", "C11")))


BROKEN_THERAPY = (
    ("C05", "2026-05-30", "personal therapie", "50", "", ""),
    ("C11", "2026-05-30", "personal_therapy", "-50", "", ""),
    ("C05", "x", " personal_therapy", "50", "", ""),
    ("C11", "2026-05-29", "personal_therapy", "", "", "me"),
    ("", "2026-05-30", "personal_therapy", "50", "", ""),
)
BROKEN_ANSWERS = (
    ("C11", "2026-05-30", "proqol5", "1", "9"),
    ("C11", "2026-05-30", "proqol5", "2", " 3 "),
    ("C11", "", "", "", "2"),
    ("", "", "", "", ""),
    ("C11", "1926-05-30", "proqol5", "3", "2"),
    ("C11", "2026-05-30", "nonsense", "1", "2"),
)


def with_broken_private_rows(therapy: tuple[str, ...] = BROKEN_THERAPY[0]) -> Tables:
    """Surveys of who does not share and one row of therapy (a few rows may be excluded) that break the contract."""
    tables = hostile()
    surveys, supports = tables["surveys"], tables["supports"]
    answers = pd.DataFrame(BROKEN_ANSWERS, columns=["clinician_id", "completed_on", "instrument", "item", "response"])
    return tables | {
        "surveys": pd.concat([surveys, answers.reindex(columns=surveys.columns, fill_value="")]),
        "supports": pd.concat([supports, pd.DataFrame([therapy], columns=supports.columns)]),
    }


def without_private_rows() -> Tables:
    return without_therapy(without_surveys_of(hostile(), UNSHARED))


@pytest.mark.parametrize("exclude", [True, False])
def test_no_account_of_a_reading_counts_a_private_row(tmp_path: Path, exclude: bool) -> None:
    """Whether such rows are there, and whether they are valid, changes no count, note or line of `caseload check`."""
    made = {"valid": hostile(), "absent": without_private_rows()}
    if exclude:
        made |= {f"broken {at}": with_broken_private_rows(row) for at, row in enumerate(BROKEN_THERAPY)}
    practices = {name: fixtures.read(tables, tmp_path / name, exclude_invalid=exclude) for name, tables in made.items()}
    expected = practices.pop("absent")
    assert "not counted" in summary(expected) and "surveys" in summary(expected)
    for name, practice in practices.items():
        assert summary(practice) == summary(expected), name
        assert practice.quality.notes == expected.quality.notes, name
        for table in ("tables", "columns", "excluded"):
            assert_frame_equal(getattr(practice.quality, table), getattr(expected.quality, table))
    assert len(practices["valid"].supports) > len(expected.supports)


@pytest.mark.parametrize("shares", ["false", ""])
def test_answers_for_the_own_page_alone_are_as_if_no_survey_was_given(tmp_path: Path, shares: str) -> None:
    """Also whether a table is there, what the data can answer, and whether it is attendance only."""
    tables = answering(hostile(), shares, SHARING + UNSHARED)
    tables["supports"] = tables["supports"][tables["supports"]["kind"] == "personal_therapy"]
    columns = ["session_id", "clinician_id", "client_id", "scheduled_start", "status"]
    bare = {"sessions": tables["sessions"][columns], "clinicians": tables["clinicians"]}
    one = tables["surveys"].iloc[:1].assign(visible_to="own_page")
    private = bare | {"surveys": pd.concat([one, tables["surveys"].iloc[1:]]), "supports": tables["supports"]}
    practices = [fixtures.read(bare, tmp_path / "bare"), fixtures.read(private, tmp_path / "private")]
    assert len(practices[1].surveys) and len(practices[1].supports)
    without, with_rows = map(summary, practices)
    assert with_rows == without and "Attendance only" in without
    assert_frame_equal(practices[0].quality.tables, practices[1].quality.tables)
    shown = private | {"surveys": tables["surveys"].iloc[:1].assign(visible_to="supervisor")}
    assert "surveys" in summary(fixtures.read(shown, tmp_path / "shown"))


def test_rows_of_other_supports_are_counted(tmp_path: Path) -> None:
    tables = hostile()
    others = tables["supports"]["kind"] != "personal_therapy"
    broken = tables["supports"].assign(
        planned_minutes=tables["supports"]["planned_minutes"].mask(others & others.cumsum().eq(1), "many")
    )
    quality = fixtures.read(tables | {"supports": broken}, tmp_path, exclude_invalid=True).quality
    counted = quality.tables.set_index("table").loc["supports"]
    assert (counted["rows_read"], counted["rows_excluded"]) == (others.sum(), 1)
    assert [note for note in quality.notes if note.startswith("supports.planned_minutes: 1 row excluded")]


def test_broken_private_rows_change_nothing_that_others_see(shown, tmp_path: Path) -> None:
    practice = fixtures.read(with_broken_private_rows(), tmp_path, exclude_invalid=True)
    review = review_month(practice, fixtures.MONTH)
    full, bare = fixtures.shown_to_others(review, ("C05", "C11")), shown("nothing private")
    assert full.keys() == bare.keys()
    assert [name for name in full if full[name] != bare[name]] == []


def test_who_has_therapy_alone_adds_nobody_to_a_figure_of_supports() -> None:
    months = pd.period_range("2026-04", "2026-05", freq="M")
    rows = [("C1", "2026-05-04", "supervision"), ("C2", "2026-05-04", "personal_therapy")]
    supports = pd.DataFrame(rows, columns=["clinician_id", "date", "kind"]).astype({"date": "datetime64[us]"})
    supports = supports.assign(planned_minutes=60.0, done_minutes=60.0, cancelled_by=None)
    for found in (leave_days(supports, months), unmet_provision(supports, months)):
        assert found["clinician_id"].unique().tolist() == ["C1"]


@pytest.mark.parametrize("copy", ["own", "supervisor"])
@pytest.mark.parametrize("who", ["C05", "C11"])
def test_every_copy_says_who_sees_which_ratings(reviewed, who: str, copy: str) -> None:
    said = " ".join(fixtures.words(reviewed("as agreed").supervisee(who, copy)).split())
    both = r"(also sees your|both see the) ratings of the work with a client \(effort, engagement, stage of change\)"
    assert re.search(both, said)
    assert re.search(r"Surveys and the self-rating of personal issues are private unless", said)
    assert not re.search(r"[Rr]atings and surveys|Ratings are theirs|agreed to be shared", said)


@pytest.mark.parametrize(("with_rows", "without_rows"), ALIKE)
def test_private_rows_change_nothing_that_others_see(shown, with_rows: str, without_rows: str) -> None:
    full, bare = shown(with_rows), shown(without_rows)
    assert full.keys() == bare.keys()
    assert [name for name in full if full[name] != bare[name]] == []


def test_the_markup_is_the_same_with_and_without_private_rows(reviewed) -> None:
    def markup(review: Review) -> list[str]:
        page = html.render_page(html.SuperviseePage(review.supervisee("C11")))
        return [page, *(html.render_index(review.index(name)) for name in review.supervisors)]

    assert markup(reviewed("nobody shares")) == markup(reviewed("nobody shares or answers"))


@pytest.mark.parametrize(
    ("with_rows", "without_rows", "who"), [(*ALIKE[0], "C11"), (*ALIKE[1], "C05"), (*ALIKE[2], "C05")]
)
def test_the_own_copy_holds_what_others_do_not_see(reviewed, with_rows: str, without_rows: str, who: str) -> None:
    full, bare = (fixtures.told(reviewed(name).supervisee(who, "own")) for name in (with_rows, without_rows))
    assert full != bare


def test_consent_makes_a_difference_where_there_is_something_to_share(shown) -> None:
    """Without this, the tests of no difference could hold because nothing is ever shown."""
    agreed, nobody = shown("as agreed"), shown("nobody shares")
    assert agreed["C05.html"] != nobody["C05.html"]
    assert agreed["clinicians.csv"] != nobody["clinicians.csv"]
    assert agreed["flags.csv"] != nobody["flags.csv"]
    assert agreed["C11.html"] == nobody["C11.html"]


def test_an_agreement_that_is_not_recorded_is_none(reviewed, shown) -> None:
    agreed, other = shown("as agreed"), reviewed("C11 has not been asked")
    assert fixtures.told(other.supervisee("C11")) == agreed["C11.html"]
    assert other.flags.to_csv(index=False) == agreed["flags.csv"]
    assert other.clinicians.to_csv(index=False) == agreed["clinicians.csv"]


def test_not_sharing_and_not_answering_are_told_in_the_same_words(reviewed) -> None:
    for review in (reviewed("as agreed"), reviewed("nobody shares or answers")):
        flags = review.flags[review.flags["clinician_id"].isin(UNSHARED) & review.flags["flag"].isin(SURVEY_FLAGS)]
        unknown = flags[flags["state"] != "watch"]
        assert set(unknown["state"]) == {"not_enough_data"}
        assert set(unknown["reason"]) == {NOT_SHARED}
        assert flags["probability"].isna().all()


def test_no_file_of_others_has_a_probability_of_fatigue_without_consent(reviewed) -> None:
    review = reviewed("as agreed")
    known = review.clinicians.groupby("clinician_id")["p_compassion_fatigue"].count()
    assert (known[UNSHARED] == 0).all() and known["C05"] > 0
    own = review.assessment.own_flags
    mine = own[own["clinician_id"].isin(UNSHARED) & (own["flag"] == "compassion_fatigue")]
    assert mine["probability"].notna().any()


def test_unmet_provision_is_a_watch_whether_or_not_surveys_are_shared(reviewed) -> None:
    for name in ("as agreed", "nobody shares", "nobody shares or answers"):
        flags = reviewed(name).flags
        row = flags[(flags["clinician_id"] == "C12") & (flags["flag"] == "personal_activation")].iloc[-1]
        assert (row["state"], "3 of the last 3" in row["reason"]) == ("watch", True)


def test_therapy_is_named_in_the_own_copy_only(reviewed) -> None:
    review = reviewed("as agreed")
    for who in ("C05", "C11"):
        own, theirs = (fixtures.told(review.supervisee(who, copy).sections[2].main) for copy in ("own", "supervisor"))
        assert "therapy" in str(own)
        assert "therapy" not in str(theirs)
    tables = (review.flags, review.clinicians, review.clients)
    assert not any("therapy" in table.to_csv() for table in tables)


def test_decisions_on_compassion_fatigue_are_followed_where_surveys_are_shared(reviewed) -> None:
    review = reviewed("as agreed")
    agreed = {
        (who, copy): {row.decision for row in review.supervisee(who, copy).agreed}
        for who in ("C05", "C11")
        for copy in ("own", "supervisor")
    }
    fatigue = "decision on compassion_fatigue"
    assert all(
        (fatigue in decisions) is ((who, copy) != ("C11", "supervisor")) for (who, copy), decisions in agreed.items()
    )


def test_the_agenda_asks_about_fatigue_only_where_surveys_are_shared(reviewed) -> None:
    titles = {
        name: {item.title for item in reviewed(name).supervisee("C05").agenda if item.state.state in ("watch", "raise")}
        for name in ("as agreed", "nobody shares")
    }
    assert len(titles["as agreed"] - titles["nobody shares"]) >= 1
    assert not titles["nobody shares"] - titles["as agreed"]
    assert all("fatigue" not in title.lower() for title in titles["nobody shares"])
    asked = {who for who, _ in reviewed("nobody shares").index("S01").questions}
    assert "C05" not in asked


def test_an_index_cell_of_what_is_not_shared_says_only_that(reviewed) -> None:
    for row in reviewed("nobody shares").index("S02").rows:
        personal, fatigue = row.states[2], row.states[4]
        assert (fatigue.state, fatigue.since) == ("not_shared", "")
        assert personal.state == ("watch" if row.clinician_id == "C12" else "not_shared")
        assert "fatigue" not in str(row.changed).lower()


def test_a_supervisors_pages_name_their_own_supervisees_and_clients_only(sample_review: Review) -> None:
    """Ids of colleagues' clients appear only where a client sees both: those pages come first."""
    sessions, contacts = sample_review.practice.sessions, sample_review.practice.contacts
    colleagues = sessions.groupby("client_id")["clinician_id"].nunique()
    shared = sessions["client_id"].isin(colleagues[colleagues > 1].index).groupby(sessions["clinician_id"]).sum()
    for supervisor in sample_review.supervisors:
        mine = sample_review.supervisees_of(supervisor)
        clients = {k for t in (sessions, contacts) for k in t.loc[t["clinician_id"].isin(mine), "client_id"].dropna()}
        chosen = shared[list(mine)].nlargest(4).index
        pages = [sample_review.index(supervisor), *(sample_review.supervisee(who) for who in chosen)]
        text = "\n".join(fixtures.words(page) for page in pages)
        assert fixtures.ids(text, r"C\d\d") == set(mine)
        assert fixtures.ids(text, r"K\d{4}") <= clients
        assert fixtures.ids(text, r"S\d\d") <= {supervisor}


def test_an_own_copy_names_nobody_else(sample_review: Review) -> None:
    sessions = sample_review.practice.sessions
    for who in ("C05", "C07", "C11"):
        text = fixtures.words(sample_review.supervisee(who, "own"))
        assert fixtures.ids(text, r"C\d\d") == {who}
        assert fixtures.ids(text, r"K\d{4}") <= set(sessions.loc[sessions["clinician_id"] == who, "client_id"])


def test_pages_of_the_practice_name_no_clinician_and_no_client(sample_review: Review) -> None:
    pages = [sample_review.index(), *(sample_review.team(team) for team in sample_review.teams)]
    for page in pages:
        text = fixtures.words(page)
        assert not fixtures.ids(text, r"C\d\d") | fixtures.ids(text, r"K\d{4}")
    assert not fixtures.ids(fixtures.words(sample_review.quality()), r"K\d{4}")
    landing = fixtures.words(sample_review.index())
    assert not [word for word in ("raise", "watch", "steady") if word in landing.lower()]


def with_answers(tables: Tables, visible_to: dict[str, str]) -> Tables:
    """The tables with more answers of C05, who shares, and C11, who does not: readers by clinician."""
    rows = [
        (who, f"2026-{month}-28", instrument, item, response, reader)
        for who, reader in visible_to.items()
        for month in ("03", "04", "05")
        for instrument, item, response in (
            ("activation", "total", "9"), ("proqol5", "burnout", "44"),
            ("proqol5", "secondary_traumatic_stress", "44"), ("team_safety", "total", "1"),
        )
    ]  # fmt: skip
    surveys = tables["surveys"].assign(visible_to="")
    return tables | {"surveys": pd.concat([surveys, pd.DataFrame(rows, columns=surveys.columns)])}


@pytest.fixture(scope="module")
def answered(tmp_path_factory) -> Callable[[str], Review]:
    """Reviews of a practice in which two clinicians answered, by who may see their answers ("": there are none)."""
    folder = tmp_path_factory.mktemp("answered")

    @cache
    def review(reader: str) -> Review:
        tables = with_answers(hostile(), {who: reader for who in ("C05", "C11") if reader})
        return review_month(fixtures.read(tables, folder / (reader or "none")), fixtures.MONTH)

    return review


def test_an_answer_for_ones_own_page_leaves_everything_else_as_if_it_did_not_exist(answered):
    without, own_page = (fixtures.shown_to_others(answered(to), ("C05", "C11", "C12")) for to in ("", "own_page"))
    assert own_page == without
    for who in ("C05", "C11"):
        own = fixtures.told(answered("own_page").supervisee(who, "own"))
        assert own != fixtures.told(answered("").supervisee(who, "own"))


def test_an_answer_for_the_supervisor_is_seen_though_nothing_else_was_agreed(answered):
    for who in ("C05", "C11"):
        theirs = answered("supervisor").supervisee(who)
        assert fixtures.told(theirs) != fixtures.told(answered("").supervisee(who))
        assert "28 May 2026" in fixtures.words(theirs) or "2026-05-28" in fixtures.words(theirs)
    flags = answered("supervisor").flags
    mine = flags[(flags["clinician_id"] == "C11") & (flags["month"] == "2026-05")].set_index("flag")["state"]
    assert mine["compassion_fatigue"] == "raise"


def test_what_was_not_shared_before_stays_hidden_behind_a_shared_answer(answered, tmp_path):
    """C11 shares the new answers; the supervisor's copy is as if the old ones did not exist."""
    tables = with_answers(hostile(), {"C05": "supervisor", "C11": "supervisor"})
    old = tables["surveys"]["clinician_id"].eq("C11") & tables["surveys"]["visible_to"].eq("")
    assert old.any()
    review = review_month(fixtures.read(tables | {"surveys": tables["surveys"][~old]}, tmp_path / "p"), fixtures.MONTH)
    everybody = ("C05", "C11", "C12")
    assert fixtures.shown_to_others(answered("supervisor"), everybody) == fixtures.shown_to_others(review, everybody)
