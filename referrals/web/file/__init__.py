"""One referral: what is asked, for whom, how it stands, what can be done now; and how it is printed, copied, taken."""
