#!/bin/sh
# One piece (under ten minutes) of the `full` size on a GPU: run-full.sh ART RUNS [MINUTES]. Run it again
# until it says "export"; every piece goes on where the last one stopped. To carry a run between machines,
# copy RUNS/full (its checkpoints hold f32 weights and optimiser state) or, smaller, only the exported folder
# RUNS/full/model (files below 16 MiB) and start with --resume-from.
set -eu
art=$1 runs=$2 minutes=${3:-9}
end=$(($(date +%s) + minutes * 60))

# What each stage needs of about 25 minutes on one large GPU; the U-Net gets what is left.
for stage in ae text unet decoder detector adapters export; do
    left=$((end - $(date +%s)))
    [ "$left" -gt 20 ] || exit 0
    python -u -m training.train --size full --device cuda --threads 8 --art "$art" --runs "$runs" \
        --stage "$stage" --minutes "$(awk "BEGIN{print $left/60}")"
done
