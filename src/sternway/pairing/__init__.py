"""How do a clip and its server come to trust each other? Invitation, household, certificate authority, TLS."""
