"""Acts that wait: an offer to be made when intake opens. The gate is asked when it is done, not when it was said."""
