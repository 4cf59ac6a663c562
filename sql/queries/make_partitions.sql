SELECT onus_make_partitions($1::timestamptz, 2)
