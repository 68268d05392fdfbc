struct Params { row: u32 }

@group(0) @binding(0) var<storage, read_write> report: array<f32>;
@group(0) @binding(1) var<storage, read> errors: array<f32>;
@group(0) @binding(2) var<storage, read> probe: array<vec2f>;
@group(0) @binding(3) var<storage, read> object: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> work: array<vec4f>;
@group(0) @binding(5) var<uniform> p: Params;

const REPORT_COLUMNS = 4u;

@compute @workgroup_size(256)
fn report_iteration_share(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  var bad = 0.0;
  for (var i = flatIndex(group, groups, local); i < arrayLength(&probe); i += 256u * groups.x) {
    bad += select(1.0, 0.0, isFinite(probe[i].x) && isFinite(probe[i].y));
  }
  for (var i = flatIndex(group, groups, local); i < arrayLength(&object); i += 256u * groups.x) {
    bad += select(1.0, 0.0, isFinite(object[i].x) && isFinite(object[i].y));
  }
  let total = sumGroup(vec4f(bad, 0.0, 0.0, 0.0), local);
  if (local == 0u) {
    work[group.x] = total;
  }
}

@compute @workgroup_size(256)
fn report_iteration(@builtin(local_invocation_index) local: u32) {
  let rows = arrayLength(&errors) / 3u;
  var sum = vec4f();
  for (var i = local; i < rows; i += 256u) {
    sum += vec4f(errors[3u * i], errors[3u * i + 1u], errors[3u * i + 2u], 0.0);
  }
  for (var i = local; i < arrayLength(&work); i += 256u) {
    sum.w += work[i].x;
  }
  let total = sumGroup(sum, local);
  if (local != 0u) {
    return;
  }
  let finite = isFinite(total.x) && isFinite(total.y) && isFinite(total.z);
  let first = REPORT_COLUMNS * p.row;
  report[first] = total.x / f32(rows);
  report[first + 1u] = total.y / f32(rows);
  report[first + 2u] = total.z / f32(rows);
  report[first + 3u] = select(1.0, 0.0, finite && total.w == 0.0);
}
