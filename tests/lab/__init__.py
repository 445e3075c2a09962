"""A mesh on one machine: pods as network namespaces with real iptables rules, Envoys and applications.

``model`` reads manifests, ``istio/`` turns them into Envoy's resources as istiod does (one module a kind of
resource), ``xds`` serves those, ``network`` makes the pods, ``process`` runs what lives in them, ``mesh`` holds all
of it together, ``snapshot`` writes what meshctl reads, ``traffic`` sends requests and ``observe`` says what became
of them. ``python -m tests.lab`` is the story; tests build meshes of their own.

To add a gateway: a pod with another template of listeners. ``istio/proxy.py`` says what resources a pod gets.
"""
