"""From a cluster to the host: kinds of clusters, subsets, priorities, hashes, load balancing, TLS."""
