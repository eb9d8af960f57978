"""What is before me: the list of everything that waits for, or comes from, the places of one person."""
