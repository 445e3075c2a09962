"""Small configurations drawn at random, run by a real Envoy, and what the trace says of the same requests.

Theory of operation. ``sketch`` draws a listener from a seed: HTTP filters (``filters``: a drawer a type), routes
(``routes``), settings of the connection manager (``manager``), and the requests for it. All share one small
vocabulary (``draw``), so conditions are met about as often as not. ``laboratory`` runs many listeners in one Envoy
with upstreams that tell what they saw; ``run`` draws and sends, ``report`` compares. Each listener has its own seed, ``SEED:NUMBER``, by which
it is drawn again alone. ``balance`` draws clusters and asks each many times: which host, how often. ``wire`` draws odd
requests as bytes of HTTP/1 and HTTP/2: what the codecs and the connection manager make of them.
"""
