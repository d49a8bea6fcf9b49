"""Why a drawing is read as it is, and what would make it another digit."""
