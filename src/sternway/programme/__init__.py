"""What does the programme of weeks ask for? Plan, rules, journal, history and trends. Pure."""
