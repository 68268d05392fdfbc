struct Params {
  start: u32,
  count: u32,
  slot: u32,
}

@group(0) @binding(0) var<storage, read> probe: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> previous: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> ratios: array<f32>;
@group(0) @binding(3) var<storage, read_write> work: array<vec4f>;
@group(0) @binding(4) var<uniform> p: Params;

@compute @workgroup_size(256)
fn probe_change_share(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  var sum = vec4f();
  for (var k = flatIndex(group, groups, local); k < p.count; k += 256u * groups.x) {
    let now = probe[p.start + k];
    sum += vec4f(abs2(now - previous[p.start + k]), abs2(now), 0.0, 0.0);
    previous[p.start + k] = now;
  }
  let total = sumGroup(sum, local);
  if (local == 0u) {
    work[group.x] = total;
  }
}

@compute @workgroup_size(256)
fn probe_change(@builtin(local_invocation_index) local: u32) {
  let total = sumWork(local);
  if (local == 0u) {
    ratios[p.slot] = total.x / total.y;
  }
}
