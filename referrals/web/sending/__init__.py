"""A new referral: told on one page, looked at, sent. Drafts are kept by the server, sealed, for their author."""
