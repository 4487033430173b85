"""What emotion a face shows."""
