struct Params {
  limit: f32,
}

@group(0) @binding(0) var<storage, read_write> done: array<f32>;
@group(0) @binding(1) var<storage, read> ratios: array<f32>;
@group(0) @binding(2) var<uniform> p: Params;

@compute @workgroup_size(1)
fn probe_converged() {
  var sum = 0.0;
  for (var i = 0u; i < arrayLength(&ratios); i++) {
    sum += ratios[i];
  }
  done[0] = select(0.0, 1.0, sqrt(sum / f32(arrayLength(&ratios))) < p.limit);
}
