"""Intake: the practice's own support contacts, refused as strictly as the tables and together with them."""

from __future__ import annotations

import hashlib
import pickle
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake_fixtures import practice_frames, sessions

from caseload import cli
from caseload.errors import InputError, Problem
from caseload.intake import Practice, SupportContact, read_practice
from caseload.intake.support_contacts import FILE, KEYS, KINDS, LONGEST, MOST_BYTES, MOST_CONTACTS, check_contacts
from caseload.pages.summary import summary

PEERS = {"name": "Peer group", "kind": "peer_group", "how": "Thursdays, room 4"}
LINE = PEERS | {"name": "Line", "kind": "crisis_line", "hours": "day and night", "note": "no names", "team": "north"}
SECRET = "zq-secret"


def toml(*contacts: dict[str, str]) -> str:
    return "\n".join(
        "[[contact]]\n" + "\n".join(f'{key} = "{text}"' for key, text in contact.items()) for contact in contacts
    )


def folder(path: Path, text: str | bytes, **frames: object) -> Path:
    path.mkdir(exist_ok=True)
    for name, frame in ({"sessions": sessions(2)} | frames).items():
        frame.to_csv(path / f"{name}.csv", index=False)
    (path / FILE).write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refused(path: Path, **options: bool) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        read_practice(path, **options)
    return caught.value.problems


def test_contacts_are_read_in_their_order(tmp_path: Path) -> None:
    text = "\ufeff# ours\r\n" + toml(LINE, PEERS | {"how": "  Thursdays, room 4 "})
    practice = read_practice(folder(tmp_path, text, **practice_frames()))
    assert practice.support_contacts == (
        SupportContact(**LINE),
        SupportContact("Peer group", "peer_group", PEERS["how"]),
    )
    assert practice.quality.notes == ()
    assert "Support contacts: 2" in summary(practice)


@pytest.mark.parametrize("text", ["", "# nobody yet\n", "contact = []"])
def test_a_file_without_contacts_and_no_file_are_the_same(tmp_path: Path, text: str) -> None:
    practice = read_practice(folder(tmp_path, text))
    assert practice.support_contacts == ()
    assert "Support" not in summary(practice)
    (tmp_path / FILE).unlink()
    assert read_practice(tmp_path).support_contacts == ()
    assert Practice.from_frames(sessions=sessions(2)).support_contacts == ()


def test_the_file_lies_beside_a_workbook(tmp_path: Path) -> None:
    sessions(2).to_excel(tmp_path / "practice.xlsx", sheet_name="sessions", index=False)
    (tmp_path / FILE).write_text(toml(PEERS))
    for path in (tmp_path / "practice.xlsx", tmp_path):
        practice = read_practice(path)
        assert [contact.name for contact in practice.support_contacts] == ["Peer group"]
        assert practice.quality.files["file"].tolist() == ["practice.xlsx", FILE]


def test_it_has_its_fingerprint_among_the_files_read(tmp_path: Path) -> None:
    text = toml(PEERS)
    files = read_practice(folder(tmp_path, text)).quality.files.set_index("file")
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert files.loc[FILE].tolist() == [digest, len(text)]


def test_contacts_in_memory_obey_the_same_rules() -> None:
    practice = Practice.from_frames(sessions=sessions(2), support_contacts=[PEERS, SupportContact(**PEERS)])
    first, second = practice.support_contacts
    assert first == second
    with pytest.raises(InputError, match=r"support\.toml, kind, contact 1"):
        Practice.from_frames(sessions=sessions(2), support_contacts=[PEERS | {"kind": "friend"}])


def test_contacts_stay_through_the_months_and_are_sent(tmp_path: Path) -> None:
    practice = Practice.from_frames(sessions=sessions(2), support_contacts=[PEERS])
    assert practice.until("2020-01").support_contacts == practice.support_contacts
    assert pickle.loads(pickle.dumps(practice)).support_contacts == practice.support_contacts


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"[[contact]]\nname = zq-secret", "something else in line 2"),
        (b"[[contact]]\nname = 'zq-secret", "an end in the middle of a text or table"),
        (b"[contact]\nname = 'a'\n[contact]\nname = 'zq-secret'", "something else in line 3"),
        ("[[contact]]\nname = 'Müller zq-secret'".encode("latin-1"), "text in another encoding"),
        (toml(PEERS).encode("utf-16"), "text in another encoding"),
        (b"[contact]\nname = 'zq-secret'", "one contact under [contact], or a value"),
        (b"contact = 'zq-secret'", "one contact under [contact], or a value"),
        (b"team = 'zq-secret'", "the key team"),
        (b"'zq-secret 1' = 1", "the key of other letters"),
        (b"#" * (MOST_BYTES + 1), "a larger one"),
        (b"a = " + b"9" * 5000, "a damaged file"),
        (b"a = " + b"[" * 20_000, "a damaged file"),
        ((toml(PEERS) + "\n").encode() * (MOST_CONTACTS + 1), f"{MOST_CONTACTS + 1} contacts"),
    ],
    ids=str,
)
def test_a_file_that_is_none_is_refused_as_one_problem(tmp_path: Path, content: bytes, found: str) -> None:
    (problem,) = refused(folder(tmp_path, content))
    assert (problem.place, problem.found) == (FILE, found)
    assert "zq-secret" not in str(problem)
    assert refused(tmp_path, exclude_invalid=True) == (problem,)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    ("value", "found"),
    [
        (3, "a number"),
        (3.5, "a number"),
        (True, "true or false"),
        ([SECRET], "a list"),
        ({"a": SECRET}, "a table"),
        ("", "an empty text"),
        (" \t", "an empty text"),
        (SECRET + "\nb", "a line break or another control character"),
        (SECRET + "\u2028b", "a line break or another control character"),
        (SECRET + "\0b", "a line break or another control character"),
        ("x" * 201, "a longer text"),
    ],
)
def test_every_key_holds_one_short_line(key: str, value: object, found: str) -> None:
    contacts, problems = check_contacts([LINE, LINE | {key: value}])
    if found == "an empty text" and key in ("hours", "note", "team"):
        assert (getattr(contacts[1], key), problems) == ("", [])
        return
    (problem,) = problems
    assert problem.place == f"support.toml, {key}, contact 2 (1 contact)"
    assert problem.found == ("another word" if key == "kind" and isinstance(value, str) and value.strip() else found)
    assert SECRET not in str(problem)
    assert contacts == ()


@pytest.mark.parametrize(("key", "most"), LONGEST.items())
def test_limits_are_exact(key: str, most: int) -> None:
    assert check_contacts([LINE | {key: "ü" * most}])[1] == []
    (problem,) = check_contacts([LINE | {key: "ü" * (most + 1)}])[1]
    assert str(most) in problem.expected
    assert check_contacts([PEERS] * MOST_CONTACTS)[1] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_taken_as_written(kind: str) -> None:
    assert check_contacts([PEERS | {"kind": kind}])[0][0].kind == kind
    (problem,) = check_contacts([PEERS | {"kind": kind.upper()}])[1]
    assert kind in problem.expected


def test_alike_problems_are_one_and_all_are_told_at_once() -> None:
    entries = [{"name": "a", "phone": SECRET}, *[PEERS | {"kind": SECRET}] * 7, SECRET]
    problems = check_contacts(entries)[1]
    assert [problem.place for problem in problems] == [
        "support.toml, phone, contact 1 (1 contact)",
        "support.toml, kind, contact 1 (1 contact)",
        "support.toml, how, contact 1 (1 contact)",
        "support.toml, kind, contacts 2, 3, 4, 5, 6 and 2 more (7 contacts)",
        "support.toml, contact 9 (1 contact)",
    ]
    assert SECRET not in "".join(map(str, problems))


def test_the_tables_problems_stand_in_the_same_message(tmp_path: Path) -> None:
    frames = practice_frames()
    frames["contacts"] = frames["contacts"].assign(clinician_id="nobody")
    sessions = frames["sessions"].assign(status="great")
    path = folder(tmp_path, "[[contact]]", **frames | {"sessions": sessions})
    places = [problem.place for problem in refused(path)]
    assert places[:2] == ["sessions.status, rows 2, 3 (2 rows)", "contacts.clinician_id, rows 2, 3 (2 rows)"]
    assert places[2:] == [f"support.toml, {key}, contact 1 (1 contact)" for key in ("name", "kind", "how")]


def test_a_missing_table_is_still_missed(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("[[contact]]\nname = 3\nkind = 'other'\nhow = 'x'")
    assert [problem.table for problem in refused(tmp_path)] == ["sessions", FILE]


def test_rows_are_explained_only_where_there_are_any(tmp_path: Path) -> None:
    path = folder(tmp_path, toml({"name": "a"}))
    with pytest.raises(InputError) as caught:
        read_practice(path)
    assert "Rows are numbered" not in str(caught.value)


def test_the_command_ends_with_2_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder(tmp_path / "practice", toml(PEERS | {"kind": SECRET}))
    assert cli.main(["report", str(path), "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert "support.toml, kind, contact 1" in told
    assert SECRET not in told
    assert not (tmp_path / "out").exists()


def test_a_team_that_nobody_is_in_is_noted_without_its_name(tmp_path: Path) -> None:
    contacts = [PEERS | {"team": team} for team in ("north", SECRET, "", "North")]
    notes = read_practice(folder(tmp_path, toml(*contacts), **practice_frames())).quality.notes
    assert notes == ("support.toml: contacts 2, 4 are for a team that no clinician is in, and shown to nobody.",)


@pytest.mark.parametrize("name", ["Support.toml", "SUPPORT.TOML"])
def test_a_name_in_other_letters_is_noted(tmp_path: Path, name: str) -> None:
    folder(tmp_path, toml(PEERS))
    (tmp_path / FILE).rename(tmp_path / name)
    practice = read_practice(tmp_path)
    assert practice.support_contacts == ()
    assert practice.quality.notes == (f"{name}: not read, support contacts are always in support.toml.",)


VALUES = st.one_of(st.text(max_size=90), st.integers(), st.booleans(), st.none(), st.lists(st.text(max_size=3)))
ENTRIES = st.lists(
    st.one_of(VALUES, st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=9)), VALUES, max_size=7)),
    max_size=4,
)


def test_a_contact_with_several_unknown_keys_is_counted_once():
    _, problems = check_contacts([PEERS | {"": "x", "0": "y", "é": "z"}])
    assert [(problem.rows, problem.count) for problem in problems] == [((1,), 1)]


@given(ENTRIES)
def test_whatever_arrives_is_taken_whole_or_refused_in_words(entries: list) -> None:
    contacts, problems = check_contacts(entries)
    assert (len(contacts) == len(entries)) is not bool(problems)
    for problem in problems:
        assert re.fullmatch(
            r"support\.toml(, [\w ]+)?, contacts? [\d, ]+( and \d more)? \(\d contacts?\)", problem.place
        )
