"""A de-identified analysis set of a practice: tables, codebook, methods paragraph and figures that can be published.

The flow: `estimates` (what is known of each month at its end) → `people` (what is said of a person) → `treatment` (no
combination of that is shared by fewer than k) → `tables` (new numbers for identifiers, coarse values) → `datapackage`,
`methods` and `figures` (how it is written down) → `publish` (the folder). `classes` counts people alike.
"""
