-- Which clusters does nothing of the same proxy use? (Left out: proxies in which traffic itself decides on the cluster.)
SELECT c.mesh, c.name, count(*) AS proxies, min(c.proxy) AS for_example, min(c.destination_rule) AS destination_rule
FROM clusters c
WHERE c.direction = 'outbound'
  AND NOT EXISTS (
    SELECT 1 FROM cluster_uses u
    WHERE u.mesh = c.mesh AND u.date = c.date AND u.proxy = c.proxy AND u.cluster = c.name
  )
  AND NOT EXISTS (
    SELECT 1 FROM cluster_uses u
    WHERE u.mesh = c.mesh AND u.date = c.date AND u.proxy = c.proxy AND u.cluster = '*'
  )
GROUP BY c.mesh, c.name
ORDER BY proxies DESC, c.mesh, c.name
