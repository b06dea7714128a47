"""A first map for a file of an unknown program: questions where anything is uncertain, and nobody's name."""

from __future__ import annotations

import tomllib
from pathlib import Path

import export_fixtures as exports
import pytest
from export_fixtures import betrayed, cells, contents, put, run

from caseload.cli import main
from caseload.errors import InputError, ParameterError
from caseload.intake.exports.guess import write_first_map

HEADER = ("Client", "Therapist", "Appointment Date", "Outcome", "Duration", "Remarks")


def table(
    day: str = "{1:02}/{0:02}/2026", words: tuple[str, ...] = ("Attended", "DNA", "Moved")
) -> list[tuple[str, ...]]:
    """Twelve appointments; days after the twelfth, so that the order shows."""
    rows = [
        (exports.CLIENTS[number % 4], exports.CLINICIANS[number % 2], day.format(5, 4 + 2 * number),
         words[number % len(words)], "50", f"about {exports.CLIENTS[number % 4]}")
        for number in range(12)
    ]  # fmt: skip
    return [HEADER, *rows]


def guessed(tmp_path: Path, rows: list[tuple[str, ...]], name: str = "file.csv") -> str:
    file = exports.workbook(tmp_path / name, rows) if name.endswith("xlsx") else put(tmp_path, name, rows)
    write_first_map(file, tmp_path / "map.toml")
    text = (tmp_path / "map.toml").read_text(encoding="utf-8")
    assert not betrayed(text)
    return text


@pytest.mark.parametrize("name", ["file.csv", "file.xlsx"])
def test_a_first_map_asks_what_it_cannot_know(name: str, tmp_path: Path) -> None:
    found = tomllib.loads(guessed(tmp_path, table(), name))
    assert found["dates"] == "day/month/year"
    assert found["people"] == {"client": {"name": ["Client"]}, "clinician": {"name": ["Therapist"]}}
    assert found["columns"] == {
        "scheduled_start": {"from": ["Appointment Date"]},
        "status": {"from": ["Outcome"], "words": {"Attended": "attended", "DNA": "no_show", "Moved": "?"}},
        "scheduled_minutes": {"from": ["Duration"], "unit": "minutes"},
    }


def test_a_map_with_questions_is_refused_with_all_their_places(tmp_path: Path) -> None:
    guessed(tmp_path, table("0{0}/0{0}/2026"))
    with pytest.raises(InputError) as caught:
        run(tmp_path / "file.csv", to=tmp_path / "practice", format=str(tmp_path / "map.toml"))
    assert {problem.column for problem in caught.value.problems} == {
        "dates", "columns.status.words.Moved",
    }  # fmt: skip
    assert not (tmp_path / "practice").exists()


def test_a_question_of_columns_is_refused_too(tmp_path: Path) -> None:
    text = guessed(tmp_path, [("A", "Duration", "Name of Zoe"), ("x", "9", "Zoe")])
    assert text.splitlines()[-1] == "# Not read: A, 1 whose names are not shown, as they may be data"
    with pytest.raises(InputError) as caught:
        run(tmp_path / "file.csv", to=tmp_path / "practice", format=str(tmp_path / "map.toml"))
    assert {problem.column for problem in caught.value.problems} == {
        "dates", "people.client.name", "people.clinician.value", "columns.scheduled_start.from", "columns.status.from",
        "columns.scheduled_minutes.unit",
    }  # fmt: skip


def test_short_headers_are_known_and_named(tmp_path: Path) -> None:
    """`Appt` full of times, `Seen by` full of people, `Len`; what is needed and not read is never hidden."""
    rows = [
        (client, "05/01/2026 10:00", clinician, "50", word, "05/01/2026")
        for word in ("Kept up", "Moved")
        for client in exports.CLIENTS
        for clinician in exports.CLINICIANS
    ]
    for start in ("Appt", "Appointment"):
        (tmp_path / start).mkdir()
        text = guessed(tmp_path / start, [("Client", start, "Seen by", "Len", "Outcome", "Appt made"), *rows])
        found = tomllib.loads(text)
        assert found["people"]["clinician"] == {"name": ["Seen by"]}
        assert found["columns"]["scheduled_start"] == {"from": [start]}
        assert found["columns"]["scheduled_minutes"] == {"from": ["Len"], "unit": "minutes"}
        assert "month/day/year and day/month/year fit" in text
        assert text.splitlines()[-1] == "# Not read: Appt made"
        assert '"Moved" = "?"' in text and "# Each word is one of attended, no_show" in text


def test_where_no_date_was_looked_at_no_order_is_said_to_fail(tmp_path: Path) -> None:
    text = guessed(tmp_path, [("Client", "Duration"), (exports.CLIENTS[0], "50")])
    assert "no column of dates was found" in text and "no order fits" not in text
    assert "clinician_cancelled" in text  # which words a status may have


def test_a_completed_map_imports(tmp_path: Path) -> None:
    text = guessed(tmp_path, table())
    text = text.replace('"Moved" = "?"', '"Moved" = "client_cancelled"')
    (tmp_path / "map.toml").write_text(text, encoding="utf-8")
    run(tmp_path / "file.csv", to=tmp_path / "practice", format=str(tmp_path / "map.toml"))
    found = cells(tmp_path / "practice")
    assert [row["status"] for row in found[:3]] == ["attended", "no_show", "client_cancelled"]
    assert [row["scheduled_start"] for row in found[:2]] == ["2026-05-04T00:00", "2026-05-06T00:00"]
    assert {row["scheduled_minutes"] for row in found} == {"50"}


@pytest.mark.parametrize(
    ("day", "order"),
    [
        ("{1:02}/{0:02}/2026", "day/month/year"), ("{0:02}/{1:02}/2026", "month/day/year"),
        ("{1}.{0}.26", "day/month/yy"),
        ("{0}/{1}/26", "month/day/yy"), ("2026-{0:02}-{1:02}", None), ("05/05/2026", "?"), ("next week", "?"),
    ],
)  # fmt: skip
def test_the_order_of_dates_is_settled_only_by_what_was_seen(day: str, order: str | None, tmp_path: Path) -> None:
    assert tomllib.loads(guessed(tmp_path, table(day))).get("dates") == order


def test_numbers_say_who_somebody_is_where_a_column_holds_them(tmp_path: Path) -> None:
    rows = [
        ("Client ID", *HEADER[1:]),
        *((exports.NUMBERS[place % 4], *row[1:]) for place, row in enumerate(table()[1:])),
    ]
    text = guessed(tmp_path, rows)
    assert tomllib.loads(text)["people"]["client"] == {"number": "Client ID"}
    assert not any(number in text for number in exports.NUMBERS)


@pytest.mark.parametrize("words", [exports.CLIENTS, (exports.CLINICIANS[0], "Attended"), ("Seen by B. Xuereb", "DNA"),
                                   ("1981-03-17", "DNA")])  # fmt: skip
def test_no_name_is_repeated_even_from_a_column_that_looks_like_a_status(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    text = guessed(tmp_path, table(words=words))
    assert '"?" = "?"' in text
    with pytest.raises(InputError):
        run(tmp_path / "file.csv", to=tmp_path / "practice", format=str(tmp_path / "map.toml"))


def test_many_words_are_no_status(tmp_path: Path) -> None:
    """Both sides of thirty."""
    for count, listed in ((30, True), (31, False)):
        (tmp_path / str(count)).mkdir()
        words = [f"word {chr(97 + number // 6)}{chr(97 + number % 6)}" for number in range(count)]
        rows = [HEADER, *((*table()[1][:3], word, *table()[1][4:]) for word in [*words, *words])]
        text = guessed(tmp_path / str(count), rows)
        assert ('"word aa" = "?"' in text) is listed


def test_a_text_that_one_row_has_is_no_word_of_a_list_unless_programs_use_it(tmp_path: Path) -> None:
    rows = [
        (*row[:3], word, *row[4:])
        for row, word in zip(table()[1:], ["Completed", "Rang his mother", *["Moved"] * 10], strict=True)
    ]
    text = guessed(tmp_path, [HEADER, *rows])
    assert '"Completed" = "attended" # 1 row' in text
    assert '"Moved" = "?" # 10 rows' in text
    assert "mother" not in text
    assert "1 more text, not shown" in text


def test_a_file_without_a_header_is_refused(tmp_path: Path) -> None:
    """Its first row would be repeated as the names of columns."""
    file = put(tmp_path, "file.csv", table()[1:])
    with pytest.raises(InputError, match="header") as caught:
        write_first_map(file, tmp_path / "map.toml")
    assert not betrayed(str(caught.value))
    assert set(contents(tmp_path)) == {"file.csv"}


def test_headers_and_words_of_any_letters_make_a_map_that_can_be_read(tmp_path: Path) -> None:
    """TOML by its own rules: quotes, line breaks, control characters, beyond the basic plane."""
    words = ('a "b"', "c\\d", "e\nf", "g\x7fh", "i\u2028j", "k😀")
    header = ('Cl"ient', "Therapist", "Appointment Date", "Outcome", "Duration", 'Remarks\n"[x]')
    found = tomllib.loads(guessed(tmp_path, [header, *table(words=words)[1:]]))
    assert {'a "b"', "c\\d", "k😀"} <= set(found["columns"]["status"]["words"])


def test_a_map_is_never_written_over(tmp_path: Path) -> None:
    guessed(tmp_path, table())
    before = contents(tmp_path)
    for to in ("map.toml", "map.txt", "nowhere/map.toml"):
        with pytest.raises(ParameterError):
            write_first_map(tmp_path / "file.csv", tmp_path / to)
    with pytest.raises(InputError):
        write_first_map(tmp_path / "missing.csv", tmp_path / "other.toml")
    assert contents(tmp_path) == before


def test_the_command_says_what_is_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, to = put(tmp_path, "file.csv", table()), tmp_path / "map.toml"
    assert main(["import", "--guess", str(file), "--to", str(to)]) == 0
    assert '1 places are marked "?"' in capsys.readouterr().out
    assert main(["import", str(file), "--guess", str(file), "--to", str(tmp_path / "x.toml")]) == 2
