"""RESEARCH: what a researcher does beyond the monthly pages: explore, plan a study, publish."""
