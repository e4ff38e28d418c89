#!/usr/bin/env bash
# The tables of bench/run.py on a GPU: lmd through Vulkan, the peers through CUDA.
#
# NEVER RUN: written where no GPU was at hand. (lmd builds with Vulkan; on SwiftShader, a device in
# software, it ran and drew nonsense, on lavapipe the driver crashed.) What it does not know yet: whether lmd's Vulkan
# device draws at all on your card, in which precision, and how long the shaders' first
# compilation takes (a first, uncounted picture pays for it below).
#
#     bench/gpu.sh [MODEL] [flags of bench/run.py]
#
# MODEL is a diffusers folder, by default the bundled one; for Stable Diffusion 1.5's shapes make
# one with `python bench/parity/full_size.py FOLDER`. Needs a Rust toolchain, a Vulkan driver,
# and a Python with bench/parity/requirements.txt (its torch must be a CUDA build).
# PRECISION=f32 in the environment compares full precision; the default is f16 for both.
set -euo pipefail
cd "$(dirname "$0")/.."

model=assets/model
if [[ $# -gt 0 && $1 != -* ]]; then model=$1; shift; fi
case ${PRECISION:-f16} in
    f16) lmd_dtype=f16 torch_dtype=float16 ;;
    f32) lmd_dtype=f32 torch_dtype=float32 ;;
    *) echo "PRECISION must be f16 or f32" >&2; exit 2 ;;
esac

cargo build --release --workspace --bins --examples --features lmd/vulkan
python -c 'import torch; assert torch.cuda.is_available(), "this torch sees no GPU"'
nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader

scratch=$(mktemp -d)
# Memory on the card by process, twice a second; the table's `peak` is the host's.
nvidia-smi --query-compute-apps=process_name,used_memory --format=csv,noheader,nounits -lms 500 \
    > "$scratch/memory" 2>/dev/null &
sampler=$!
trap 'kill "$sampler" 2>/dev/null || true; rm -rf "$scratch"' EXIT

target/release/lmd draw bench/peers/layouts/1.json --model bundled --device vulkan --dtype "$lmd_dtype" \
    --preset faithful --steps 2 --seed 5 --output "$scratch/first.png"
status=0
python bench/run.py --lmd target/release/lmd --model "$model" --growth --presets \
    --device cuda --dtype "$torch_dtype" --lmd-device vulkan --lmd-dtype "$lmd_dtype" "$@" || status=$?

echo
echo "| process | most memory on the card, MB |"
echo "|---|--:|"
awk -F', ' '$2 + 0 > most[$1] { most[$1] = $2 + 0 } END { for (name in most) print "| " name " | " most[name] " |" }' \
    "$scratch/memory"
exit "$status"
