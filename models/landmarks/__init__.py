"""Points on a face, and the head pose and distance that they tell."""
