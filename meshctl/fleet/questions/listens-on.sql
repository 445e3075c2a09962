-- Which proxies listen on a port, or take connections to it in virtualInbound?
-- :port whole   the port
SELECT mesh, workload, proxy, name AS listener, address, protocol, 'a socket' AS how
FROM listeners
WHERE port = :port AND bound
UNION
SELECT mesh, workload, proxy, listener, NULL AS address, 'tcp' AS protocol, 'captured' AS how
FROM filter_chains
WHERE port = :port AND listener = 'virtualInbound'
ORDER BY mesh, workload, proxy, how, listener, address
