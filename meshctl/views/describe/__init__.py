"""``describe``: the Kubernetes and Istio objects that act on a pod or a service, as its proxy has taken them in."""
