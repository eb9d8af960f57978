"""Signing in by an agency's own directory (Entra, Google): OpenID Connect, for members of that agency alone."""
