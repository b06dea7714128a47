"""Who is the same person under two identifiers, or two under one: counted once, in every month, and undone."""

from __future__ import annotations

from pathlib import Path

import pytest
from export_fixtures import cells, contents, put, run

from caseload import cli, read_practice
from caseload.errors import InputError, ParameterError
from caseload.intake.agenda import add_decision, read_agenda
from caseload.intake.identities import decisions_of, doubts_left, join_identities, keep_apart, separate_identities
from caseload.intake.pseudonyms import read_key_file

HEADER = ("Patient", "Staff Member", "Start At", "State")
OLD, NEW = "Kim Rees", "Kim Rees-Hall"  # somebody has changed their name


def rows(who: str, days: range, client: str = "Ada Mole") -> list[tuple[str, ...]]:
    return [(client, who, f"2026-05-{day:02d} 10:00", "Arrived") for day in days]


@pytest.fixture
def practice(tmp_path: Path) -> Path:
    """One clinician exported under two names: eight appointments, five of which are in both exports."""
    may = put(tmp_path, "may.csv", [HEADER, *rows(OLD, range(1, 7))])
    again = put(tmp_path, "again.csv", [HEADER, *rows(NEW, range(2, 9))])
    run(may, to=tmp_path / "practice")
    run(again, to=tmp_path / "practice")
    return tmp_path / "practice"


def who(practice: Path) -> tuple[str, str]:
    keys = read_key_file(practice.with_name("practice.key"))
    assert keys is not None
    names = {identity.name: identifier for identifier, identity in keys.people.items()}
    return names[OLD], names[NEW]


def test_the_same_appointments_are_counted_once_whichever_month_the_name_changed(practice: Path) -> None:
    one, other = who(practice)
    assert len(read_practice(practice).sessions) == 13
    stored = contents(practice)
    join_identities(practice, one, other)
    read = read_practice(practice)
    assert len(read.sessions) == 8
    assert set(read.sessions["clinician_id"]) == {one} == set(read.supervisees["clinician_id"])
    assert any("5 appointments of people under two identifiers count once" in note for note in read.quality.notes)
    june = put(
        practice.parent, "june.csv", [HEADER, *rows(NEW, range(1, 10))]
    )  # a later export, all under the new name
    run(june, to=practice)
    assert len(read_practice(practice).sessions) == 9
    assert separate_identities(practice, other) == ""
    assert set(read_practice(practice).sessions["clinician_id"]) == {one, other}
    assert cells(practice)[:6] == [row for row in cells(practice) if row["clinician_id"] == one]
    assert {name: data for name, data in stored.items() if name == "clients.csv"} == {
        name: data for name, data in contents(practice).items() if name == "clients.csv"
    }


def test_two_rows_of_one_person_are_one_and_share_only_if_both_allow_it(practice: Path) -> None:
    one, other = who(practice)
    header = "clinician_id,team,supervisor_id,shares_surveys"
    (practice / "clinicians.csv").write_text(f"{header}\n{one},North,,false\n{other},,{one},true\n")
    join_identities(practice, one, other)
    (row,) = read_practice(practice).supervisees.to_dict("records")
    assert (row["team"], row["supervisor_id"], row["shares_surveys"]) == ("North", one, False)


def test_the_agenda_follows(practice: Path) -> None:
    one, other = who(practice)
    add_decision(practice, other, "2026-05", "self_care", "One free evening")
    join_identities(practice, one, other)
    assert read_agenda(practice, one)["decision"].tolist() == ["One free evening"]


def test_two_clients_of_one_name_are_taken_apart_by_their_clinicians(practice: Path) -> None:
    one, other = who(practice)
    (client,) = set(read_practice(practice).sessions["client_id"])
    new = separate_identities(practice, client, other)
    sessions = read_practice(practice).sessions
    assert set(sessions.loc[sessions["clinician_id"] == other, "client_id"]) == {new} == {f"{client}-2"}
    assert set(sessions.loc[sessions["clinician_id"] == one, "client_id"]) == {client}
    separate_identities(practice, client)
    assert set(read_practice(practice).sessions["client_id"]) == {client}


def test_what_was_decided_is_not_asked_again(practice: Path) -> None:
    more = put(
        practice.parent, "more.csv", [HEADER, *rows("Kím Rees", range(20, 22)), *rows("Rees Kim", range(23, 25))]
    )
    assert any("may be one person" in warning for warning in run(more, to=practice).warnings)
    keys = read_key_file(practice.with_name("practice.key"))
    assert keys is not None
    (first, second) = [pair[:2] for pair in doubts_left(keys.people, decisions_of(practice))]
    join_identities(practice, *first)
    keep_apart(practice, *second)
    assert doubts_left(keys.people, decisions_of(practice)) == []
    assert decisions_of(practice).joined == {first[1]: first[0]}
    again = put(practice.parent, "more.csv", [HEADER, *rows("Kím Rees", range(20, 23))])
    assert not any("may be one person" in warning for warning in run(again, to=practice).warnings)


def test_wrong_identifiers_and_rings_are_refused(practice: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = who(practice)
    client = cells(practice)[0]["client_id"]
    with pytest.raises(ParameterError, match="cannot be one person"):
        join_identities(practice, one, client)
    with pytest.raises(ParameterError, match="nobody is called C-NOBODY"):
        join_identities(practice, one, "C-NOBODY")
    with pytest.raises(ParameterError, match="nothing was decided about"):
        separate_identities(practice, other)
    assert cli.main(["join", str(practice), one, other]) == 0
    assert f"{other} counts as {one}" in capsys.readouterr().out
    with pytest.raises(ParameterError):
        join_identities(practice, other, one)
    assert cli.main(["separate", str(practice), other]) == 0
    assert not decisions_of(practice).decisions
    (practice / "same_people.csv").write_text("a,b\nAda Mole,Kim\n")
    with pytest.raises(InputError, match=r"same_people.csv") as refused:
        read_practice(practice)
    assert "Ada" not in str(refused.value)
