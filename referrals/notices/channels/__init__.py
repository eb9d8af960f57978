"""The ways a message goes out: one file each, one function each, one refusal."""
