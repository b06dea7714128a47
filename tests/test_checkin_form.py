"""The check-in form: what it asks, that it is one closed file, and that it is filled by script, keyboard and thumb."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from browsing import DESKTOP, PHONE, UNFOLD, Reading, new_reading
from checkin_fixtures import CLIENTS, practice_folder

import caseload
from caseload.cli import main
from caseload.intake.exports.checkin_file import checksum, read_check_in
from caseload.intake.pseudonyms import Identity
from caseload.pages.checkin.form import Form, form_of
from caseload.pages.checkin.page import check_in_page

MAY = pd.Period("2026-05", "M")
SESSION = "session_id,clinician_id,client_id,scheduled_start,status,stage_of_change,interventions\n"


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With one support of which nobody said how long it was to be."""
    folder = practice_folder(tmp_path_factory.mktemp("checkin") / "practice")
    with (folder / "supports.csv").open("a") as table:
        table.write("C1,2026-05-28,supervision,,,\n")
    return folder


@pytest.fixture(scope="module")
def form(practice: Path) -> Form:
    return form_of(caseload.read_practice(practice), "C1", MAY)


def of_sessions(folder: Path, rows: list[str], **options: Any) -> Form:
    folder.mkdir(exist_ok=True)
    (folder / "sessions.csv").write_text(SESSION + "\n".join(f"S{n},C1,{row}" for n, row in enumerate(rows)) + "\n")
    return form_of(caseload.read_practice(folder), "C1", MAY, **options)


def test_dates_help_to_remember(tmp_path):
    form = of_sessions(
        tmp_path / "p",
        ["K1,2026-05-11T09:00,attended,,", "K1,2026-05-04T09:00,attended,,", "K1,2026-05-27T09:00,no_show,,",
         "K2,2026-05-20T09:00,service_cancelled,,", "K2,2026-05-21T09:00,late_cancelled,,",
         "K3,2026-04-30T09:00,attended,,"],
    )  # fmt: skip
    assert {client.id: client.dates for client in form.clients} == {
        "K1": "4 and 11 May; missed 27 May",
        "K2": "Missed 21 May; cancelled 20 May",
    }


def test_a_stage_on_file_is_told_for_sixty_days(tmp_path):
    form = of_sessions(
        tmp_path / "p",
        ["K1,2026-04-20T09:00,attended,contemplation,", "K1,2026-05-04T09:00,attended,,",
         "K2,2026-03-20T09:00,attended,action,", "K2,2026-05-04T10:00,attended,,"],
    )  # fmt: skip
    assert [client.stage for client in form.clients] == ["in two minds (20 April)", ""]


def test_what_was_used_last_month_is_one_tap(tmp_path):
    form = of_sessions(
        tmp_path / "p",
        ["K1,2026-04-20T09:00,attended,,exposure;alliance", "K1,2026-04-27T09:00,attended,,alliance",
         "K1,2026-03-27T09:00,attended,,validation", "K1,2026-05-04T09:00,attended,,"],
    )  # fmt: skip
    assert form.clients[0].used == ("exposure", "alliance")


def test_goals_of_last_month_are_carried_on(form):
    assert [(goal.goal, goal.kind, goal.planned) for goal in form.goals] == [("Leave on time", "boundary", "8")]


def test_support_is_what_was_planned_for_the_month(form):
    assert [support.when for support in form.supports] == [
        "Supervision, Wednesday 6 May, 60 minutes",
        "Supervision, Wednesday 20 May, 60 minutes",
        "Supervision, Thursday 28 May",
    ]


def test_people_are_clients_by_initials(tmp_path):
    people = {"K1": Identity("client", name="Lee, Ann Mary"), "C1": Identity("clinician", name="Bo Roe")}
    form = of_sessions(tmp_path / "p", ["K1,2026-05-04T09:00,attended,,"], people=people)
    assert (form.name, form.clients[0].name) == ("Bo Roe", "A.M.L. (K1)")
    assert "Lee" not in check_in_page(form)


def test_the_page_is_closed(form):
    """Nothing is loaded, and only the page's own style and script may run, each known by its digest."""
    page = check_in_page(form)
    assert not re.findall(r"(?:src|href|action)=[\"'](?!#)", page)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        text = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert not re.search(r"localStorage|sessionStorage|indexedDB|document\.cookie|fetch\(|XMLHttp|sendBeacon", page)


def test_names_are_never_markup(form):
    evil = "</script><img src=x onerror=alert(1)>&\"'"
    hostile = replace(form, name=evil, clients=(replace(form.clients[0], id=evil, name=evil),))
    page = check_in_page(hostile)
    assert "<img" not in page
    assert page.count("</script>") == 3
    assert json.loads(re.search(r'id="roster">(.*?)</script>', page, re.DOTALL)[1])["clients"][0]["id"] == evil


def test_the_command_writes_one_private_file_a_clinician(tmp_path, practice, capsys):
    out = tmp_path / "out"
    for _ in range(2):  # forms of an earlier run are replaced
        assert main(["checkin", str(practice), "--month", "2026-05", "--out", str(out)]) == 0
    assert sorted(file.name for file in (out / "2026-05").iterdir()) == ["C1.html", "C2.html"]
    assert stat.S_IMODE((out / "2026-05" / "C1.html").stat().st_mode) == 0o600
    said = capsys.readouterr()
    assert "C1.html" in said.out
    assert "C1" not in said.err  # the text that goes to everybody
    foreign = out / "2026-04" / "C2.html"
    foreign.parent.mkdir()
    foreign.write_text("a thesis")
    for arguments, why in (
        (["--month", "2026-04", "--out", str(out)], "not written by this command"),
        (["--month", "2031-01", "--out", str(out)], "not 2031-01"),
        (["--month", "May", "--out", str(out)], "YYYY-MM"),
        (["--clinician", "Anna", "--out", str(out)], "no clinician"),
        (["--out", str(practice)], "practice's own tables"),
    ):
        assert main(["checkin", str(practice), *arguments]) == 2
        error = capsys.readouterr().err
        assert why in error
        assert "Anna" not in error
    assert foreign.read_text() == "a thesis"


# In a browser: one practice of ten clients, filled in three ways.

EFFORT = {client: (place * 3) % 11 for place, client in enumerate(CLIENTS["C1"])}
ENGAGEMENT = {client: 10 - place for place, client in enumerate(CLIENTS["C1"])}  # with 0 and 10 in both
FILL = """([effort, engagement]) => {
  const set = (name, value) => [...document.getElementsByName(name)].find(x => x.value === String(value)).click();
  for (const [id, value] of Object.entries(effort)) set('effort:' + id, value);
  for (const [id, value] of Object.entries(engagement)) set('engagement:' + id, value);
}"""


@pytest.fixture(scope="module")
def page_file(practice: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("forms")
    forms = caseload.write_checkins(
        practice, "2026-05", clinician="C1", out=out, questionnaires=("single_item_burnout", "proqol5")
    )
    return forms.files["C1"]


@pytest.fixture(scope="module")
def reading(browser: Any) -> Reading:
    return new_reading(browser, accept_downloads=True, has_touch=True)


@pytest.fixture
def tab(reading: Reading, page_file: Path) -> Any:
    """The form, as it is opened; nothing may complain or ask for anything until the test is over."""
    reading.open(page_file, DESKTOP)
    yield reading.tab
    asked_for = [said for said in reading.complaints if not said.startswith("blob:")]
    assert asked_for == []
    reading.tab.evaluate("dirty = false")


def kept(tab: Any, button: str, folder: Path) -> Path:
    """What a button saves."""
    with tab.expect_download() as waiting:
        tab.click(button)
    file = folder / waiting.value.suggested_filename
    waiting.value.save_as(file)
    return file


def by_keyboard(tab: Any) -> None:
    tab.focus("#start")
    tab.keyboard.press("Enter")
    for client in CLIENTS["C1"]:
        for value in (EFFORT[client], ENGAGEMENT[client]):
            for digit in str(value):
                tab.keyboard.press(digit)
            tab.keyboard.press("Enter")


def by_thumb(tab: Any) -> None:
    for client in CLIENTS["C1"]:
        for name, values in (("effort", EFFORT), ("engagement", ENGAGEMENT)):
            tab.locator(f'label:has(> [name="{name}:{client}"][value="{values[client]}"])').tap()


def test_script_keyboard_and_thumb_save_the_same_file_and_it_is_read(tab, reading, tmp_path):
    saved = []
    for number, (width, fill) in enumerate(
        [(DESKTOP, lambda tab: tab.evaluate(FILL, [EFFORT, ENGAGEMENT])), (PHONE, by_keyboard), (PHONE, by_thumb)]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        reading.show(width, "light")
        fill(tab)
        assert tab.inner_text("#pn") == "10 of 10 clients"
        tab.click("#review")
        assert tab.inner_text("#revlead").startswith("Everything is there.")
        saved.append(kept(tab, "#save", folder))
        tab.evaluate("dirty = false")
        tab.reload()
    assert len({file.read_bytes() for file in saved}) == 1
    assert saved[0].name == "checkin-C1-2026-05.json"
    practice = practice_folder(tmp_path / "practice")
    caseload.import_checkins(saved[:1], practice)
    ratings = caseload.read_practice(practice).ratings.set_index("client_id")
    assert ratings["effort"].to_dict() == EFFORT
    assert ratings["engagement"].to_dict() == ENGAGEMENT


def test_everything_that_is_asked_is_saved_and_taken_up_again(tab, tmp_path):
    tab.evaluate(UNFOLD)
    for name, value in {
        "effort:K1": 6, "stage:K1": "contemplation", "used:K1": "exposure", "support:0": "supervisor",
        "support:1": "done", "support:2": "done", "activation": 4, "item:team_safety:total": 7,
        "item:single_item_burnout:1": 2, "item:proqol5:30": 5, "shares": "supervisor",
    }.items():  # fmt: skip
        tab.check(f'[name="{name}"][value="{value}"]', force=True)
    for name in ("crisis:K1", "barrier:K2", "skip:K3"):
        tab.check(f'[name="{name}"]', force=True)
    tab.fill(".gdone", "6")
    tab.select_option(".barrier", "workload")
    tab.click("#addgoal")
    tab.fill(".gname", "Swim “far” & <b>wide</b>")
    tab.click("#addsupport")
    tab.fill(".sday", "2026-05-27")
    tab.check('.newsup [value="done"]', force=True)
    tab.fill('[name="score:proqol5:burnout"]', "21")
    tab.click("#review")  # minutes of what took place are asked for first
    assert tab.is_hidden("#overview")
    tab.fill(".stook", "45")
    tab.click("#review")
    assert "28: took place" in tab.inner_text("#rev1")
    file = kept(tab, "#save", tmp_path)
    named = tab.inner_text("label:has(#resume)").strip()  # what the page says after saving is what the button is called
    assert f"choose “{named}”" in tab.inner_text("#saved")
    content = json.loads(file.read_text())
    assert content["checksum"] == checksum(content)
    found = read_check_in(file)
    assert found.clients[1].model_dump() == {
        "client_id": "K1", "skipped": False, "effort": 6, "engagement": None, "stage_of_change": "contemplation",
        "interventions": ["exposure"], "crisis": True, "access_barrier": None,
    }  # fmt: skip
    assert (found.clients[2].access_barrier, found.clients[3].skipped) == (True, True)
    assert [(each.date, each.done_minutes, each.cancelled_by) for each in found.supports] == [
        ("2026-05-06", 0, "supervisor"), ("2026-05-20", 60, None), ("2026-05-28", 45, None), ("2026-05-27", 60, None),
    ]  # fmt: skip
    assert [(each.goal, each.done_times, each.barrier) for each in found.selfcare_plan] == [
        ("Leave on time", 6, "workload"), ("Swim “far” & <b>wide</b>", None, None),
    ]  # fmt: skip
    assert {(each.instrument, each.item): each.response for each in found.surveys} == {
        ("activation", "total"): 4, ("team_safety", "total"): 7, ("single_item_burnout", "1"): 2,
        ("proqol5", "30"): 5, ("proqol5", "burnout"): 21,
    }  # fmt: skip
    tab.reload()
    tab.set_input_files("#resume", file)
    tab.wait_for_selector("#msg:not(:empty)")
    tab.click("#review")
    assert kept(tab, "#save", tmp_path).read_bytes() == file.read_bytes()


def test_only_me_saves_the_same_bytes_whether_it_was_answered_or_not(tab, tmp_path):
    tab.click("#review")
    blank = kept(tab, "#save", tmp_path).read_bytes()
    assert tab.is_hidden("#save-private")
    tab.click("#back")
    tab.check('[name="activation"][value="8"]', force=True)
    tab.click("#review")
    assert kept(tab, "#save", tmp_path).read_bytes() == blank
    private = kept(tab, "#save-private", tmp_path)
    assert private.name == "private-C1-2026-05.json"
    with pytest.raises(caseload.InputError, match="stays with them"):
        read_check_in(private)
    for month, said in (("2026-04", "8: often"), ("2026-06", "This page is for 2026-05")):
        other = json.loads(private.read_text()) | {"month": month}
        file = tmp_path / f"private-C1-{month}.json"
        file.write_text(json.dumps(other | {"checksum": checksum(other)}))
        tab.click("#back") if tab.is_visible("#back") else None
        tab.set_input_files("#resume", file)
        tab.locator("#form").filter(has_text=said).wait_for()
    tab.set_input_files("#resume", Path(__file__).with_name("checkin_fixtures.py"))
    tab.locator("#msg").filter(has_text="could not be read").wait_for()


FEWER = "document.querySelectorAll('.cl>li:nth-child(n+3), .pq>.item:nth-child(n+3)').forEach(each => each.remove())"


PRIVATE_VALUE = 7


def fill_some(tab: Any, shares: str = "only_me") -> None:
    tab.evaluate(FILL, [{"K1": 9, "K2": 0}, {"K1": 2}])
    tab.evaluate("document.getElementsByName('activation')[7].click()")
    tab.click(f"label:has([name=shares][value={shares}])")


def answers_in(file: Path) -> list[dict[str, Any]]:
    held = re.search(r'<script type="application/json" id="answers">(.*?)</script>', file.read_text(), re.DOTALL)
    assert held
    return json.loads(held[1] or "[]")


def test_the_page_saved_with_its_answers_is_gone_on_with(tab, reading, tmp_path):
    """Without the private part, unless it is asked for; the practice's file of the page gone on with is the same."""
    fill_some(tab)
    tab.click("#review")
    whole = kept(tab, "#save", tmp_path).read_bytes()
    tab.click("summary:text('Go on later')")
    page, mine = (kept(tab, button, tmp_path) for button in ("#save-page", "#save-private-page"))
    assert (page.name, mine.name) == ("page-C1-2026-05.html", "private-C1-2026-05.html")
    assert [each["format"] for each in answers_in(page)] == ["caseload check-in"]
    assert [each["format"] for each in answers_in(mine)] == ["caseload check-in", "caseload check-in, private part"]
    for file, own in ((page, None), (mine, str(PRIVATE_VALUE))):
        tab.evaluate("dirty = false")
        reading.open(file, PHONE)
        assert tab.inner_text("#msg") == "These are your saved answers."
        assert tab.evaluate("val('activation')") == own
        tab.click("#review")
        (tmp_path / file.stem).mkdir()
        assert kept(tab, "#save", tmp_path / file.stem).read_bytes() == whole
        tab.evaluate("dirty = false")


def test_the_page_saved_says_nothing_of_a_private_part_that_is_not_in_it(tab, reading, page_file, tmp_path):
    """The same bytes whether it was answered or not, by Ctrl+S as well, and from a page that a browser has saved."""
    tab.evaluate(FILL, [{"K1": 9, "K2": 0}, {"K1": 2}])
    saved = []
    for number in range(2):
        (tmp_path / str(number)).mkdir()
        with tab.expect_download() as waiting:
            tab.keyboard.press("Control+s")
        file = tmp_path / str(number) / waiting.value.suggested_filename
        waiting.value.save_as(file)
        saved.append(file.read_bytes())
        fill_some(tab)
    assert saved[0] == saved[1]
    assert tab.inner_text("#msg").endswith("The practice gets the file from “Save my check-in”.")
    left = tmp_path / "left.html"
    left.write_text(
        page_file.read_text().replace('name="activation" value="7"', 'name="activation" value="7" checked=""')
    )
    tab.evaluate("dirty = false")
    reading.open(left, DESKTOP)
    assert tab.evaluate("val('activation')") == "7"
    assert 'checked="" aria-label="7"' not in tab.evaluate("pageWith([])")
    assert "checked" not in re.findall(r'<input[^>]*name="activation"[^>]*value="7"[^>]*>', tab.evaluate("SOURCE"))[0]


def test_what_is_shared_is_in_the_page_saved(tab, tmp_path):
    fill_some(tab, "own_page")
    tab.click("#review")
    tab.click("summary:text('Go on later')")
    assert tab.is_hidden("#save-private-page")
    (held,) = answers_in(kept(tab, "#save-page", tmp_path))
    assert held["visible_to"] == "own_page"
    assert held["surveys"] == [{"instrument": "activation", "item": "total", "response": PRIVATE_VALUE}]


def test_axe_finds_nothing_and_nothing_sticks_out(tab, reading, axe):
    tab.evaluate(FILL, [EFFORT, ENGAGEMENT])
    tab.click("#review")
    assert reading.violations(axe) == []
    assert reading.overflow((DESKTOP, PHONE)) == []
    tab.click("#back")
    assert reading.overflow((DESKTOP, PHONE)) == []  # unfolds
    tab.evaluate(FEWER)  # the others are alike
    for width, scheme in ((DESKTOP, "light"), (PHONE, "dark")):
        reading.show(width, scheme)
        assert reading.violations(axe) == []
