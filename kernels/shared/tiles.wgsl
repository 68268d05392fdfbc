// Gathering onto the object: a workgroup per tile of 16 * 16 pixels adds the pods that touch it, in their order. `tiles` has two rows per
// tile, (layer's first element, stride, rows, cols) and (y, x, first entry, entries); `pods` lists the pods of all tiles.

const TILE = 16u;
const OUTSIDE = 0xffffffffu;

struct TilePixel {
  inside: bool,
  y: u32,
  x: u32,
  element: u32,
  begin: u32,
  end: u32,
}

fn tilePixel(tile: u32, local: u32) -> TilePixel {
  if (tile >= arrayLength(&tiles) / 2u) {
    return TilePixel(false, 0u, 0u, 0u, 0u, 0u);
  }
  let layer = tiles[2u * tile];
  let list = tiles[2u * tile + 1u];
  let y = list.x + local / TILE;
  let x = list.y + local % TILE;
  return TilePixel(y < layer.z && x < layer.w, y, x, layer.x + y * layer.y + x, list.z, list.z + list.w);
}

// Pixel of a pod's view at a pixel of the tile; OUTSIDE where the view does not reach.
fn viewPixel(row: u32, at: TilePixel) -> u32 {
  // Below the view the difference wraps around to a large number.
  let y = at.y - u32(address[row + OY]);
  let x = at.x - u32(address[row + OX]);
  return select(OUTSIDE, y * p.cols + x, y < p.rows && x < p.cols);
}
