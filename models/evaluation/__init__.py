"""Networks that score generated video."""
