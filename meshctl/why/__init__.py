"""Why a request ended as its access log line says: lines read, flags and details explained, the trace compared."""
