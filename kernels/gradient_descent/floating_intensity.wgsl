struct Params {
  items: u32,
  modes: u32,
  rows: u32,
  cols: u32,
  intensity: vec2u,
  diffraction: vec2u,
  mask: vec2u,
  coefficient: vec2u,
  poisson: u32,
  renormalization: f32,
}

@group(0) @binding(0) var<storage, read_write> intensity: array<f32>;
@group(0) @binding(1) var<storage, read> diffraction: array<f32>;
@group(0) @binding(2) var<storage, read> mask: array<u32>;
@group(0) @binding(3) var<storage, read_write> coefficient: array<f32>;
@group(0) @binding(4) var<storage, read_write> work: array<vec4f>;
@group(0) @binding(5) var<uniform> p: Params;

@compute @workgroup_size(256)
fn floating_intensity_slices(
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
    let measured = diffraction[imageAt(p.diffraction, at)];
    let model = intensity[imageAt(p.intensity, at)];
    let byte = imageAt(p.mask, at);
    if (p.poisson == 1u) {
      sum += vec4f(measured, model, 0.0, 0.0);
    } else if (isValid(mask[byte / 4u], byte)) {
      let weight = p.renormalization / (1.0 / p.renormalization + measured);
      sum += vec4f(weight * model * measured, weight * model * model, 0.0, 0.0);
    }
  }
  let total = sumGroup(sum, local);
  if (local == 0u) {
    work[index] = total;
  }
}

@compute @workgroup_size(256)
fn floating_intensity_factor(
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
    var factor = 1.0;
    if (total.y > 0.0) {
      factor = total.x / total.y;
    }
    coefficient[itemAt(p.coefficient, item)] = factor;
  }
}

@compute @workgroup_size(256)
fn floating_intensity(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let at = imagePlace(flatIndex(group, groups, local));
  if (at.inside) {
    intensity[imageAt(p.intensity, at)] *= coefficient[itemAt(p.coefficient, at.item)];
  }
}
