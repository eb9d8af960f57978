"""The privacy officer's desk: alerts computed from the log, the weekly review, incidents, complaints."""
