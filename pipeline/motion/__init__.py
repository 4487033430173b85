"""The motion generator as a training task, on windows of a catalog."""
