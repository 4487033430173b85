"""The networks that label clips, each beside the bare loop over the same network: `benchmarks/labellers.py`."""
