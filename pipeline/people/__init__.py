"""Who is who in a catalog: clusters of face vectors, and names that stay."""
