-- Of which proxies was not everything given, so that other answers about them may lack something?
SELECT mesh, unknown, count(*) AS proxies, min(proxy) AS for_example
FROM proxies
WHERE unknown IS NOT NULL
GROUP BY mesh, unknown
ORDER BY proxies DESC, mesh, unknown
