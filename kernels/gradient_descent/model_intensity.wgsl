struct Params {
  items: u32,
  modes: u32,
  rows: u32,
  cols: u32,
  intensity: vec2u,
  wave: vec2u,
}

@group(0) @binding(0) var<storage, read_write> intensity: array<f32>;
@group(0) @binding(1) var<storage, read> wave: array<vec2f>;
@group(0) @binding(2) var<uniform> p: Params;

@compute @workgroup_size(256)
fn model_intensity(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let at = imagePlace(flatIndex(group, groups, local));
  if (!at.inside) {
    return;
  }
  var sum = 0.0;
  for (var mode = 0u; mode < p.modes; mode++) {
    sum += abs2(wave[waveAt(p.wave, Place(true, at.item, mode, at.pixel))]);
  }
  intensity[imageAt(p.intensity, at)] = sum;
}
