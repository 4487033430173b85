"""What networks run on: devices, precision, batches, file formats, and pieces that several share."""
