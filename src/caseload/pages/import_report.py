"""What an import did, as one page for people: in words, by month, and in one picture. It holds counts alone.

Of answers and supports it tells nothing: whoever imports them reads in the terminal what became of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import count

from caseload.intake.exports.job import Translated
from caseload.intake.exports.run import Imported
from caseload.intake.history import OWN_TABLES
from caseload.intake.showable import is_naming
from caseload.wording import counted

FILE = "imports.html"
MOST_MONTHS = 24
_BAR, _GAP, _HEIGHT, _BELOW = 22, 8, 120, 34  # pixels
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{padding:.2rem .8rem .2rem 0;text-align:left}td.n{text-align:right}"
)


def import_report(imported: Imported, today: str) -> str:
    """The page, as HTML without a link or a script; nothing where only answers or supports were imported.

    `today` is the day of the import, in ISO 8601.
    """
    files = [done for done in imported.files if done.table not in OWN_TABLES]
    if not files:
        return ""
    sessions = next((change for change in imported.changes if change.table == "sessions"), None)
    months = {month: added for month, (added, _, _) in (sessions.months if sessions else {}).items() if added}
    parts = [
        f"<h1>What the last import did</h1><p>{escape(imported.title)}, {escape(today)}.</p>",
        "<h2>What became of the rows</h2>", *map(_file, files, count(1)),
        "<h2>Sessions that were added, by month</h2>", _picture(months), _table(("Month", "Sessions added"), months),
    ]  # fmt: skip
    head = f'<meta charset="utf-8"><title>What the last import did</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>\n'


def _file(done: Translated, number: int) -> str:
    """One file: how many of its rows became what, and why the others did not. Its name may be somebody's."""
    name, _, _ = done.file.partition(",")
    label = name if is_naming(name.rpartition(".")[0]) else f"File {number}"
    rows = {
        f"became rows of {done.table}": len(done.rows),
        **{f"left out: {why}": n for why, n in done.left_out.items()},
    }
    return f"<h3>{escape(label)}: {counted(done.read, 'row')}</h3>{_table(('What', 'Rows'), rows)}"


def _table(header: Sequence[str], rows: Mapping[str, int]) -> str:
    if not rows:
        return "<p>None.</p>"
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join(f'<tr><td>{escape(name)}</td><td class="n">{number:,}</td></tr>' for name, number in rows.items())
    return f"<table><tr>{head}</tr>{body}</table>"


def _picture(months: Mapping[str, int]) -> str:
    """A bar for each of the latest months; what it shows is in the table below it, too."""
    shown = dict(list(months.items())[-MOST_MONTHS:])
    if not shown:
        return ""
    highest, width = max(shown.values()), len(shown) * (_BAR + _GAP)
    bars = []
    for place, (month, number) in enumerate(shown.items()):
        left, tall = place * (_BAR + _GAP), max(1, round(_HEIGHT * number / highest))
        bars.append(f'<rect x="{left}" y="{_HEIGHT - tall}" width="{_BAR}" height="{tall}" fill="#35608f"/>')
        middle = left + _BAR // 2
        turned = f'transform="rotate(-45 {middle} {_HEIGHT + 14})"'
        bars.append(f'<text x="{middle}" y="{_HEIGHT + 14}" font-size="9" text-anchor="middle" {turned}>{month}</text>')
    said = f"Bars of the sessions added in each of {len(shown)} months; the most in one month are {highest:,}."
    size = f'width="{width}" height="{_HEIGHT + _BELOW}"'
    return f'<svg role="img" aria-label="{said}" {size}>{"".join(bars)}</svg>'
