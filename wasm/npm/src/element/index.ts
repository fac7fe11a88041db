/**
 * `<tiercel-console>`: a whole console in one element. It needs nothing but this
 * module:
 *
 * ```html
 * <script type="module" src="tiercel/element/index.js"></script>
 * <tiercel-console></tiercel-console>
 * ```
 *
 * It works under `default-src 'none'; script-src 'self' 'wasm-unsafe-eval';
 * worker-src 'self'; style-src 'self'; connect-src 'self'; require-trusted-types-for
 * 'script'`, sends nothing (but labels, to the service that `live` names), and is themed by custom properties (--tiercel-accent,
 * --tiercel-background, --tiercel-font ...) and the attribute `theme`.
 */
import type { LoadOptions } from '../index.js';
import { Console } from './console.js';

/** What pages may rely on. */
export interface TiercelConsole extends HTMLElement {
  /** 'light', 'dark', or '' for what the page or the system says. Also an attribute. */
  theme: string;
  /** Addresses of example logs, separated by blanks. Also an attribute. */
  examples: string;
  /**
   * Address of a service's events (`tiercel serve`: v1/events) whose threats are
   * shown as they come, instead of those of logs. Labels go to the service. Also an attribute.
   */
  live: string;
  /** Where the engine, its worker and the models are; set before the first scan. */
  loadOptions: LoadOptions;
  /** Scans files together with those that are there; resolves when it has ended. */
  scan(files: Iterable<File>): Promise<void>;
}

export const TiercelConsole: { new (): TiercelConsole } = Console;

if (!customElements.get('tiercel-console')) customElements.define('tiercel-console', Console);

declare global {
  interface HTMLElementTagNameMap {
    'tiercel-console': TiercelConsole;
  }
}
