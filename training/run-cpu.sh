#!/bin/sh
# All stages of the `cpu` size on two cores: run-cpu.sh ART [RUNS]. Stop and start it as you like.
# Two single-threaded workers share the long stages; on a quiet machine WORKERS=1 THREADS=2 is as fast.
set -eu
art=$1 runs=${2:-training/runs} workers=${WORKERS:-2} threads=${THREADS:-1}
export GLIBC_TUNABLES=glibc.malloc.hugetlb=1 MASTER_ADDR=127.0.0.1 MASTER_PORT=${MASTER_PORT:-29517}

stage() { nice -n 19 python -u -m training.train --threads "$threads" --size cpu --art "$art" --runs "$runs" --stage "$@"; }

shared() {
    export WORLD_SIZE=$workers
    rank=1
    while [ "$rank" -lt "$workers" ]; do
        RANK=$rank stage "$@" &
        rank=$((rank + 1))
    done
    RANK=0 stage "$@"
    wait
    export WORLD_SIZE=1
}

if [ -n "${RESUME_FROM:-}" ]; then # go on from an exported folder
    shared unet --resume-from "$RESUME_FROM"
else
    shared ae
    stage text
    shared unet --close --batch 48 --steps 15150                 # crops, the rate high
    shared unet --batch 16 --steps 18800 --cooldown 3000          # whole pictures, the rate falling
fi
shared decoder
shared detector
shared adapters
stage export --out "$runs/cpu/model"
