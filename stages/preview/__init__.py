"""Small pictures of a clip for the report."""
