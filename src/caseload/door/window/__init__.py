"""The monthly run in a window of its own: its server, and the file that starts it by a double click."""
