"""The registry of weights: where each file comes from, its licence, and where it is kept on this machine."""
