// Lists, for every tile of 16 * 16 object pixels, the pods whose view touches it, in their order: counts, then places, then the lists.
// `tiles` is as in tiles.wgsl.

struct Params {
  pods: u32,
  rows: u32,
  cols: u32,
}

@group(0) @binding(0) var<storage, read_write> tiles: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> pods: array<u32>;
@group(0) @binding(2) var<storage, read> address: array<i32>;
@group(0) @binding(3) var<uniform> p: Params;

const TILE = 16u;
const ADDRESS_COLUMNS = 7u;
const OBJECT_START = 1u;
const OY = 3u;
const OX = 4u;

fn touches(pod: u32, layer: vec4u, tile: vec4u) -> bool {
  let row = pod * ADDRESS_COLUMNS;
  let y = u32(address[row + OY]);
  let x = u32(address[row + OX]);
  return u32(address[row + OBJECT_START]) == layer.x && y < tile.x + TILE && tile.x < y + p.rows &&
    x < tile.y + TILE && tile.y < x + p.cols;
}

@compute @workgroup_size(256)
fn count_views(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let tile = 256u * (group.y * groups.x + group.x) + local;
  if (tile >= arrayLength(&tiles) / 2u) {
    return;
  }
  var count = 0u;
  for (var pod = 0u; pod < p.pods; pod++) {
    count += select(0u, 1u, touches(pod, tiles[2u * tile], tiles[2u * tile + 1u]));
  }
  tiles[2u * tile + 1u].w = count;
}

var<workgroup> sums: array<u32, 256>;

@compute @workgroup_size(256)
fn place_lists(@builtin(local_invocation_index) local: u32) {
  let count = arrayLength(&tiles) / 2u;
  let share = (count + 255u) / 256u;
  let end = min(count, share * (local + 1u));
  var sum = 0u;
  for (var tile = share * local; tile < end; tile++) {
    sum += tiles[2u * tile + 1u].w;
  }
  sums[local] = sum;
  workgroupBarrier();
  var first = 0u;
  for (var i = 0u; i < local; i++) {
    first += sums[i];
  }
  for (var tile = share * local; tile < end; tile++) {
    tiles[2u * tile + 1u].z = first;
    first += tiles[2u * tile + 1u].w;
  }
}

@compute @workgroup_size(256)
fn list_views(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let tile = 256u * (group.y * groups.x + group.x) + local;
  if (tile >= arrayLength(&tiles) / 2u) {
    return;
  }
  var at = tiles[2u * tile + 1u].z;
  for (var pod = 0u; pod < p.pods; pod++) {
    if (touches(pod, tiles[2u * tile], tiles[2u * tile + 1u])) {
      pods[at] = pod;
      at++;
    }
  }
}
