"""A dump read: documents, sections, snapshot, the typed read model, the read models of the tables."""
