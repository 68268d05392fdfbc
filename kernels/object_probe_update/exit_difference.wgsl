struct Params {
  items: u32,
  modes: u32,
  rows: u32,
  cols: u32,
  exitWave: vec2u,
  wave: vec2u,
  address: vec2u,
  errors: vec2u,
}

@group(0) @binding(0) var<storage, read_write> exitWave: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> wave: array<vec2f>;
@group(0) @binding(2) var<storage, read> probe: array<vec2f>;
@group(0) @binding(3) var<storage, read> object: array<vec2f>;
@group(0) @binding(4) var<storage, read> address: array<i32>;
@group(0) @binding(5) var<storage, read_write> errors: array<f32>;
@group(0) @binding(6) var<storage, read_write> work: array<vec4f>;
@group(0) @binding(7) var<uniform> p: Params;

@compute @workgroup_size(256)
fn exit_difference_slices(
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
  var sum = 0.0;
  for (var i = slice.begin + local; i < slice.end; i += 256u) {
    let at = Place(true, slice.item, 0u, i);
    let w = waveAt(p.wave, at);
    let now = wave[w];
    let change = now - mul(probe[probeAt(row, i)], object[objectAt(row, i)]);
    exitWave[waveAt(p.exitWave, at)] = now;
    wave[w] = change;
    sum += abs2(change);
  }
  let total = sumGroup(vec4f(sum, 0.0, 0.0, 0.0), local);
  if (local == 0u) {
    work[index] = total;
  }
}

@compute @workgroup_size(256)
fn exit_difference(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let item = flatGroup(group, groups);
  if (item >= p.items) {
    return;
  }
  let total = sumSlices(item, local);
  if (local == 0u) {
    errors[itemAt(p.errors, item) + 2u] = total.x;
  }
}
