-- To which clusters can nothing be sent, because they have no endpoint?
SELECT c.mesh, c.name, count(*) AS proxies, min(c.proxy) AS for_example
FROM clusters c
JOIN proxies p ON p.mesh = c.mesh AND p.date = c.date AND p.proxy = c.proxy
WHERE c.type = 'EDS' AND c.direction = 'outbound'
  AND (p.unknown IS NULL OR p.unknown NOT LIKE '%endpoints%')
  AND NOT EXISTS (
    SELECT 1 FROM endpoints e
    WHERE e.mesh = c.mesh AND e.date = c.date AND e.proxy = c.proxy AND e.cluster = c.name
  )
GROUP BY c.mesh, c.name
ORDER BY proxies DESC, c.mesh, c.name
