"""Emergency access: it opens first and is documented after, and somebody looks at each (R-P2-14, R-S-03)."""
