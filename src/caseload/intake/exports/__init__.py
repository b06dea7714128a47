"""Exports of practices' programs → a practice folder: `run.import_exports` is the way from end to end.

    files ──reading──▶ grids ──translate──▶ rows of our tables ──practice──▶ tables as they will be ──folder──▶ in place
            maps (formats/*.toml)   identify, keys, doubts        merge, stored

`texts`, `workbooks` and `fhir` read files into grids of text; `translate` makes our words, units and times of them
(`cells`, `moments`, each distinct text once: `coded`) and `identify` keyed identifiers; `merge` adds what is new and
corrects what differs; `folder` puts all files into place in one step. `guess` drafts a map for an unknown program.
"""
