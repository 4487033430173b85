"""Networks on GPUs, shared by all workers."""
