-- Which endpoints are not used, by the control plane's word or by an Envoy's own?
SELECT mesh, cluster, address, port, health, failing, count(DISTINCT proxy) AS proxies, min(proxy) AS for_example
FROM endpoints
WHERE failing IS NOT NULL OR health NOT IN ('HEALTHY', 'UNKNOWN')
GROUP BY mesh, cluster, address, port, health, failing
ORDER BY proxies DESC, mesh, cluster, address, port, health, failing
