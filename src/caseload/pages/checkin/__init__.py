"""The monthly check-in: one offline page for each clinician, which asks what no export holds.

    practice ──form──▶ what a clinician's form asks ──page──▶ one file of HTML ──forms──▶ in place

`words` are what the form says of numbers, stages and interventions; `questionnaires` are those that are asked for.
Reading the saved files back is the intake's: `intake.exports.checkins`.
"""
