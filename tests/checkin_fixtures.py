"""A small practice of two clinicians, and check-ins as their forms save them."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

HOURS = ("09:00", "10:00", "11:00", "13:00", "14:00", "15:00", "16:00", "17:00", "18:00", "19:00")
CLIENTS = {"C1": [f"K{number}" for number in range(10)], "C2": ["K11", "K12"]}
TABLES = {
    "clinicians": "clinician_id,supervisor_id,team,shares_surveys\nC1,S1,North,\nC2,S1,North,true\n",
    "supports": (
        "clinician_id,date,kind,planned_minutes,done_minutes,cancelled_by\n"
        "C1,2026-05-06,supervision,60,,\nC1,2026-05-20,supervision,60,,\nC2,2026-05-06,supervision,60,60,\n"
    ),
    "selfcare_plan": (
        "clinician_id,month,goal,kind,planned_times,done_times,barrier\n"
        "C1,2026-04,Leave on time,boundary,8,6,workload\nC2,2026-05,Run,restorative,4,4,none\n"
    ),
    "surveys": "clinician_id,completed_on,instrument,item,response\nC2,2026-04-10,activation,total,3\n",
}


def practice_folder(folder: Path, *, months: tuple[str, ...] = ("2026-03", "2026-04", "2026-05")) -> Path:
    """Each client of each clinician is seen on three days of each month; the last of them is missed."""
    folder.mkdir()
    rows = [
        f"{who}-{client}-{month}-{day},{who},{client},{month}-{day:02}T{HOURS[place]},"
        + ("no_show" if day == 20 and place % 3 == 0 else "attended")
        for who, clients in CLIENTS.items()
        for place, client in enumerate(clients)
        for month in months
        for day in (6, 13, 20)
    ]
    header = "session_id,clinician_id,client_id,scheduled_start,status"
    (folder / "sessions.csv").write_text("\n".join([header, *rows]) + "\n")
    for name, text in TABLES.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


def check_in(clinician_id: str = "C1", month: str = "2026-05", **entries: Any) -> dict[str, Any]:
    """What a form saves: two clients rated, one supervision cancelled, one goal."""
    content = {
        "format": "caseload check-in",
        "version": 1,
        "clinician_id": clinician_id,
        "month": month,
        "clients": [
            rated("K1", effort=6, engagement=3, stage_of_change="contemplation", interventions=["mi_evoking"]),
            rated("K2", effort=0, engagement=10),
            {"client_id": "K3", "skipped": True},
            rated("K4"),
        ],
        "supports": [
            {"date": f"{month}-06", "kind": "supervision", "planned_minutes": 60, "done_minutes": 0,
             "cancelled_by": "supervisor"},
            {"date": f"{month}-20", "kind": "supervision", "planned_minutes": 60, "done_minutes": None,
             "cancelled_by": None},
        ],
        "selfcare_plan": [
            {"goal": "Leave on time", "kind": "boundary", "planned_times": 8, "done_times": 5, "barrier": "workload"}
        ],
    }  # fmt: skip
    return {**content, **entries}


def rated(client_id: str, **entries: Any) -> dict[str, Any]:
    blank = {"skipped": False, "effort": None, "engagement": None, "stage_of_change": None, "interventions": [],
             "crisis": None, "access_barrier": None}  # fmt: skip
    return {"client_id": client_id, **blank, **entries}


def shared(response: float, visible_to: str = "supervisor") -> dict[str, Any]:
    """The entries of a private part that is shared."""
    answers = [{"instrument": "activation", "item": "total", "response": response}]
    return {"visible_to": visible_to, "surveys": answers}


def saved(folder: Path, content: dict[str, Any], name: str = "") -> Path:
    """The file, with its checksum."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    file = folder / (name or f"checkin-{content['clinician_id']}-{content['month']}.json")
    whole = {**content, "checksum": f"{zlib.crc32(text.encode()):08x}"}
    file.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return file
