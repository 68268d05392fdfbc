/** Which compressed data sets can be read: what the HDF5 library does itself, and the plugins that come with Exitwave. */

/** A filter of a data set as the library tells it. */
export interface Hdf5Filter {
  readonly id: number;
  /** Empty where the file does not say and the library does not know. */
  readonly name: string;
  readonly cd_values: readonly number[];
}

/** What the library itself undoes: deflate, shuffle, fletcher32, szip, nbit, scaleoffset. */
const BUILT_IN = [1, 2, 3, 4, 5, 6];

/** What the plugins in the package h5wasm-plugins undo, by the numbers that The HDF Group registered. */
const PLUGINS: Readonly<Record<number, string>> = {
  307: "bzip2",
  32000: "lzf",
  32001: "blosc",
  32004: "lz4",
  32008: "bitshuffle",
  32013: "zfp",
  32015: "zstd",
};

/** The plugin of blosc lacks two of its compressors; asked for zlib, it ends the library. By their numbers in blosc's own header. */
const BLOSC = 32001;
const BLOSC_LACKS: Readonly<Record<number, string>> = { 3: "snappy", 4: "zlib" };
const BLOSC_COMPRESSOR = 6;

/** What can be read, for messages. */
export const READABLE_FILTERS = `deflate, shuffle, fletcher32, szip, scaleoffset, ${Object.values(PLUGINS).join(", ")}`;

/** Name of a filter as a person knows it. */
export function filterName({ id, name }: Pick<Hdf5Filter, "id" | "name">): string {
  return PLUGINS[id] ?? (name === "" ? `filter ${id}` : name.split(";", 1)[0]!);
}

/** Name of the first filter that cannot be undone; null if all can. */
export function unreadableFilter(filters: readonly Hdf5Filter[]): string | null {
  for (const filter of filters) {
    const lacking = filter.id === BLOSC ? BLOSC_LACKS[filter.cd_values[BLOSC_COMPRESSOR] ?? 0] : undefined;
    if (lacking !== undefined) return `blosc with ${lacking}`;
    if (!BUILT_IN.includes(filter.id) && PLUGINS[filter.id] === undefined) return filterName(filter);
  }
  return null;
}
