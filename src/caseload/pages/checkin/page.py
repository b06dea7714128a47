"""A form as one file of HTML: its stylesheet and script are in it, and nothing else may run or be asked for."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from caseload.intake.exports.checkin_file import FORMAT, PRIVATE, VERSION
from caseload.pages.checkin.form import Form
from caseload.pages.checkin.words import BANDS, BARRIERS, OUTCOMES, STAGES, SUPPORTS
from caseload.pages.html import FRAME, HERE
from caseload.questionnaires import QUESTIONNAIRES

TEMPLATES = HERE / "templates"
MARK = 'name="generator" content="caseload check-in"'
"""By which a file is known as a form of ours."""
_NOT_IN_SCRIPTS = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def check_in_page(form: Form) -> str:
    """The form as HTML: one file that works from the disk, without a network, and keeps nothing by itself."""
    style, script = _style(), _text("checkin.js")
    return _template().render(
        form=form,
        style=Markup(style),
        script=Markup(script),
        policy=Markup(_policy(style, script)),
        roster=Markup(json.dumps(_roster(form), ensure_ascii=False).translate(_NOT_IN_SCRIPTS)),
        bands=BANDS,
        said=_said,
        stages=[*STAGES.items(), ("", "Don’t know")],
        supports=SUPPORTS,
        outcomes=OUTCOMES.items(),
        barriers=BARRIERS,
    )


def _roster(form: Form) -> dict[str, Any]:
    """What the script has to know."""
    return {
        "format": FORMAT,
        "private": PRIVATE,
        "version": VERSION,
        "practice": form.practice,
        "clinician_id": form.clinician_id,
        "month": str(form.month),
        "clients": [{"id": client.id, "name": client.name, "stage": client.stage} for client in form.clients],
        "questionnaires": [
            {
                "name": one.name,
                "title": one.title,
                "items": [item.name for item in one.items],
                "scores": [name for name, _, _ in one.scores],
            }
            for one in form.questionnaires
        ],
        "bands": BANDS,
        "stages": STAGES,
        "supports": SUPPORTS,
        "outcomes": OUTCOMES,
        "barriers": BARRIERS,
        "titles": {name: each.title for name, each in QUESTIONNAIRES.items() if each.count},
    }


def _said(kind: str) -> Mapping[int, str]:
    """The numbers that a screen reader hears with their meaning: the ends, and what is as planned."""
    aloud = (0, 3, 10) if kind == "effort" else (0, 10)
    return {value: text for low, high, text in BANDS[kind] for value in range(low, high + 1) if value in aloud}


def _policy(style: str, script: str) -> str:
    """The page's own style and script, known by their digests, and nothing else."""
    own = f"style-src {_digest(style)}; script-src {_digest(script)}"
    return f"default-src 'none'; {own}; base-uri 'none'; form-action 'none'"


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _style() -> str:
    return (FRAME / "style.css").read_text(encoding="utf-8") + _text("checkin.css")


@cache
def _text(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


@cache
def _template() -> Any:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("checkin.html.j2")
