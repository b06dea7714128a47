"""A questionnaire is one object: one that is entered there alone is read, checked, scored, asked and shown."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parent

# In a process of its own: vocabulary, keys and pages read the questionnaires once, when they are imported.
PROGRAM = """
import json, sys, tempfile
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from caseload.questionnaires import QUESTIONNAIRES, Questionnaire, Range, Scale

QUESTIONNAIRES["calm5"] = Questionnaire(
    "calm5", "Calm at work", Range(0, 6, step=2), 5,
    (Scale("calm", "Calm at work, total", (1, 2, 3, 4, 5), frozenset({5}), fewest=4, positive_from=20.0),),
    credit="Free to use.",
)
import review_fixtures as fixtures
from caseload import InputError, review_month
from caseload.pages.checkin.questionnaires import asked

tables = fixtures.part_of_sample(["C05"], "2026-04")
rows = [("C05", "2026-05-20", "calm5", str(item), 4.0) for item in range(1, 6)]
import pandas as pd
new = pd.DataFrame(rows, columns=["clinician_id", "completed_on", "instrument", "item", "response"])
tables["surveys"] = pd.concat([tables["surveys"], new], ignore_index=True)
practice = fixtures.read(tables, Path(tempfile.mkdtemp()))
review = review_month(practice, "2026-05")
scores = review.assessment.scores
wrong = tables | {"surveys": pd.concat([tables["surveys"], new.assign(completed_on="2026-05-21", response=3.0)])}
try:
    fixtures.read(wrong, Path(tempfile.mkdtemp()))
    refused = ""
except InputError as error:
    refused = str(error)
form = asked(Path(tempfile.mkdtemp()), 5, ["calm5"])[0]
print(json.dumps({
    "raw": float(scores.loc[scores["instrument"] == "calm5", "raw"].iloc[0]),
    "page": fixtures.words(review.supervisee("C05", "own")),
    "refused": refused,
    "form": [form.title, form.credit, len(form.items), [list(each) for each in form.items[0].answers]],
}))
"""


def test_it_is_checked_scored_shown_and_asked_for() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(TESTS)], capture_output=True, text=True, check=True, timeout=300
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["raw"] == 4 * 4 + (6 - 4)  # the fifth item is reversed
    assert "Calm at work, total" in found["page"] and "20 or more: not reached" in found["page"]
    assert "calm5" in found["refused"] and "in steps of 2" in found["refused"]
    assert found["form"] == ["Calm at work", "Free to use.", 5, [[str(n), str(n)] for n in (0, 2, 4, 6)]]
