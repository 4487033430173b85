"""What is to be worked on: URIs, folders, manifests, and the identity of a source."""
