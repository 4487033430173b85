"""One face from frame to frame: found, counted, followed, cropped."""
