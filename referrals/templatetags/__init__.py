"""What templates of the pages for staff can say."""
