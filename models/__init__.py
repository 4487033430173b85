"""Networks, labellers and weights: one network a file. Imports nothing of ours but its own neighbours."""
