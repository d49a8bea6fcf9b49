"""Models, pictures and settings on the disk."""
