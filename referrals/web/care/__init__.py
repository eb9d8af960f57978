"""What a clinician or a coordinator does in a referral: screens, notes, offers, consents, emergencies."""
