SELECT count(*) AS waiting, min(next_at) FILTER (WHERE next_at <= $1::timestamptz) AS oldest FROM messages WHERE state = 'waiting'
