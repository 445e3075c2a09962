-- Which workloads take connections without TLS on captured ports (PERMISSIVE or DISABLE)?
SELECT mesh, namespace, workload, port, count(DISTINCT proxy) AS proxies
FROM filter_chains
WHERE listener = 'virtualInbound' AND tls = 'no' AND port IS NOT NULL
  AND port NOT IN (15001, 15006, 15008, 15020, 15021, 15090)
GROUP BY mesh, namespace, workload, port
ORDER BY mesh, namespace, workload, port
