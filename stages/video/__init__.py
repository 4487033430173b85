"""Video files: frames and sound by timestamp, read and written."""
