-- Where are requests copied to?
SELECT mesh, domains, cluster, destination, virtual_service, count(DISTINCT proxy) AS proxies
FROM routes
WHERE mirror
GROUP BY mesh, domains, cluster, destination, virtual_service
ORDER BY proxies DESC, mesh, domains, cluster, virtual_service
