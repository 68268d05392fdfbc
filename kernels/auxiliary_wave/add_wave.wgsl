struct Params {
  items: u32,
  modes: u32,
  rows: u32,
  cols: u32,
  wave: vec2u,
  model: vec2u,
  weight: f32,
}

@group(0) @binding(0) var<storage, read_write> wave: array<vec2f>;
@group(0) @binding(1) var<storage, read> model: array<vec2f>;
@group(0) @binding(2) var<uniform> p: Params;

@compute @workgroup_size(256)
fn add_wave(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let at = wavePlace(flatIndex(group, groups, local));
  if (at.inside) {
    wave[waveAt(p.wave, at)] += p.weight * model[waveAt(p.model, at)];
  }
}
