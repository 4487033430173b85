"""Whose face it is: vectors that tell people apart."""
