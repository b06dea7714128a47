"""A practice whose every id and free text is hostile: markup, templates, formulas, paths, controls, many scripts.

The figures are a simulated practice's; only texts are replaced, one for one, so that the tables still fit together.
"""

from __future__ import annotations

import json
from itertools import cycle, islice
from pathlib import Path

import pandas as pd

from caseload.simulate import OverInvestment, Settings, simulate
from caseload.simulate.folder import as_text

SETTINGS = Settings(
    clinicians=8,
    months=13,
    first_month="2025-05",
    clients_per_clinician=6,
    supervisors=2,
    teams=2,
    over_investment=(OverInvestment("compensation", 0.5, size=2.0, onset=9, end=12),),  # so that pages raise something
    seed=71,
)
MONTH = "2026-05"

MARKUP = (
    "<script>alert(1)</script>",
    "</style></title></svg><img src=x onerror=alert(1)>",
    "\" onmouseover='alert(1)' x=\"",
    "<!-- --><a href=javascript:alert(1)>&amp;&lt;</a>",
)
TEMPLATES = ("{{7*7}} {{ cycler.__init__ }}", "{% raw %}{% endraw %}{# #}", "`id` $(id) ${7*7} %s {0}", "$x^2$ \\alpha")
LONG = ("W" * 300, "Ω" * 300)
SCRIPTS = ("\u202eKC101\u2066 מטופלת\u200f", "🧑🏽\u200d⚕️ 👨‍👩‍👧", "Z͑ͫ̓a̴̡͉l̵̙g̶͎o̷͚ e\u0301", "\u200bＡ\ufeff")
FORMULAS = ("=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=2+5", "\r=HYPERLINK(A1)")
PATHS = (
    "../../etc/passwd",
    "..",
    "CON",
    "a/b",
    "a\\b",
    "dots...",
    "~",
    "index",
    "data_quality",
    "team-x",
    "own/..",
    "%2e",
)
CONTROLS = ("n\0ul", "c\rr", "l\nf", "t\tb", "\x1b[31mred\x07", "u\u2028s\u2029p", "\x85nel", "\ufffe\x9b")
EVERYTHING = (*MARKUP, *TEMPLATES, *LONG, *SCRIPTS, *FORMULAS, *PATHS, *CONTROLS)

CLINICIANS = (MARKUP[0], MARKUP[1], TEMPLATES[0], LONG[0], SCRIPTS[0], FORMULAS[0], PATHS[0], CONTROLS[0])
SUPERVISORS = (MARKUP[0], "..")
TEAMS = (MARKUP[1], LONG[1])
ONE_LINE = tuple(text for text in EVERYTHING if text.isprintable() or text in SCRIPTS)

IDS = ("session_id", "clinician_id", "client_id", "supervisor_id", "team")
FREE = {"clients": ("programme",), "selfcare_plan": ("goal", "barrier"), "agenda": ("flag", "decision")}


def write(folder: Path) -> Path:
    """The practice as files; returns its folder."""
    tables = {name: as_text(table).astype("str") for name, table in simulate(SETTINGS).tables.items()}
    renamed = {column: _renaming(tables, column) for column in IDS}
    tables["agenda"] = _agenda(tables["clinicians"]["clinician_id"])
    folder.mkdir(parents=True)
    for name, table in tables.items():
        texts = {column: table[column].map(renamed[column]) for column in IDS if column in table}
        texts |= {column: list(islice(cycle(EVERYTHING), len(table))) for column in FREE.get(name, ())}
        table.assign(**texts).to_csv(folder / f"{name}.csv", index=False, quoting=1)
    (folder / "support.toml").write_text(_contacts(), encoding="utf-8")
    return folder


def _renaming(tables: dict[str, pd.DataFrame], column: str) -> dict[str, str]:
    """Every id of a column → a hostile one that no other has."""
    known = sorted({cell for table in tables.values() if column in table for cell in table[column].dropna()})
    fixed = {"clinician_id": CLINICIANS, "supervisor_id": SUPERVISORS, "team": TEAMS}
    texts = fixed.get(column, EVERYTHING)
    return {old: texts[n % len(texts)] + str(n // len(texts) or "") for n, old in enumerate(known)}


def _agenda(clinicians: pd.Series) -> pd.DataFrame:
    """Four decisions for everybody, two of them due now; flags and decisions are replaced by hostile ones."""
    rows = [
        (who, "2026-04", "", "", review, "open") for who in clinicians for review in ("2026-05", "2026-05", "2026-06")
    ]
    return pd.DataFrame(rows, columns=["clinician_id", "month", "flag", "decision", "review_month", "outcome"])


def _contacts() -> str:
    """Contacts in TOML, whose texts are written as JSON writes them; as long as each may be."""
    longest = {"name": 80, "how": 160, "hours": 80, "note": 200}
    kinds = cycle(
        ["peer_group", "consultation", "crisis_line", "therapy", "occupational_health", "supervision", "other"]
    )
    contacts = []
    for text, kind in zip(ONE_LINE[:20], kinds, strict=False):
        lines = [f"{key} = {json.dumps(text[:most], ensure_ascii=False)}" for key, most in longest.items()]
        contacts.append("\n".join(["[[contact]]", f'kind = "{kind}"', *lines]))
    return "\n\n".join(contacts) + "\n"
