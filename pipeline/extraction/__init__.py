"""From listed sources to a catalog, exactly once; `run.py` has the flow."""
