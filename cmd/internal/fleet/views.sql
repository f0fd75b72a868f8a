
-- Programs that were named as the holder, by bundles.
CREATE OR REPLACE VIEW top_holders AS
SELECT image, count(DISTINCT bundle) AS bundles, count(DISTINCT host) AS machines, max(ports) AS most_ports
FROM holders WHERE named AND image <> '' GROUP BY image ORDER BY bundles DESC, image;

-- Causes of the deciding pools.
CREATE OR REPLACE VIEW causes AS
SELECT cause, outcome, count(*) AS bundles, count(DISTINCT host) AS machines
FROM bundles WHERE cause <> '' GROUP BY cause, outcome ORDER BY bundles DESC, cause, outcome;

-- When each program was first named as the holder on each build of Windows.
CREATE OR REPLACE VIEW first_seen_build AS
SELECT os_build, holder, min(exhausted_from) AS first_seen, count(*) AS bundles
FROM bundles WHERE holder <> '' GROUP BY os_build, holder ORDER BY os_build, holder;

-- Machines that ran out more than once.
CREATE OR REPLACE VIEW repeat_hosts AS
SELECT host, count(*) AS bundles, min(exhausted_from) AS first_time, max(exhausted_from) AS latest_time, list_sort(list(DISTINCT path)) AS paths
FROM bundles WHERE outcome = 'exhausted' AND host <> '' GROUP BY host HAVING count(*) > 1 ORDER BY bundles DESC, host;

-- Bundles that two versions of the program judge differently.
CREATE OR REPLACE VIEW verdict_changes AS
SELECT a.bundle AS bundle, a.path AS path, a.settings AS settings, a.version AS version_before, b.version AS version_after,
       a.outcome AS outcome_before, b.outcome AS outcome_after, a.holder AS holder_before, b.holder AS holder_after
FROM bundles AS a JOIN bundles AS b ON a.bundle = b.bundle AND a.settings = b.settings
WHERE a.version < b.version AND (a.outcome <> b.outcome OR a.holder <> b.holder OR a.cause <> b.cause)
ORDER BY path, version_before, version_after;
