struct Params {
  start: u32,
  layers: u32,
  rows: u32,
  cols: u32,
  support: f32,
}

@group(0) @binding(0) var<storage, read_write> probe: array<vec2f>;
@group(0) @binding(1) var<uniform> p: Params;

@compute @workgroup_size(256)
fn probe_support(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = flatIndex(group, groups, local);
  if (i < p.start || i >= p.start + p.layers * p.rows * p.cols) {
    return;
  }
  let pixel = (i - p.start) % (p.rows * p.cols);
  let place = vec2f(f32(pixel / p.cols), f32(pixel % p.cols));
  let middle = vec2f(0.5 * f32(p.rows) - 0.5, 0.5 * f32(p.cols) - 0.5);
  if (PI * abs2(place - middle) >= p.support * f32(p.rows) * f32(p.cols)) {
    probe[i] = vec2f();
  }
}

const PI = 3.14159265358979;
