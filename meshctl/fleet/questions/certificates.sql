-- Which certificates end soon (or have ended)?
-- :within duration = 7d   how soon
SELECT not_after, mesh, workload, proxy, name, names
FROM secrets
WHERE kind = 'certificate' AND not_after < :within
ORDER BY not_after, mesh, proxy, name
