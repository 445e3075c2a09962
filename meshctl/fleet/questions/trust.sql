-- Whom do proxies trust? More than one root in a mesh is a rotation under way, or a mistake.
SELECT mesh, trust_domain, serial, subject, not_after, count(DISTINCT proxy) AS proxies, min(proxy) AS for_example
FROM secrets
WHERE kind = 'authority'
GROUP BY mesh, trust_domain, serial, subject, not_after
ORDER BY mesh, proxies DESC, serial, trust_domain
