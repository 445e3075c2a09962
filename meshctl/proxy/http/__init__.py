"""The connection manager: codec, headers and paths as they come in, who the client is, local replies."""
