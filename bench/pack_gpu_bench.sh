#!/bin/sh
# Packs what the GPU benchmark needs on a machine without network into a folder: the benchmark as one file, Deno, and the loaders of Vulkan and OpenGL.
#
#     bench/pack_gpu_bench.sh .gpu        # about 42 MB; the folder must not be committed
#     sh .gpu/run.sh --frames 1000 --size 256 --breakdown
set -eu
folder=${1:?"name a folder"}
mkdir -p "$folder"
deno bundle -o "$folder/gpu_bench.js" bench/gpu_bench.ts
gzip -c "$(readlink -f "$(command -v deno)")" > "$folder/deno.gz"
(cd "$folder" && apt-get download libvulkan1 libegl1 libglvnd0 libopengl0 libgl1 libglx0 libgles2)
cat > "$folder/run.sh" <<'RUN'
#!/bin/sh
# Unpacks and runs the benchmark with the arguments given; prints JSON.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=${TMPDIR:-/tmp}/exitwave-gpu
mkdir -p "$work" "$work/run"
[ -x "$work/deno" ] || { gzip -dc "$here/deno.gz" > "$work/deno"; chmod +x "$work/deno"; }
if ! ldconfig -p | grep -q libvulkan; then
  for package in "$here"/*.deb; do dpkg -x "$package" "$work/vulkan"; done
  LD_LIBRARY_PATH=$work/vulkan/usr/lib/x86_64-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  export LD_LIBRARY_PATH
fi
# Where NVIDIA's container tools put the driver's manifest, if it is not where the loader looks.
for manifest in /usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json; do
  [ -e /etc/vulkan/icd.d/nvidia_icd.json ] || [ -e /usr/share/vulkan/icd.d/nvidia_icd.json ] || [ ! -e "$manifest" ] ||
    export VK_DRIVER_FILES="$manifest"
done
export DENO_WEBGPU_BACKEND=vulkan XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-$work/run}"
exec "$work/deno" run -A --no-remote --no-npm "$here/gpu_bench.js" "$@"
RUN
