"""Rules from whatever notation: iptables-save, -S, -L, nft text and JSON, logs of istio-init and istio-cni."""
