"""The sample clips and their sound, made on the spot."""
