-- Which proxies have the largest configurations?
-- :top whole = 10   how many of them
SELECT mesh, workload, proxy, round(dump_bytes / 1e6, 1) AS megabytes, listeners, routes, clusters, endpoints
FROM proxies
ORDER BY dump_bytes DESC, mesh, proxy
LIMIT :top
