"""Listing, fetching, adding and checking weights for a user."""
