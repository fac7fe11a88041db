/**
 * What the page and its workers tell each other. The page hands out pieces of
 * a file; each goes: worker (prepare) -> orderer (observe) -> worker (finish) ->
 * orderer (settle) -> page (rows). The orderer is the first worker of the pool;
 * the others reach it by ports of their own, so a busy page delays nothing.
 */

import type { Question, Ruled } from './engine.js';
import type { FileNumber } from './ranged.js';

/** How a file may be cut; see core/event/split.go. */
export interface Plan {
  format: string;
  why: string;
  split: 'none' | 'lines' | 'head' | 'marked';
  head: number;
}

/** To a worker. */
export type ToWorker =
  | { do: 'start'; id: number; worker: number; module: WebAssembly.Module; models: Uint8Array[]; orderer: MessagePort | null; workers: MessagePort[] }
  | { do: 'formats' | 'report' | 'words' | 'memory'; id: number }
  | { do: 'begin'; id: number; scan: number; settings: Uint8Array }
  | { do: 'stop'; scan: number }
  | { do: 'detect'; id: number; format: string; sample: Uint8Array }
  | { do: 'newest'; id: number; format: string; year: number; sample: Uint8Array }
  | { do: 'file'; scan: number; name: string; format: string; year: number }
  | { do: 'follow'; scan: number; head: Uint8Array }
  | { do: 'piece'; scan: number; piece: number; flags: number; offset: number; data: Uint8Array<ArrayBuffer> }
  | { do: 'range'; scan: number; piece: number; file: FileNumber; from: number; to: number }
  | { do: 'read'; id: number; file: Blob; from: number; to: number }
  | { do: 'explain'; id: number; question: Question }
  | { do: 'label'; id: number; question: Question; threat: boolean; source: string }
  | { do: 'rescore'; id: number; ruled: Ruled; rows: Uint8Array }
  | { do: 'inject'; id: number; plugin: Uint8Array }
  | { do: 'plug'; id: number; module: WebAssembly.Module; sum: Uint8Array; config: Uint8Array | null }
  | { do: 'unplug' | 'faults'; id: number }
  | { do: 'labels' | 'adaptation'; id: number }
  | { do: 'adapt'; id: number; adaptation: Uint8Array }
  | { do: 'save'; id: number; kind: string }
  | { do: 'judge again'; id: number; budget: string }
  | { do: 'rejudge'; id: number; file: number; rows: Uint8Array }
  | { do: 'inflate'; id: number; data: Uint8Array<ArrayBuffer>; last: boolean; first: boolean };

/** From a worker to the page. */
export type FromWorker =
  | { is: 'answer'; id: number; value: unknown }
  | { is: 'failed'; id: number; message: string }
  | { is: 'finished'; scan: number; worker: number }
  | { is: 'rows'; scan: number; piece: number; data: Uint8Array<ArrayBuffer>; words: Word[] | null }
  | { is: 'broken'; scan: number; message: string };

/** Between a worker and the orderer. */
export type ToOrderer =
  | { is: 'seen'; scan: number; piece: number; data: Uint8Array<ArrayBuffer> }
  | { is: 'verdicts'; scan: number; piece: number; data: Uint8Array<ArrayBuffer> };
export type FromOrderer = { is: 'columns'; scan: number; piece: number; data: Uint8Array<ArrayBuffer> };

/** A class or a reason that rows name by number. */
export interface Word {
  text: string;
  technique: string[];
}
