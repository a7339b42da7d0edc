"""Where do the walker, the family and the physiotherapist look? Store, ingest and pages."""
