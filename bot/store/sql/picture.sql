-- put_picture: insert or replace one picture of a job, if the claim is current
INSERT INTO picture (job, position, call, state, address, blob, media_type, width, height, size_bytes, error, layer_z, layer_name, layer_box)
SELECT id, :position, :call, :state, :address, :blob, :media_type, :width, :height, :size_bytes, :error,
    :layer_z, :layer_name, :layer_box
FROM job WHERE id = :job AND epoch = :epoch
ON CONFLICT (job, position) DO UPDATE
SET call = excluded.call, state = excluded.state, address = excluded.address, blob = excluded.blob,
    media_type = excluded.media_type, width = excluded.width, height = excluded.height, size_bytes = excluded.size_bytes, error = excluded.error,
    layer_z = excluded.layer_z, layer_name = excluded.layer_name, layer_box = excluded.layer_box
RETURNING job;

-- load_pictures: a job's pictures in order
SELECT * FROM picture WHERE job = :job ORDER BY position;

-- begin_opening: record that a picture is being opened
UPDATE job SET opening = :number WHERE id = :job AND epoch = :epoch RETURNING id;

-- end_opening: no picture is being opened
UPDATE job SET opening = NULL WHERE id = :job AND epoch = :epoch RETURNING id;
