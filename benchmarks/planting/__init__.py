"""Catalogs of motion that follows a law which is known."""
