"""What the tables, columns and signals of the data are called on a page, and what a missing signal costs."""

from __future__ import annotations

TABLES = {
    "sessions": "Sessions",
    "contacts": "Contacts between sessions",
    "ratings": "Monthly ratings",
    "clients": "Clients",
    "outcomes": "Outcome measures",
    "clinicians": "Clinicians",
    "surveys": "Surveys",
    "supports": "Supports",
    "selfcare_plan": "Self-care plans",
    "changes": "Known changes",
    "agenda": "Agreements",
}
SETTINGS = {
    "weekends_after_hours": "Saturdays and Sundays are out of hours",
    "workday_start": "Start of the working day, where no other is on record",
    "workday_end": "End of the working day, where no other is on record",
    "names": "Names on pages",
    "min_people": "Fewest people behind a figure of a team",
    "min_respondents": "Fewest answers behind a team's survey figure",
    "supervision_hours_a_month": "Hours of supervision a month, at least",
    "interventions": "Own interventions",
    "measures": "Outcome measures with a reliable change",
}
COLUMNS = {
    "Effort": {
        ("sessions", "prep_minutes"): "time for preparation",
        ("sessions", "note_minutes"): "time for notes",
        ("sessions", "scheduled_minutes"): "planned length",
        ("sessions", "actual_minutes"): "actual length",
        ("sessions", "clinician_effort_rating"): "own effort, rated",
        ("sessions", "clinician_talk_share"): "clinician’s share of the talk",
    },
    "Contacts between sessions": {
        ("contacts", "client_id"): "client",
        ("contacts", "minutes"): "length",
        ("contacts", "direction"): "who contacted whom",
        ("contacts", "channel"): "call, text, e-mail or other",
        ("contacts", "planned"): "whether agreed beforehand",
    },
    "Engagement": {
        ("sessions", "minutes_late"): "minutes late",
        ("sessions", "homework_set"): "whether homework was set",
        ("sessions", "homework_done"): "homework done, where it was set",
        ("sessions", "srs_total"): "session rating (SRS)",
        ("sessions", "ors_total"): "outcome rating (ORS)",
        ("sessions", "client_engagement_rating"): "engagement, rated by the clinician",
        ("sessions", "change_talk_share"): "share of change talk",
        ("sessions", "sustain_talk_share"): "share of sustain talk",
    },
    "Stage of change": {
        ("sessions", "stage_of_change"): "client’s stage of change",
        ("sessions", "interventions"): "interventions",
    },
    "Case mix": {
        ("sessions", "crisis"): "whether in crisis",
        ("sessions", "trauma_focus"): "whether with trauma focus",
        ("sessions", "modality"): "in person, video or other",
        ("clients", "intake_date"): "date of intake",
        ("clients", "severity"): "severity",
        ("clients", "trauma_history"): "trauma history",
        ("clients", "access_barrier"): "barrier to access",
        ("clients", "programme"): "programme",
        ("clients", "ended_on"): "date of the end",
        ("clients", "end_reason"): "reason of the end",
    },
    "Monthly ratings": {
        ("ratings", "rated_on"): "date of the rating",
        ("ratings", "effort"): "effort with a client, rated",
        ("ratings", "engagement"): "engagement of a client, rated",
        ("ratings", "stage_of_change"): "stage of change in the month",
        ("ratings", "interventions"): "interventions of the month",
        ("ratings", "crisis"): "whether in crisis in the month",
        ("ratings", "access_barrier"): "barrier to access in the month",
    },
    "Outcome measures": {
        ("outcomes", "score"): "score of an outcome measure",
        ("outcomes", "higher_is_better"): "whether a higher score is better",
    },
    "Clinicians": {
        ("clinicians", "supervisor_id"): "supervisor",
        ("clinicians", "team"): "team",
        ("clinicians", "fte"): "share of a full-time post",
        ("clinicians", "started_on"): "date of start",
        ("clinicians", "workday_start"): "start of the working day",
        ("clinicians", "workday_end"): "end of the working day",
        ("clinicians", "weekly_client_hours"): "client hours a week by contract",
        ("clinicians", "shares_surveys"): "whether surveys are shared, yes or no",
    },
    "Known changes": {
        ("changes", "clinician_id"): "clinician of a change",
        ("changes", "team"): "team of a change",
        ("changes", "kind"): "kind of a change",
        ("changes", "what"): "what changed",
        ("changes", "declared_by"): "who declared a change",
    },
    "Plans and agreements": {
        ("selfcare_plan", "goal"): "goal of the self-care plan",
        ("selfcare_plan", "kind"): "kind of goal",
        ("selfcare_plan", "planned_times"): "times planned",
        ("selfcare_plan", "done_times"): "times done",
        ("selfcare_plan", "barrier"): "barrier",
        ("agenda", "flag"): "question of an agreement",
        ("agenda", "decision"): "what was agreed",
        ("agenda", "review_month"): "month of review",
        ("agenda", "outcome"): "what came of it",
    },
}
COSTS = {
    "prep": "the work before sessions",
    "notes": "the work after sessions",
    "overrun": "sessions that run over their time",
    "contacts_to": "calls and messages for clients",
    "after_hours": "work in evenings and at weekends",
    "rebooking": "what it takes to bring clients back",
    "effort_rating": "how the work felt",
    "talk_share": "who carries the conversation",
    "effort_checkin": "how hard the work was",
    "attendance": "whether clients come",
    "lateness": "whether clients come in time",
    "homework": "what clients do between sessions",
    "srs": "how clients see the sessions",
    "engagement_rating": "how engaged clients seemed",
    "contacts_from": "clients who reach out by themselves",
    "change_talk": "how clients speak of change",
    "sustain_talk": "how clients speak against change",
    "engagement_checkin": "how engaged clients were",
}
"""Of what less is known without a signal."""


def column_words(table: str, column: str) -> str:
    """What a column holds; one that is called nothing here keeps its name."""
    return next(
        (words[table, column] for words in COLUMNS.values() if (table, column) in words), column.replace("_", " ")
    )
