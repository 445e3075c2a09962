"""Making saved configuration safe to share: secrets removed, names replaced, the result scanned."""
