"""What `benchmarks/labels.py` measures, one label a file; every measure takes a `Shelf` and returns `Finding`s."""
