"""Members of an agency: who belongs, by which role, how they sign in. No client's data comes near it."""
