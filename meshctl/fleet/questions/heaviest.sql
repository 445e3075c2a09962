-- Which resources take the most room in all proxies together?
-- :top whole = 10   how many of them
SELECT c.kind, c.name, max(r.bytes) AS bytes, count(*) AS copies, round(sum(r.bytes) / 1e6, 1) AS megabytes
FROM configuration c
JOIN resources r ON r.hash = c.hash
GROUP BY c.kind, c.name
ORDER BY sum(r.bytes) DESC, c.kind, c.name
LIMIT :top
