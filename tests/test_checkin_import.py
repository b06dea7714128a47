"""Check-ins read back: what lands where, what a second file replaces, what is refused, what is taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from checkin_fixtures import check_in, practice_folder, rated, saved, shared

import caseload
from caseload.cli import main
from caseload.intake.exports.record import FILE as RECORD


@pytest.fixture
def practice(tmp_path: Path) -> Path:
    return practice_folder(tmp_path / "practice")


@pytest.fixture
def read(tmp_path: Path, practice: Path):
    """Import one check-in, through its file."""

    def import_(content: dict[str, Any], **options: Any) -> caseload.intake.exports.checkins.ImportedCheckIns:
        return caseload.import_checkins([saved(tmp_path, content)], practice, **options)

    return import_


def rows(practice: Path, table: str, **where: str) -> list[dict[str, str]]:
    """The filled cells of a table's rows."""
    file = practice / f"{table}.csv"
    frame = pd.read_csv(file, dtype=str, keep_default_na=False) if file.is_file() else pd.DataFrame()
    found = [row for row in frame.to_dict("records") if where.items() <= row.items()]
    return [{name: cell for name, cell in row.items() if cell and name not in where} for row in found]


def content_of(practice: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in practice.iterdir()}


def test_values_land_in_their_tables(practice, read):
    done = read(check_in(**shared(4)))
    assert done.written
    assert rows(practice, "ratings", clinician_id="C1", month="2026-05") == [
        {"client_id": "K1", "effort": "6", "engagement": "3", "stage_of_change": "contemplation",
         "interventions": "mi_evoking"},
        {"client_id": "K2", "effort": "0", "engagement": "10"},
    ]  # fmt: skip
    assert rows(practice, "surveys", clinician_id="C1") == [
        {"completed_on": "2026-05-31", "instrument": "activation", "item": "total", "response": "4",
         "visible_to": "supervisor"}
    ]  # fmt: skip
    assert rows(practice, "supports", clinician_id="C1") == [
        {"date": "2026-05-06", "kind": "supervision", "planned_minutes": "60", "done_minutes": "0",
         "cancelled_by": "supervisor"},
        {"date": "2026-05-20", "kind": "supervision", "planned_minutes": "60"},
    ]  # fmt: skip
    assert rows(practice, "selfcare_plan", clinician_id="C1", month="2026-05") == [
        {"goal": "Leave on time", "kind": "boundary", "planned_times": "8", "done_times": "5", "barrier": "workload"}
    ]
    known = caseload.read_practice(practice)
    assert known.ratings["effort"].tolist() == [6.0, 0.0]
    assert rows(practice, "supports", clinician_id="C2")[0]["done_minutes"] == "60"


def test_december_ends_on_its_last_day(tmp_path):
    practice = practice_folder(tmp_path / "practice", months=("2025-12",))
    content = check_in(month="2025-12", supports=[], **shared(4, "own_page"))
    caseload.import_checkins([saved(tmp_path, content)], practice)
    assert rows(practice, "surveys", clinician_id="C1")[0]["completed_on"] == "2025-12-31"


def test_repeating_changes_nothing(practice, read):
    read(check_in(**shared(4)))
    read(check_in("C2", clients=[rated("K11", effort=1)], selfcare_plan=[], supports=[]))
    before = content_of(practice)
    assert not read(check_in(**shared(4))).written
    assert content_of(practice) == before


def test_a_second_file_of_the_month_replaces_the_first(tmp_path, practice):
    added = {"date": "2026-05-27", "kind": "peer_support", "planned_minutes": 90, "done_minutes": 90,
             "cancelled_by": None}  # fmt: skip
    first = check_in(**shared(4))
    first["supports"].append(added)
    first["selfcare_plan"].append({"goal": "Swim", "kind": "restorative", "planned_times": 2, "done_times": 1})
    second = check_in(clients=[rated("K2", effort=5)], supports=[], selfcare_plan=[])
    alone = practice_folder(tmp_path / "alone")
    caseload.import_checkins([saved(tmp_path, first)], practice)
    assert {"kind": "peer_support", "planned_minutes": "90", "done_minutes": "90"} in rows(
        practice, "supports", clinician_id="C1", date="2026-05-27"
    )
    file = saved(tmp_path, second)
    for folder in (practice, alone):
        caseload.import_checkins([file], folder)
    for table in ("ratings", "supports", "selfcare_plan", "surveys"):
        assert rows(practice, table) == rows(alone, table), table


@pytest.mark.parametrize("turn", [1, -1])
def test_of_numbered_copies_the_highest_counts_in_any_order(tmp_path, practice, turn):
    """A shell sorts `… (1).json` before the file that it is a newer copy of, and `(10)` before `(2)`."""
    names = ["checkin-C1-2026-05.json", "checkin-C1-2026-05 (2).json", "checkin-C1-2026-05(10).json"]
    files = [saved(tmp_path, check_in(clients=[rated("K1", effort=n)]), name) for n, name in enumerate(names)]
    caseload.import_checkins(sorted(files)[::turn], practice)
    assert caseload.read_practice(practice).ratings["effort"].tolist() == [2]


def test_what_somebody_else_changed_since_stays(practice, read):
    read(check_in())
    file = practice / "supports.csv"
    file.write_text(file.read_text().replace("2026-05-06,supervision,60,0,supervisor", "2026-05-06,supervision,60,30,"))
    read(check_in(supports=[]))
    assert rows(practice, "supports", clinician_id="C1", date="2026-05-06")[0]["done_minutes"] == "30"


def test_two_supports_of_one_day_are_two(practice, read):
    entry = {"date": "2026-05-06", "kind": "supervision", "planned_minutes": 60, "cancelled_by": None}
    read(check_in(supports=[{**entry, "done_minutes": 60}, {**entry, "done_minutes": 45}]))
    found = rows(practice, "supports", clinician_id="C1", date="2026-05-06")
    assert [row["done_minutes"] for row in found] == ["60", "45"]


def test_columns_and_rows_of_others_stay(practice, read):
    file = practice / "supports.csv"
    lines = file.read_text().splitlines()
    file.write_text("\n".join([f"{lines[0]},room", *(f"{line},7" for line in lines[1:])]) + "\n")
    read(check_in())
    assert [row["room"] for row in rows(practice, "supports")] == ["7", "7", "7"]


def test_only_me_leaves_no_trace(tmp_path, practice):
    """The folder is the same whether the month before was shared or not, but for that month's own rows."""
    caseload.import_checkins([saved(tmp_path, check_in())], practice)
    assert not rows(practice, "surveys", clinician_id="C1")
    assert "visible_to" not in (practice / "surveys.csv").read_text()


def test_only_me_changes_nothing_about_earlier_months(practice, read):
    april = check_in(month="2026-04", supports=[], **shared(7))
    read(april)
    read(check_in())
    assert [row["response"] for row in rows(practice, "surveys", clinician_id="C1")] == ["7"]


def test_sharing_and_then_only_me_in_one_month_is_only_me(practice, read):
    read(check_in(**shared(7)))
    read(check_in())
    assert rows(practice, "surveys", clinician_id="C1") == []


def test_taking_back_removes_what_was_shared_and_stays_done(tmp_path, practice, read):
    april = check_in("C2", "2026-04", clients=[], supports=[], **shared(7))
    may = check_in("C2", clients=[], supports=[], take_back=True)
    read(april)
    read(may)
    left = [{"completed_on": "2026-04-10", "instrument": "activation", "item": "total", "response": "3"}]
    assert rows(practice, "surveys", clinician_id="C2") == left
    assert rows(practice, "clinicians", clinician_id="C2")[0]["shares_surveys"] == "false"
    read(april)  # an old file, read again
    assert rows(practice, "surveys", clinician_id="C2") == left
    assert "take" not in (practice / RECORD).read_text()


def test_what_is_shared_with_the_taking_back_is_shared(practice, read):
    read(check_in(month="2026-04", supports=[], **shared(7)))
    read(check_in(take_back=True, **shared(2, "own_page")))
    assert [(row["response"], row["visible_to"]) for row in rows(practice, "surveys", clinician_id="C1")] == [
        ("2", "own_page")
    ]


def answers(practice: Path) -> list[tuple[str, str]]:
    return [(row["completed_on"], row["response"]) for row in rows(practice, "surveys", clinician_id="C1")]


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("taken_first", [True, False])
def test_taking_back_wins_in_any_order(tmp_path, practice, at_once, taken_first):
    """Two downloads of one month: a folder's order says nothing of which is newer."""
    old = saved(tmp_path, check_in(**shared(7)))
    new = saved(tmp_path, check_in(take_back=True), "checkin-C1-2026-05 (1).json")
    files = [new, old] if taken_first else [old, new]
    for some in [files] if at_once else [[file] for file in files]:
        caseload.import_checkins(some, practice)
    assert answers(practice) == []


def test_taking_back_alone_is_kept(practice, read):
    """The second import changes no table, and still says what the third may not bring back."""
    read(check_in())
    assert read(check_in(take_back=True)).written
    assert not read(check_in(take_back=True)).written
    read(check_in(**shared(7)))
    assert answers(practice) == []


def test_an_old_taking_back_read_again_leaves_what_was_shared_since(practice, read):
    april = check_in(month="2026-04", supports=[], take_back=True, **shared(2))
    read(april)
    read(check_in(**shared(4)))
    people = practice / "clinicians.csv"
    people.write_text(people.read_text().replace("C1,S1,North,", "C1,S1,North,true"))  # agreed again
    before = content_of(practice)
    assert not read(april).written
    assert content_of(practice) == before
    assert answers(practice) == [("2026-04-30", "2"), ("2026-05-31", "4")]


REFUSED = {
    "another version": ({"version": 2}, "another version"),
    "another practice": ({"practice": "0123456789abcdef"}, "one of another practice"),
    "another person": ({"clinician_id": "C9"}, "somebody else"),
    "another month": ({"month": "2031-05", "supports": []}, "another month"),
    "a year before all years": ({"month": "0000-05", "supports": []}, "another month"),
    "the last month of all": ({"month": "9999-12", "supports": []}, "another month"),
    "a version that is true": ({"version": True}, "another version"),
    "a thousand goals": (
        {"selfcare_plan": [{"goal": f"{at}"} for at in range(1_000)]}, "more entries than a month has"),
    "a thousand supports": (
        {"supports": [{"date": "2026-05-06", "kind": "supervision", "done_minutes": 6}] * 1_000},
        "more entries than a month has"),
    "thousands of clients": ({"clients": [rated(f"K{at}") for at in range(2_001)]}, "more entries than a month has"),
    "no month": ({"month": "May", "supports": []}, "something else"),
    "a client of a colleague": ({"clients": [rated("K11", effort=3)]}, "an unknown client"),
    "a client of nobody": ({"clients": [rated("K1"), rated("Anna Lee", effort=3)]}, "an unknown client"),
    "a client twice": ({"clients": [rated("K1", effort=3), rated("K1", effort=4)]}, "a client twice"),
    "a rating of 11": ({"clients": [rated("K1", effort=11)]}, "something else"),
    "a rating in words": ({"clients": [rated("K1", effort="much")]}, "something else"),
    "a rating that is true": ({"clients": [rated("K1", engagement=True)]}, "something else"),
    "a stage of its own": ({"clients": [rated("K1", stage_of_change="Anna")]}, "something else"),
    "a term of its own": ({"clients": [rated("K1", interventions=["hypnosis"])]}, "another term"),
    "an entry of its own": ({"clients": [rated("K1", note="Anna Lee")]}, "an entry of another name"),
    "a day of another month": (
        {"supports": [{"date": "2026-04-06", "kind": "supervision", "done_minutes": 60}]}, "another day"),
    "no such day": ({"supports": [{"date": "2026-05-32", "kind": "supervision", "done_minutes": 60}]}, "another day"),
    "a goal of two lines": ({"selfcare_plan": [{"goal": "Leave\nAnna"}]}, "something else"),
    "an answer off its scale": (shared(11), "something else"),
    "answers that nobody may see": ({"surveys": shared(4)["surveys"]}, "something else"),
    "no clients": ({"clients": None}, "something else"),
}  # fmt: skip


@pytest.mark.parametrize(("entries", "found"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(practice, read, entries, found):
    before = content_of(practice)
    with pytest.raises(caseload.InputError) as refused:
        read(check_in(**entries))
    assert [problem.found for problem in refused.value.problems] == [found]
    assert content_of(practice) == before
    for value in ("Anna", "K11", "C9", "0123456789abcdef", "hypnosis"):
        assert value not in str(refused.value).replace("checkin-C9", "")


def test_a_changed_or_damaged_file_is_refused(tmp_path, practice):
    file = saved(tmp_path, check_in())
    whole = file.read_text()
    for text in (whole.replace('"effort": 6', '"effort": 7'), whole[:-40], whole.replace("{", "[", 1), "{}", ""):
        file.write_text(text)
        with pytest.raises(caseload.InputError, match=r"damaged|another kind"):
            caseload.import_checkins([file], practice)


def test_a_file_under_the_name_of_another_month_or_person_is_refused(tmp_path, practice):
    for name in ("checkin-C1-2026-04.json", "checkin-C2-2026-05.json"):
        with pytest.raises(caseload.InputError, match="the file's name"):
            caseload.import_checkins([saved(tmp_path, check_in(), name)], practice)
    for name in ("checkin-C1-2026-05 (1).json", "checkin-C1-2026-05(2).json", "mine.json"):
        caseload.import_checkins([saved(tmp_path, check_in(), name)], practice)


def test_what_is_kept_can_be_shown(practice, read):
    """Marks that end a line or turn a text are blanks; those that make one sign of two stay."""
    goal = {"goal": "Leave\u2028on\u202etime\x9b \U0001f9d8\u200d♀", "barrier": "my\u2066self"}
    read(check_in(clients=[rated("K1", effort=-0.0)], selfcare_plan=[goal]))
    assert rows(practice, "selfcare_plan", clinician_id="C1", month="2026-05") == [
        {"goal": "Leave on time  \U0001f9d8\u200d♀", "kind": "other", "barrier": "my self"}
    ]
    assert rows(practice, "ratings", clinician_id="C1") == [{"month": "2026-05", "client_id": "K1", "effort": "0"}]


def test_all_problems_of_all_files_are_said_together(tmp_path, practice):
    files = [saved(tmp_path, check_in("C1", version=3)), saved(tmp_path, check_in("C2", clients=None))]
    with pytest.raises(caseload.InputError) as refused:
        caseload.import_checkins(files, practice)
    assert [problem.table for problem in refused.value.problems] == [file.name for file in files]


def test_one_bad_file_keeps_all_from_being_written(tmp_path, practice):
    before = content_of(practice)
    files = [saved(tmp_path, check_in()), saved(tmp_path, check_in("C2", clients=[rated("K1", effort=2)]))]
    with pytest.raises(caseload.InputError):
        caseload.import_checkins(files, practice)
    assert content_of(practice) == before


def test_the_command_says_how_many_and_nothing_of_what_is_in_them(tmp_path, practice, capsys):
    files = [
        saved(tmp_path, check_in(**shared(4))),
        saved(tmp_path, check_in("C2", "2026-04", clients=[], supports=[])),
    ]
    said = {}
    for options in (["--dry-run"], [], []):
        assert main(["import", *map(str, files), "--to", str(practice), *options]) == 0
        said[len(said)] = capsys.readouterr().out
    assert "2026-04: 1 check-in read\n2026-05: 1 check-in read" in said[1]
    assert ["dry run" in said[0], "Written to" in said[1], "there already" in said[2]] == [True] * 3
    for word in ("C1", "C2", "survey", "activation", "rating"):
        assert word not in "".join(said.values()).replace(str(practice), "")


def test_exports_and_check_ins_are_not_mixed(tmp_path, practice, capsys):
    file = saved(tmp_path, check_in())
    assert main(["import", str(file), str(practice / "sessions.csv"), "--to", str(practice)]) == 2
    assert main(["import", str(file), "--to", str(practice), "--format", "jane"]) == 2
    assert main(["import", str(file), "--to", str(tmp_path / "nowhere")]) == 2
    said = capsys.readouterr().err
    assert [words in said for words in ("one after the other", "--format is for exports", "there is no")] == [True] * 3


def test_a_damaged_record_is_said(practice, read):
    (practice / RECORD).write_text('{"caseload_checkins": 1}')
    with pytest.raises(caseload.ParameterError, match="damaged"):
        read(check_in())


def test_forms_know_the_practice_by_its_key(tmp_path, practice, read):
    from caseload.intake.pseudonyms import keep, new_key

    keys = new_key()
    keep(tmp_path / "practice.key", keys)
    with pytest.raises(caseload.InputError, match="another practice"):
        read(check_in())
    content = check_in()
    assert read({"format": content["format"], "practice": keys.fingerprint, **content}).written
