"""From the mesh's manifests to Envoy's resources, as istiod makes them; ``proxy`` puts a pod's together."""
