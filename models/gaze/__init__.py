"""Where a face looks."""
