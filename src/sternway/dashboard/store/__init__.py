"""What does the home server keep? Tables, intake of records, lookup, retention, export."""
