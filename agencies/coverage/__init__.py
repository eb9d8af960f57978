"""Coverage: one agency takes what is newly sent to another, in hours and on days they agreed."""
