"""The pages of notices: what is new for me, what reached nobody, how an agency is reached, how fast it answers."""
