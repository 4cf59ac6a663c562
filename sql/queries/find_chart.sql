SELECT revision FROM chart_revisions WHERE digest = $1::text
