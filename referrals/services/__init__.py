"""Everything that reads or changes a referral goes through here."""
