struct Params {
  items: u32,
  modes: u32,
  rows: u32,
  cols: u32,
  difference: vec2u,
  address: vec2u,
  alpha: f32,
}

@group(0) @binding(0) var<storage, read_write> object: array<vec2f>;
@group(0) @binding(1) var<storage, read> probe: array<vec2f>;
@group(0) @binding(2) var<storage, read> difference: array<vec2f>;
@group(0) @binding(3) var<storage, read> address: array<i32>;
@group(0) @binding(4) var<storage, read_write> work: array<vec4f>;
@group(0) @binding(5) var<uniform> p: Params;

@compute @workgroup_size(256)
fn object_update_local_slices(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = flatGroup(group, groups);
  let slice = sliceOf(index);
  if (!slice.inside) {
    return;
  }
  let row = itemAt(p.address, slice.item);
  var most = 0.0;
  for (var i = slice.begin + local; i < slice.end; i += 256u) {
    most = max(most, abs2(probe[probeAt(row, i)]));
  }
  let total = maxGroup(vec4f(most), local);
  if (local == 0u) {
    work[index] = total;
  }
}

@compute @workgroup_size(256)
fn object_update_local(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = flatGroup(group, groups);
  let slice = sliceOf(index);
  if (!slice.inside) {
    return;
  }
  let peak = maxSlices(slice.item, local).x;
  if (peak == 0.0) {
    return;
  }
  let row = itemAt(p.address, slice.item);
  for (var i = slice.begin + local; i < slice.end; i += 256u) {
    let change = difference[waveAt(p.difference, Place(true, slice.item, 0u, i))];
    object[objectAt(row, i)] += p.alpha / peak * mulConj(probe[probeAt(row, i)], change);
  }
}
