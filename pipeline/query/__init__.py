"""Questions in SQL and their answers as text, CSV and JSON."""
