"""Watch it learn: a new network trains from nothing, in a process of its own, while one draws."""
