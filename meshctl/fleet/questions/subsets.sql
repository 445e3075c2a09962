-- Which subsets of a service are known, which are routed to, and by how many proxies?
-- :host text   the service, by any beginning of its name
SELECT c.mesh, c.host, c.port, c.subset, count(DISTINCT c.proxy) AS known_by, count(DISTINCT r.proxy) AS routed_by
FROM clusters c
LEFT JOIN routes r ON r.mesh = c.mesh AND r.date = c.date AND r.proxy = c.proxy AND r.cluster = c.name
WHERE c.direction = 'outbound' AND (c.host = :host OR substr(c.host, 1, length(:host) + 1) = :host || '.')
GROUP BY c.mesh, c.host, c.port, c.subset
ORDER BY c.mesh, c.host, c.port, c.subset
