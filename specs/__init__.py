"""What algorithms are checked against: properties that many of them share."""
