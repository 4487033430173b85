"""The sync network as a training: which clips tell sound from face, whose offsets are found first, and how well."""
