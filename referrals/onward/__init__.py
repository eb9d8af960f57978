"""Where a referral goes besides who was picked: to who covers, and, if nobody answers, to who is named next."""
