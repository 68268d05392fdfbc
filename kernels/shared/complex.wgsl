// Complex numbers as vec2f(re, im).

fn mul(a: vec2f, b: vec2f) -> vec2f {
  return vec2f(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}

// conj(a) * b
fn mulConj(a: vec2f, b: vec2f) -> vec2f {
  return vec2f(a.x * b.x + a.y * b.y, a.x * b.y - a.y * b.x);
}

fn abs2(a: vec2f) -> f32 {
  return a.x * a.x + a.y * a.y;
}

// Comparisons with values that are not finite may be compiled away; their bits may not.
fn isFinite(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}
