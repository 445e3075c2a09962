-- Which pods let a port pass Envoy by (or may do so)?
-- :port text   the port
SELECT c.mesh, c.workload, c.proxy, c.family, c.direction, c.what, c.outcome, c.origin
FROM capture c
WHERE c.outcome NOT LIKE 'to %'
  AND (
    (c.what = 'port' AND c.value = :port)
    OR (c.what = 'default' AND NOT EXISTS (
      SELECT 1 FROM capture e
      WHERE e.mesh = c.mesh AND e.date = c.date AND e.proxy = c.proxy AND e.family = c.family
        AND e.direction = c.direction AND e.what = 'port' AND e.value = :port
    ))
  )
ORDER BY c.mesh, c.workload, c.proxy, c.family, c.direction
