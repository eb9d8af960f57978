"""What a client gets to know: an accounting of who was given what, and the receipt book they read it in themselves."""
