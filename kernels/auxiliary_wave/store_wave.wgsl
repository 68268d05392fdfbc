struct Params {
  items: u32,
  modes: u32,
  rows: u32,
  cols: u32,
  stored: vec2u,
  wave: vec2u,
}

@group(0) @binding(0) var<storage, read_write> stored: array<vec2f>;
@group(0) @binding(1) var<storage, read> wave: array<vec2f>;
@group(0) @binding(2) var<uniform> p: Params;

fn storedPixel(at: Place, z: ptr<function, vec2f>) {
  stored[waveAt(p.stored, at)] = *z;
}

@compute @workgroup_size(256)
fn store_wave(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let at = wavePlace(flatIndex(group, groups, local));
  if (at.inside) {
    var z = wave[waveAt(p.wave, at)];
    storedPixel(at, &z);
  }
}
