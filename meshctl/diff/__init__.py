"""What differs between two proxies: resources by name and meaning, fields by path, requests by their outcome.

Theory of operation. Resources in force are paired by kind and name. Equal bytes are equal; what is left is brought into
canonical form by the schema (defaults dropped, one notation) and compared field by field, lists by what names their items
(``values``). Versions, times, the order of maps, a pod's own addresses and certificates do not count unless all is asked
for. What is missing on a side that was not given whole is not removed: it is not decidable. ``replay`` sends requests
through both proxies; ``traffic`` finds such requests itself, from the witnesses of the checks.
"""
