"""What every command line shares: options, places, exit codes, progress."""
