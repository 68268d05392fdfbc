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

fn differencePixel(at: Place, z: ptr<function, vec2f>) -> vec4f {
  let row = addressAt(p.address, at);
  exitWave[waveAt(p.exitWave, at)] = *z;
  *z -= mul(probe[probeAt(row, at.pixel)], object[objectAt(row, at.pixel)]);
  return vec4f(abs2(*z), 0.0, 0.0, 0.0);
}

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
  var sum = vec4f();
  for (var i = slice.begin + local; i < slice.end; i += 256u) {
    let at = Place(true, slice.item, 0u, i);
    let w = waveAt(p.wave, at);
    var z = wave[w];
    sum += differencePixel(at, &z);
    wave[w] = z;
  }
  let total = sumGroup(sum, local);
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
