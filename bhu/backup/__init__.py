"""Backups of an installation: sealed to a key that is not on its machine, and put back."""
