import type { Certified, Kind, Severity } from './rows.js';

export interface Timeline {
  /** Nanoseconds since 1970 UTC of the first bucket. */
  start: bigint;
  /** Nanoseconds of a bucket. */
  width: bigint;
  events: number[];
  threats: number[];
  untimed: { events: number; threats: number };
}

export interface Incident {
  id: number;
  kind: Kind;
  entity: string;
  class: string;
  technique: string[];
  severity: Severity;
  first: bigint | null;
  last: bigint | null;
  count: number;
  score: number;
  falseAlarmRate: number;
  file: string;
  /** Line of the worst record, and its beginning. */
  line: number;
  sample: string;
}

export interface FileSummary {
  file: string;
  lines: number;
  records: number;
  unread: number;
  threats: number;
  reasons: { reason: string; records: number; firstLine: number }[];
}

/** The engine's report of a scan. Times are texts there: they do not fit a double. */
export interface Report {
  files: FileSummary[];
  incidents: (Omit<Incident, 'first' | 'last'> & { first: string | null; last: string | null })[];
  timeline: Omit<Timeline, 'start' | 'width'> & { start: string; width: string };
}

export interface Model {
  kind: Kind;
  name: string;
  learners: string[];
  quality: { set: string; metric: string; value: number }[];
  limits: string[];
}

export interface Format {
  name: string;
  title: string;
  example: string;
}

/** The whole way of one record from bytes to verdict. */
export interface Explanation {
  error?: string;
  kind: Kind;
  score: number;
  falseAlarmRate: number;
  /** What the record survives if it is an alert, and what that leaves open. */
  certified: Certified & { limits: string[] };
  fields: { name: string; value: string }[];
  /** Decoded texts; marks are the ranges [from, to) of decoded that learners found suspicious. */
  values: { origin: string; name: string | null; raw: string; decoded: string; levels: number; marks: [number, number][] }[];
  features: { name: string; value: number; context: boolean }[];
  learners: { id: string; class: string | null; missing: boolean; raw: number | null; p: number; tail: number; reasons: { text: string; weight: number }[] }[];
  /** weights are of the learners, in their order; beta is the meta-learner's own in the super-learner. */
  metas: { name: string; score: number; beta: number; weights: number[] }[];
  /** What labels did, in log-odds of the score; null where none is in force. */
  adapted: Adapted | null;
}

/** What labels did to one score: it moved by `move`, of at most `bound`. */
export interface Adapted {
  labels: number;
  bound: number;
  move: number;
  /** Parts of the move, before the bound: the threshold's, that of columns and n-grams, that of other weights of the meta-learners. */
  shift: number;
  site: number;
  hedge: number;
  /** Added to the weight of each base learner's log-odds. */
  weights: number[];
}

/** A base learner from outside. */
export interface Plugin {
  id: string;
  version: string;
  title: string;
  /** The class of threat that it alone speaks for; empty for none. */
  class: string;
  /** Kinds that it scores and that a model was loaded for. */
  kinds: Kind[];
}

/** What a plugin did wrong, how many times. */
export interface Fault {
  plugin: string;
  kind: Kind;
  reason: string;
  times: number;
}

/** What somebody said of a record. */
export interface Label {
  kind: Kind;
  verdict: 'threat' | 'benign';
  /** Who said it. */
  source: string;
}
