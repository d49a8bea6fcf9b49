"""The contenders of a race, ours and the frameworks, each in a process of its own."""
