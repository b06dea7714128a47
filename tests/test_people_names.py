"""Names on pages for whoever holds the key: in the page's words, and in no other file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from export_fixtures import put, run
from test_front_door import is_shown

from caseload import read_practice, render_month
from caseload.door.panel import MonthlyRun
from caseload.errors import InputError, ParameterError
from caseload.intake.choosing import choose_names, names_are_chosen
from caseload.intake.pseudonyms import read_key_file
from caseload.month.parameters import DATA_VARIABLE
from caseload.month.people_names import HOLDS_NAMES, initials, names_of, with_names

PEOPLE = ("Kim Rees", "Bo Roe")
CLIENTS = ("Ada Mole", "Cy Fox", "Dee Gray")
SECRETS = [word.encode() for name in (*PEOPLE, *CLIENTS) for word in name.split()]
ONE, OTHER = "K-BKBBH-377X1", "C-9ABC-EFG1"
NAMES = {ONE: "A.M. (K-BKBBH-377X1)", OTHER: "Kim <Rees>"}


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    rows = [("Patient", "Staff Member", "Start At", "State")]
    rows += [
        (client, who, f"2026-0{month}-{day:02d} {hour}:00", "Arrived")
        for who, hour in zip(PEOPLE, (9, 14), strict=True)
        for client, day in zip(CLIENTS, (4, 11, 18), strict=True)
        for month in (3, 4)
    ]
    run(put(home, "export.csv", rows), to=home / "practice")
    choose_names(home / "practice", "people")
    return home / "practice"


def test_only_running_text_gets_names() -> None:
    page = (
        f"<title>{ONE}</title><p class='{ONE}'>Ask {ONE}, with {OTHER}; not X{ONE} nor {ONE}-A.</p><svg><text>{ONE}"
        f"</text></svg><!-- {ONE} --><script>{ONE}</script><textarea>{ONE}</textarea><b>K-ZZZZZ-ZZZZZ</b>"
    )
    expected = page.replace(f"Ask {ONE}, with {OTHER}", "Ask A.M. (K-BKBBH-377X1), with Kim &lt;Rees&gt;")
    assert with_names(page, NAMES) == expected
    assert with_names(page, {}) == page


@pytest.mark.parametrize(("name", "short"), [("Ada Mole", "A.M."), ("Mole, Ada", "A.M."), ("Ödön", "Ö."), ("3", "")])
def test_clients_are_initials(name: str, short: str) -> None:
    assert initials(name) == short


def test_names_are_shown_only_where_they_are_wanted_and_the_key_is_there(practice: Path, tmp_path: Path) -> None:
    settings = read_practice(practice).settings
    assert set(PEOPLE) <= set(names_of(practice, settings).values())
    assert names_of(tmp_path / "elsewhere", settings) == {}
    assert names_of(practice, read_practice("data/sample").settings) == {}
    with pytest.raises(ParameterError, match="by --key"):
        names_of(practice, settings, tmp_path / "no.key")


@pytest.mark.slow
def test_pages_hold_names_and_no_other_file_does(practice: Path, tmp_path: Path) -> None:
    made = render_month(practice, "2026-04", tmp_path / "out", progress=False)
    assert not made.failed
    keys = read_key_file(practice.with_name("practice.key"))
    assert keys is not None
    code = {who.name: one for one, who in keys.people.items()}
    page = (made.folder / f"{code['Kim Rees']}.html").read_text()
    words = re.sub(r"<(svg|style|script|title)\b.*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL)
    assert "Kim Rees" in words and HOLDS_NAMES in page and f"A.M. ({code['Ada Mole']})" in words
    assert "Ada" not in page and "Bo Roe" not in page
    assert "Kim Rees" not in re.search(r"<title>(.*?)</title>", page)[1]  # type: ignore[index]
    assert "Kim Rees" in (made.folder / "index.html").read_text()
    for file in made.folder.rglob("*"):
        if file.is_file():
            assert file.stat().st_mode & 0o777 == 0o600
            content = file.read_bytes()
            if file.suffix != ".html":
                assert [word for word in SECRETS if re.search(rb"\b%s\b" % word, content)] == []
    again = render_month(practice, "2026-04", tmp_path / "out", progress=False)
    assert all(result.unchanged for result in again.results)
    choose_names(practice, "codes")
    try:
        render_month(practice, "2026-04", tmp_path / "out", progress=False)
        pages = b"".join(file.read_bytes() for file in made.folder.rglob("*.html"))
        assert [name for name in PEOPLE if name.encode() in pages] == []
    finally:
        choose_names(practice, "people")
    assert "names" not in json.loads((made.folder / "manifest.json").read_text())["parameters"]


def test_the_setting_is_written_and_the_rest_of_the_file_stays(tmp_path: Path) -> None:
    assert not names_are_chosen(tmp_path)
    choose_names(tmp_path, "people")
    assert (tmp_path / "settings.toml").read_text() == 'names = "people"\n'
    rest = 'min_people = 6  # ours\n\n[interventions]\nour_own = ["action"]\n'
    (tmp_path / "settings.toml").write_text(rest)
    choose_names(tmp_path, "people")
    choose_names(tmp_path, "codes")
    assert (tmp_path / "settings.toml").read_text() == f'names = "codes"\n{rest}'
    with pytest.raises(ParameterError):
        choose_names(tmp_path, "everybody")
    (tmp_path / "settings.toml").write_text("min_people = 1\n")
    with pytest.raises(InputError):
        choose_names(tmp_path, "codes")
    assert (tmp_path / "settings.toml").read_text() == "min_people = 1\n"


def test_it_is_asked_once_of_whoever_has_the_key(practice: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    (practice / "settings.toml").unlink()
    sheet: Any = MonthlyRun(practice.parent)
    sheet.data.look.click()
    assert is_shown(sheet.names.box)
    sheet.names.people.click()
    assert not is_shown(sheet.names.box)
    assert read_practice(practice).settings.names == "people"
    practice.with_name("practice.key").rename(practice.with_name("away.key"))
    (practice / "settings.toml").unlink()
    sheet.data.look.click()
    assert not is_shown(sheet.names.box)
    practice.with_name("away.key").rename(practice.with_name("practice.key"))
