"""The institution's view of a team: what each indicator may show, over time, beside other teams, and in whose words."""
