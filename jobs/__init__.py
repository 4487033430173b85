"""One command a file: parse a config, call the pipeline, say what to look at next."""
