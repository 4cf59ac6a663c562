SELECT onus_drop_partition(onus_month_start($1::timestamptz, -$2::integer))
