"""The front door: a month's run by buttons, for supervisors who never read code (`notebooks/monthly_run.ipynb`).

What can be chosen and what is said are plain values (`opened`, `decisions`, `made`); the rest shows them as
widgets. All that is done is done by the functions that the command line calls.
"""
