"""Whether somebody speaks, and features of what is said."""
