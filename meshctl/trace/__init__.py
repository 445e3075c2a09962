"""The walk through a mesh: packets, pods, services, networks, outcomes, requests, why-not."""
