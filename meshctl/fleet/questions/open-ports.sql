-- On which ports do proxies really listen for everybody, beside Istio's own?
SELECT mesh, port, protocol, count(DISTINCT proxy) AS proxies, count(DISTINCT workload) AS workloads, min(proxy) AS for_example
FROM listeners
WHERE bound AND address NOT LIKE '127.%' AND address <> '::1' AND port IS NOT NULL
  AND port NOT IN (15001, 15006, 15008, 15020, 15021, 15053, 15090)
GROUP BY mesh, port, protocol
ORDER BY proxies DESC, mesh, port, protocol
