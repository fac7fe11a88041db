import { css } from 'lit';

/** The looks of the table of threats: columns go as room goes. */
export const looks = css`
  :host {
    display: flex;
    flex-direction: column;
    min-height: 0;
    min-width: 0;
    container-type: inline-size;
  }
  .grid {
    flex: 1;
    min-height: 0;
    overflow: auto;
    overflow-anchor: none;
    position: relative;
    contain: strict;
  }
  .grid:focus-visible {
    outline-offset: -2px;
  }
  .row {
    display: grid;
    grid-template-columns: 88px 140px minmax(110px, 150px) minmax(90px, 130px) 92px minmax(120px, 1fr);
    align-items: center;
    height: 29px;
    padding: 0 12px;
    gap: 12px;
    border-bottom: 1px solid var(--line);
  }
  .row > * {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .head {
    position: sticky;
    top: 0;
    z-index: 2;
    background: var(--surface);
    height: 32px;
  }
  .head button {
    min-height: 24px;
    padding: 0 4px;
    margin-left: -4px;
    border: 0;
    background: none;
    font-size: 12px;
    font-weight: 600;
    color: var(--muted);
    max-width: 100%;
  }
  .head [aria-sort='ascending'] button, .head [aria-sort='descending'] button {
    color: var(--ink);
  }
  .space {
    position: relative;
  }
  .window {
    position: absolute;
    inset: 0 0 auto;
  }
  .body {
    cursor: pointer;
  }
  .body:hover {
    background: var(--raised);
  }
  .body.at {
    background: var(--raised);
  }
  .body[aria-selected='true'] {
    background: var(--wash);
    box-shadow: inset 3px 0 0 var(--accent);
  }
  .time, .rarity, .entity {
    font-size: 12px;
  }
  .time, .rarity {
    color: var(--muted);
  }
  .body .entity, .body .record {
    font-family: var(--mono);
    font-size: 12px;
  }
  .label {
    font: 600 10px/1.5 var(--mono);
    text-transform: uppercase;
    padding: 0 4px;
    margin-right: 6px;
    border: 1px solid var(--edge);
    border-radius: 4px;
  }
  .none {
    position: absolute;
    inset: 70px 20px auto;
    text-align: center;
    color: var(--muted);
  }
  @container (max-width: 760px) {
    .row {
      grid-template-columns: 84px minmax(100px, 140px) minmax(80px, 120px) minmax(100px, 1fr);
      gap: 10px;
    }
    .time, .rarity {
      display: none;
    }
  }
  @container (max-width: 480px) {
    .row {
      grid-template-columns: 20px minmax(90px, 130px) minmax(100px, 1fr);
    }
    .severity-cell {
      text-overflow: clip;
    }
    .head .severity-cell {
      visibility: hidden;
    }
    .entity {
      display: none;
    }
  }
`;
