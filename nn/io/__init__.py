"""Files that are written whole or not at all, archives, model files, and what all commands share."""
