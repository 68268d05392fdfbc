/**
 * Numbers that a process counts, in the text form that Prometheus reads. A few lines of ours and no library: prom-client keeps a registry
 * of its own for the whole process, and asks for permissions to look at the system.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */

/** Labels of a value. Each combination is kept, so that their values must be few. */
export type Labels = Readonly<Record<string, string>>;

/** What is measured. */
export interface Meter {
  /** Adds to a counter. */
  add(name: string, amount?: number, labels?: Labels): void;
  /** Notes a duration in a histogram. */
  observe(name: string, seconds: number, labels?: Labels): void;
  /** All there is, with values of the moment that are no counters. */
  text(gauges: readonly Gauge[]): string;
}

/** A value of the moment. */
export interface Gauge {
  readonly name: string;
  readonly value: number;
  readonly labels?: Labels;
}

/** What a name means. */
export interface MetricMeaning {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
}

/** Upper ends of the classes of durations, in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

/** Of one combination of labels. */
interface Series {
  readonly labels: Labels;
  sum: number;
  count: number;
  readonly buckets: number[];
}

/** A meter of names with their meanings; another name is a mistake. */
export function createMeter(meanings: Readonly<Record<string, MetricMeaning>>): Meter {
  const known = new Map<string, Map<string, Series>>(Object.keys(meanings).map((name) => [name, new Map()]));

  function seriesOf(name: string, labels: Labels, type: MetricMeaning["type"]): Series {
    const all = known.get(name);
    if (all === undefined || meanings[name]!.type !== type) {
      throw new RangeError(`Cannot measure "${name}" as a ${type}`);
    }
    const key = labelText(labels);
    const series = all.get(key) ?? { labels, sum: 0, count: 0, buckets: BUCKETS.map(() => 0) };
    all.set(key, series);
    return series;
  }

  return {
    add(name, amount = 1, labels = {}) {
      seriesOf(name, labels, "counter").sum += amount;
    },
    observe(name, seconds, labels = {}) {
      const series = seriesOf(name, labels, "histogram");
      series.sum += seconds;
      series.count++;
      BUCKETS.forEach((most, i) => seconds <= most && series.buckets[i]!++);
    },
    text(gauges) {
      for (const { name } of gauges) {
        if (meanings[name]?.type !== "gauge") throw new RangeError(`Cannot measure "${name}" as a gauge`);
      }
      return Object.entries(meanings).map(([name, { type, help }]) => {
        const values = type === "gauge"
          ? gauges.filter((gauge) => gauge.name === name).map(({ value, labels }) => line(name, value, labels))
          : [...known.get(name)!.values()].flatMap((series) => {
            return type === "histogram" ? histogramLines(name, series) : [line(name, series.sum, series.labels)];
          });
        return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...values].join("\n");
      }).join("\n") + "\n";
    },
  };
}

function histogramLines(name: string, { labels, sum, count, buckets }: Series): string[] {
  return [
    ...BUCKETS.map((le, i) => line(`${name}_bucket`, buckets[i]!, { ...labels, le: String(le) })),
    line(`${name}_bucket`, count, { ...labels, le: "+Inf" }),
    line(`${name}_sum`, sum, labels),
    line(`${name}_count`, count, labels),
  ];
}

function line(name: string, value: number, labels: Labels = {}): string {
  return `${name}${labelText(labels)} ${value}`;
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => {
    const escaped = value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
    return `${name}="${escaped}"`;
  });
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}
