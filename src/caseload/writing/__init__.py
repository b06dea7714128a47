"""WRITE: the only way to a file. Whole or not at all, one writer at a time, for the user alone, never over an input.

- `places`: where may be written, and where not
- `locks`: one writer at a time
- `scratch`: folders for unfinished files, and the removal of those that dead processes have left
- `whole`: files in place whole, alone or together; a file that several programs edit
- `exchange`: a folder whose files change together
"""
