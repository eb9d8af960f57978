"""Whom a notice reaches, sending it, the ladder over it, and what was measured of it."""
