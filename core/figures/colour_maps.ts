/**
 * Colour maps computed in the Oklab space, where equal steps look equally large: grey and a sequential map by lightness, a
 * cyclic map by hue at one lightness, and hue with brightness for complex values.
 *
 * @see Ottosson, A perceptual color space for image processing (2020), https://bottosson.github.io/posts/oklab/
 */

/** A colour as three bytes, red, green, blue. */
export type Rgb = readonly [number, number, number];

/** A map from 0..1 to colours, as a table of 256. */
export interface ColourMap {
  readonly table: readonly Rgb[];
  /** True if both ends are one colour. */
  readonly cyclic: boolean;
}

const STEPS = 256;
/**
 * Lightness and chroma of the hue circle. sRGB can show this chroma at most hues; blue-greens are slightly paler, which reads
 * better than a circle as pale everywhere.
 */
const CIRCLE = { lightness: 0.75, chroma: 0.155 };

/** Black to white in equal steps of lightness. */
export function greyMap(): ColourMap {
  return { cyclic: false, table: steps((t) => oklch(t, 0, 0)) };
}

/** Dark violet over blue, teal and green to pale yellow: lightness in equal steps, hue falls evenly. */
export function sequentialMap(): ColourMap {
  return {
    cyclic: false,
    table: steps((t) =>
      oklch(0.2 + 0.76 * t, 0.065 + 0.09 * Math.sin(Math.PI * Math.min(1, 0.15 + 0.75 * t)), 300 - 195 * t)
    ),
  };
}

/** Blue over white to red, equally dark at both ends, for differences around zero. */
export function divergingMap(): ColourMap {
  return {
    cyclic: false,
    table: steps((t) => oklch(0.98 - 0.52 * Math.abs(2 * t - 1), 0.16 * Math.abs(2 * t - 1), t < 0.5 ? 255 : 28)),
  };
}

/** The hue circle at one lightness, for phases from -pi to pi. */
export function cyclicMap(): ColourMap {
  return { cyclic: true, table: steps((t) => oklch(CIRCLE.lightness, CIRCLE.chroma, hueOf(2 * Math.PI * (t - 0.5)))) };
}

/** Colour of a complex value: hue is the phase in radians, brightness the amplitude from 0 (black) to 1. */
export function complexColour(amplitude: number, phase: number): Rgb {
  const a = Math.min(1, Math.max(0, amplitude));
  return oklch(CIRCLE.lightness * 1.06 * a, CIRCLE.chroma * a, hueOf(phase));
}

/** The colour of a map at `t`, held at the ends. */
export function colourAt(map: ColourMap, t: number): Rgb {
  const i = Math.round(Math.min(1, Math.max(0, Number.isFinite(t) ? t : 0)) * (STEPS - 1));
  return map.table[i]!;
}

/** Phase 0 is red, the primary colours follow in the order of the rainbow. */
function hueOf(phase: number): number {
  return 25 + phase * 180 / Math.PI;
}

function steps(colour: (t: number) => Rgb): Rgb[] {
  return Array.from({ length: STEPS }, (_, i) => colour(i / (STEPS - 1)));
}

/** Oklch (hue in degrees) to sRGB; chroma is lowered until the colour can be shown. */
function oklch(lightness: number, chroma: number, hue: number): Rgb {
  const angle = hue * Math.PI / 180;
  const direction = [Math.cos(angle), Math.sin(angle)] as const;
  let low = 0, high = chroma;
  if (!shown(linearRgb(lightness, chroma, direction))) {
    for (let i = 0; i < 20; i++) {
      const middle = (low + high) / 2;
      if (shown(linearRgb(lightness, middle, direction))) low = middle;
      else high = middle;
    }
    high = low;
  }
  const [r, g, b] = linearRgb(lightness, high, direction).map(gammaByte);
  return [r!, g!, b!];
}

function linearRgb(lightness: number, chroma: number, direction: readonly [number, number]): number[] {
  const a = chroma * direction[0], b = chroma * direction[1];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

function shown(rgb: readonly number[]): boolean {
  return rgb.every((v) => v >= -1e-4 && v <= 1.0001);
}

/** Linear light to a byte, by the sRGB transfer curve (IEC 61966-2-1). */
function gammaByte(linear: number): number {
  const v = Math.min(1, Math.max(0, linear));
  return Math.round(255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055));
}
