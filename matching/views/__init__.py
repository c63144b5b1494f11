"""Pages of the matching, one noun a file."""
