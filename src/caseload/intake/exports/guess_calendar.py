"""A first map for a calendar: it holds who and when, and of who came only what somebody has written into a title."""

from __future__ import annotations

from caseload.intake.exports.map_files import OPEN
from caseload.intake.exports.map_texts import toml

_MISSED = r"no.?show|did not (attend|come|show)|(?-i:DNA)"
_SHORT = r"(?<=\S)\s*[(\[-]\s*(lc|cxl)\b"  # two or three letters can be a client's: only where they are set apart
NO_SHOW = rf"(?i)(?!\W*dna\W*$).*\b({_MISSED})\b.*"
LATE = r"(?i).*(\blate.?cancel\w*\b|(?<=\S)\s*[(\[-]\s*lc\b).*"
CANCELLED = r"(?i).*(\bcancel\w*\b|(?<=\S)\s*[(\[-]\s*cxl\b).*"
MARKS = rf"(?i)(?!^\W*dna\W*$)([\s(\[-]*\b({_MISSED}|late.?cancel\w*|cancel\w*)\b|{_SHORT})[\s)\]-]*"
NONE = (  # a title as a whole: people are called Holiday and Break
    r"(?i)\s*((team|staff|lunch|coffee|tea|group|peer|annual|bank|public|sick|in) ?)?"
    r"(lunch|break|meeting|supervision|holiday|vacation|leave|admin|notes|blocked|busy|training|dentist)s?\s*"
)


def calendar_map(zone: str, *, named: bool) -> str:
    """The text of a map; `zone` is the time zone that the calendar says it is in, `named` whether it has a name."""
    asked = '# time_zone = "Europe/Berlin" # of the practice, where times are of another'
    rest = '{ column = "start", filled = true, is = "?" }, # without a mark: attended, if you mark what was missed'
    lines = [
        "# A first map of a calendar. Look through every line; nothing is imported by it as long as",
        f'# a "{OPEN}" is left.',
        f"title = {toml('Calendar of …')}", 'reader = "calendar"',
        f"time_zone = {toml(zone)}" if zone else asked,
        "",
        "[people.client]", 'name = ["summary"] # the title: initials, a code or a name',
        f"without = '{MARKS}' # what is no part of it", "",
        "[people.clinician]", 'name = ["calendar"]' if named else f'value = "{OPEN}" # whose calendar it is', "",
        "[columns.session_id]", 'from = ["uid"]', "", "[columns.scheduled_start]", 'from = ["start"]', "",
        "[columns.scheduled_minutes]", 'between = ["start", "end"]', "",
        "[columns.status]", "when = [ # the first that holds",
        f"    {{ column = \"summary\", matches = '{NO_SHOW}', is = \"no_show\" }},",
        f"    {{ column = \"summary\", matches = '{LATE}', is = \"late_cancelled\" }},",
        f"    {{ column = \"summary\", matches = '{CANCELLED}', is = \"client_cancelled\" }},",
        '    { column = "status", words = ["CANCELLED"], left_out = "cancelled, without a word on who cancelled" },',
        f"    {rest}",
        "]", "",
        "[[leave_out]]", 'column = "all_day"', 'words = ["true"]', 'why = "entries of whole days"', "",
        "[[leave_out]] # add your own words", 'column = "summary"', f"matches = '{NONE}'", "empty = true",
        'why = "entries that are no appointment"', "",
    ]  # fmt: skip
    return "\n".join(lines)
