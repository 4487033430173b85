"""One label a file: what a stage tells of a clip."""
