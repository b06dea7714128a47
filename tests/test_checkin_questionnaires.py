"""Which questionnaires a check-in asks, and whose text they have."""

from __future__ import annotations

import pytest

import caseload
from caseload.pages.checkin.questionnaires import asked


def test_questionnaires_come_every_third_month_or_when_asked(tmp_path):
    assert [one.name for one in asked(tmp_path, 6, ())] == ["single_item_burnout", "proqol5"]
    assert asked(tmp_path, 5, ()) == ()
    assert [one.name for one in asked(tmp_path, 5, ("cbi",))] == ["cbi"]
    with pytest.raises(caseload.ParameterError, match="did you mean cbi"):
        asked(tmp_path, 5, ("cbl",))


def test_no_text_of_a_licensed_questionnaire_comes_with_it(tmp_path):
    proqol = asked(tmp_path, 6, ("proqol5",))[0]
    assert {item.text for item in proqol.items} == {""}
    assert [item.name for item in proqol.items] == [str(number) for number in range(1, 31)]
    assert "www.proqol.org" in proqol.credit
    assert proqol.scores[0] == ("burnout", 10, 50)


def test_a_practice_uses_its_own_copy(tmp_path):
    copy = tmp_path / "instruments" / "olbi.csv"
    copy.parent.mkdir()
    rows = [
        f'{number},"Question, number {number}",{"Licensed to us" if number == 1 else ""}' for number in range(1, 17)
    ]
    copy.write_text("item,text,credit\n" + "\n".join(rows) + "\n")
    own = asked(tmp_path, 6, ())
    assert [one.name for one in own] == ["olbi"]
    assert (own[0].items[15].text, own[0].credit) == ("Question, number 16", "Licensed to us")
    for wrong in (rows[:-1], [*rows, rows[0]], [rows[0].replace("1", "17", 1), *rows[1:]]):
        copy.write_text("item,text,credit\n" + "\n".join(wrong) + "\n")
        with pytest.raises(caseload.InputError, match="items 1 to 16"):
            asked(tmp_path, 6, ())
