"""FHIR R4 (bulk exports in NDJSON, Bundles in JSON): resources → the reader's tables, which a map turns into ours.

`files` reads JSON, `elements` takes elements out of a resource, `people` resolves references, `resources` keeps of
every resource what is needed, `sessions` and `answers` make rows of them, `reader` ties them together.
"""
