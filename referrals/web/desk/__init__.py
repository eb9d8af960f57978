"""The privacy officer's desk as pages: the log of her agency, alerts, weeks, disclosures, incidents, complaints."""
