"""Small valid practices for the tests of intake: text as a CSV file would hold it."""

from __future__ import annotations

import pandas as pd
import pytest

from caseload.errors import InputError, Problem
from caseload.intake import Practice

EVERY_TABLE = (
    "sessions", "contacts", "ratings", "clients", "outcomes", "clinicians", "surveys", "supports", "selfcare_plan",
    "changes", "agenda",
)  # fmt: skip


def sessions(rows: int) -> pd.DataFrame:
    """The five required columns: clinicians C1 and C2 in turn, clients K1 and K2 in turn, an hour apart."""
    starts = pd.Timestamp("2026-05-03T08:00") + pd.to_timedelta(range(rows), unit="h")
    return pd.DataFrame(
        {
            "session_id": [f"S{row}" for row in range(rows)],
            "clinician_id": [f"C{1 + row % 2}" for row in range(rows)],
            "client_id": [f"K{1 + row % 2}" for row in range(rows)],
            "scheduled_start": starts.strftime("%Y-%m-%dT%H:%M"),
            "status": ["attended"] * rows,
        }
    )


def practice_frames() -> dict[str, pd.DataFrame]:
    """Two rows of every table, with every column of the contract."""
    people = {"clinician_id": ["C1", "C2"]}
    return {
        "sessions": sessions(2).assign(
            scheduled_minutes=50, actual_minutes=[55, None], minutes_late=0, prep_minutes=[5, 7.5], note_minutes=10,
            modality=["video", None], stage_of_change=["action", "preparation"],
            interventions=["alliance;exposure", None], homework_set=["true", "false"], homework_done=[0.5, None],
            srs_total=38, ors_total=25.5, clinician_effort_rating=6, client_engagement_rating=[4, None],
            clinician_talk_share=0.5, change_talk_share=0.3, sustain_talk_share=0.2, trauma_focus=["false", None],
            crisis="false",
        ),
        "contacts": pd.DataFrame(
            people | {
                "client_id": ["K1", "K2"], "contacted_at": ["2026-05-04T19:30", "2026-05-05T00:00"],
                "minutes": [5, None],
                "direction": ["to_client", "from_client"], "channel": ["call", "portal"], "planned": ["true", None],
            }
        ),
        "ratings": pd.DataFrame(
            people | {
                "client_id": ["K1", "K2"], "month": ["2026-05", "2026-05"], "rated_on": ["2026-05-29", None],
                "effort": [7, 0], "engagement": [2.5, None], "stage_of_change": ["action", None],
                "interventions": ["exposure;alliance", None], "crisis": ["false", None],
                "access_barrier": [None, "true"],
            }
        ),
        "clients": pd.DataFrame(
            {
                "client_id": ["K1", "K2"], "intake_date": ["2025-11-30", None], "severity": [-1.5, 20],
                "trauma_history": ["true", "false"], "access_barrier": [None, "true"],
                "programme": ["day clinic", "DBT"], "ended_on": [None, "2026-05-30"],
                "end_reason": [None, "planned"],
            }
        ),
        "outcomes": pd.DataFrame(
            people | {
                "client_id": ["K1", "K2"], "completed_on": ["2026-05-04", "2026-05-05"], "measure": ["ors", "phq9"],
                "score": [24.5, 11], "higher_is_better": ["true", "false"],
            }
        ),
        "clinicians": pd.DataFrame(
            people | {
                "supervisor_id": ["V1", "V1"], "team": ["north", None], "fte": [1, 0.5],
                "started_on": ["2024-02-29", None], "workday_start": ["09:00", None], "workday_end": ["17:30", None],
                "weekly_client_hours": [22, None], "shares_surveys": ["true", None],
            }
        ),
        "surveys": pd.DataFrame(
            people | {
                "completed_on": ["2026-05-10", "2026-05-10"], "instrument": ["proqol5", "proqol5"],
                "item": ["1", "burnout"], "response": [1, 22.5], "visible_to": ["supervisor", None],
            }
        ),
        "supports": pd.DataFrame(
            people | {
                "date": ["2026-05-06", "2026-05-07"], "kind": ["supervision", "time_off"], "planned_minutes": [60, 480],
                "done_minutes": [0, 480], "cancelled_by": ["service", None],
            }
        ),
        "selfcare_plan": pd.DataFrame(
            people | {
                "month": ["2026-05", "2026-04"], "goal": ["walk at noon", "no mail at night"],
                "kind": ["restorative", "boundary"], "planned_times": [8, 20], "done_times": [3, None],
                "barrier": ["workload", "the pager"],
            }
        ),
        "changes": pd.DataFrame(
            {
                "from": ["2026-05-01", "2026-05-04"], "clinician_id": ["C1", None], "team": [None, "north"],
                "kind": ["recording", "hours"], "what": ["a new template for notes", "an hour less a week"],
                "declared_by": ["S1", None],
            }
        ),
        "agenda": pd.DataFrame(
            people | {
                "month": ["2026-05", "2026-05"], "flag": ["over_investment", "self_care"],
                "decision": ["revisit the stage together", "move one evening group"],
                "review_month": ["2026-07", None], "outcome": ["open", "helped"],
            }
        ),
    }  # fmt: skip


def rows(table: str, count: int) -> pd.DataFrame:
    """Valid rows of one table that hold no more than it takes: keys that do not repeat where they must not."""
    if table == "sessions":
        return sessions(count)
    numbers = range(1, count + 1)
    days = [f"2026-05-{number:02}" for number in numbers]
    cells = {
        "contacts": {"clinician_id": "C1", "client_id": "K1", "contacted_at": "2026-05-04T19:30"},
        "ratings": {
            "clinician_id": "C1", "client_id": "K1", "month": [f"{2000 + number}-05" for number in numbers],
        },
        "clients": {"client_id": [f"K{number}" for number in numbers]},
        "outcomes": {"client_id": "K1", "clinician_id": "C1", "completed_on": days, "measure": "ors", "score": 25},
        "clinicians": {"clinician_id": [f"C{number}" for number in numbers]},
        "surveys": {"clinician_id": "C1", "completed_on": days, "instrument": "stss", "item": "1", "response": 1},
        "supports": {"clinician_id": "C1", "date": "2026-05-06", "kind": "supervision"},
        "selfcare_plan": {"clinician_id": "C1", "month": "2026-05"},
        "changes": {"from": "2026-05-04"},
        "agenda": {"clinician_id": "C1", "month": "2026-05"},
    }[table]  # fmt: skip
    return pd.DataFrame(cells, index=range(count))


def with_cells(table: str, column: str, *values: object) -> dict[str, pd.DataFrame]:
    """Sessions and one table, with a row for each of `values`, which stand in `column` as objects."""
    frame = rows(table, len(values))
    frame[column] = pd.Series(values, dtype=object)
    return {"sessions": sessions(2), table: frame}


def problems(exclude_invalid: bool = False, **frames: pd.DataFrame) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        Practice.from_frames(exclude_invalid=exclude_invalid, **frames)
    return caught.value.problems


def places(found: tuple[Problem, ...]) -> set[tuple[str, str]]:
    return {(problem.table, problem.column) for problem in found}
