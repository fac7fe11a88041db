import { html, type TemplateResult } from 'lit';
import type { Live, Standing } from './live.js';
import { mark } from './welcome.js';

const STANDS: Record<Standing, string> = {
  connecting: 'Connecting …',
  live: 'Live',
  lost: 'Not connected, trying again …',
  token: 'A token with the scope read is needed',
};

/** The bar above a service's threats: how it stands with the service, and where a token is asked for. */
export function following(live: Live): TemplateResult {
  const show = (e: SubmitEvent) => {
    e.preventDefault();
    live.show(new FormData(e.target as HTMLFormElement).get('token') as string);
  };
  return html`<header class="bar">
    <span class="name">${mark(20)}tiercel</span>
    <span class="muted standing" role="status">${STANDS[live.standing]}</span>
    <span class="grow"></span>
    ${live.standing === 'token'
      ? html`<form @submit=${show}><label>Token <input type="password" name="token" autocomplete="off" required></label> <button>Show</button></form>`
      : ''}
  </header>`;
}
