struct Params {
  items: u32,
  modes: u32,
  rows: u32,
  cols: u32,
  sums: vec2u,
  model: vec2u,
  change: vec2u,
  second: vec2u,
  diffraction: vec2u,
  mask: vec2u,
  coefficient: vec2u,
}

@group(0) @binding(0) var<storage, read_write> sums: array<f32>;
@group(0) @binding(1) var<storage, read> model: array<vec2f>;
@group(0) @binding(2) var<storage, read> change: array<vec2f>;
@group(0) @binding(3) var<storage, read> second: array<vec2f>;
@group(0) @binding(4) var<storage, read> diffraction: array<f32>;
@group(0) @binding(5) var<storage, read> mask: array<u32>;
@group(0) @binding(6) var<storage, read> coefficient: array<f32>;
@group(0) @binding(7) var<storage, read_write> work: array<vec4f>;
@group(0) @binding(8) var<uniform> p: Params;

@compute @workgroup_size(256)
fn line_poisson_slices(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = flatGroup(group, groups);
  let slice = sliceOf(index);
  if (!slice.inside) {
    return;
  }
  let factor = coefficient[itemAt(p.coefficient, slice.item)];
  var sum = vec4f();
  for (var i = slice.begin + local; i < slice.end; i += 256u) {
    let at = Place(true, slice.item, 0u, i);
    let byte = imageAt(p.mask, at);
    if (!isValid(mask[byte / 4u], byte)) {
      continue;
    }
    // A0, A1 and A2 of the intensity along the direction.
    var a = vec3f();
    for (var mode = 0u; mode < p.modes; mode++) {
      let place = Place(true, slice.item, mode, i);
      let f = model[waveAt(p.model, place)];
      let c = change[waveAt(p.change, place)];
      a += vec3f(abs2(f), 2.0 * dot(f, c), 2.0 * dot(f, second[waveAt(p.second, place)]) + abs2(c));
    }
    a *= factor;
    let measured = diffraction[imageAt(p.diffraction, at)];
    let intensity = a.x + 1e-6;
    let slope = 1.0 - measured / intensity;
    let ratio = a.y / intensity;
    sum += vec4f(a.y * slope, a.z * slope + 0.5 * measured * ratio * ratio, 0.0, 0.0);
  }
  let total = sumGroup(sum, local);
  if (local == 0u) {
    work[index] = total;
  }
}

@compute @workgroup_size(256)
fn line_poisson(
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
    let s = itemAt(p.sums, item);
    sums[s] = total.x;
    sums[s + 1u] = total.y;
  }
}
