"""The flows: listing, extraction, identities, the report. Ray lives here and nowhere else."""
