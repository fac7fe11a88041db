import { css } from 'lit';

/** The frame of the console: one column of bars, and below them lists side by side. */
export const frame = css`
  :host {
    display: flex;
    flex-direction: column;
    position: relative;
    height: 100%;
    min-height: 420px;
    overflow: hidden;
    container: console / inline-size;
    background: var(--bg);
    color-scheme: light dark;
  }
  :host([theme='light']) {
    color-scheme: light;
  }
  :host([theme='dark']) {
    color-scheme: dark;
  }
  .bar {
    display: flex;
    align-items: center;
    gap: 8px;
    padding: 7px 14px;
    border-bottom: 1px solid var(--line);
    background: var(--surface);
    min-height: 46px;
  }
  .name {
    display: flex;
    align-items: center;
    gap: 8px;
    font-size: 15px;
    font-weight: 700;
    letter-spacing: -0.02em;
  }
  .name svg {
    color: var(--accent);
  }
  .grow {
    flex: 1;
    min-width: 0;
  }
  .menu {
    position: relative;
  }
  .menu > summary {
    list-style: none;
    display: inline-flex;
    align-items: center;
    gap: 6px;
    min-height: 30px;
    padding: 3px 11px;
    border: 1px solid var(--line);
    border-radius: 7px;
    background: var(--surface);
    cursor: pointer;
    white-space: nowrap;
  }
  .menu > summary::-webkit-details-marker {
    display: none;
  }
  .menu > summary::after {
    content: '';
    width: 5px;
    height: 5px;
    margin: -3px 0 0 1px;
    border: solid var(--muted);
    border-width: 0 1.5px 1.5px 0;
    transform: rotate(45deg);
  }
  .menu > summary:hover {
    border-color: var(--edge);
  }
  .panel {
    position: absolute;
    z-index: 20;
    top: calc(100% + 5px);
    right: 0;
    min-width: 220px;
    padding: 6px;
    border: 1px solid var(--line);
    border-radius: 10px;
    background: var(--surface);
    box-shadow: 0 10px 34px rgb(0 0 0 / 0.18);
  }
  .panel > button {
    display: flex;
    width: 100%;
    justify-content: flex-start;
    border-color: transparent;
    background: none;
  }
  .panel > button:hover {
    background: var(--raised);
  }
  .panel > p {
    padding: 4px 11px;
    font-size: 12px;
    color: var(--muted);
    max-width: 300px;
  }
  .panel hr {
    border: 0;
    border-top: 1px solid var(--line);
    margin: 6px 0;
  }
  .files .panel {
    left: 0;
    right: auto;
    width: min(560px, 88cqw);
    max-height: 60vh;
    overflow: auto;
    padding: 12px;
  }
  .file {
    display: grid;
    grid-template-columns: 1fr auto;
    gap: 0 10px;
    padding: 7px 4px;
    border-bottom: 1px solid var(--line);
  }
  .file strong, .file .muted {
    overflow-wrap: anywhere;
  }
  .file button {
    grid-row: 1 / 3;
    grid-column: 2;
    align-self: center;
  }
  .panel label {
    white-space: nowrap;
    display: flex;
    align-items: center;
    gap: 8px;
    padding: 10px 4px 2px;
  }

  .notice {
    display: flex;
    align-items: center;
    gap: 10px;
    padding: 6px 14px;
    border-bottom: 1px solid var(--line);
    background: var(--raised);
  }
  .notice.bad {
    background: var(--wash);
    box-shadow: inset 3px 0 0 var(--accent);
  }
  .notice span {
    flex: 1;
    overflow-wrap: anywhere;
  }
  .notice button {
    min-height: 24px;
    padding: 0 8px;
  }
  .working {
    display: flex;
    align-items: center;
    gap: 14px;
    padding: 8px 14px;
    border-bottom: 1px solid var(--line);
    background: var(--surface);
  }
  .working span {
    white-space: nowrap;
  }
  .working .what {
    overflow: hidden;
    text-overflow: ellipsis;
    max-width: 34cqw;
  }
  progress {
    flex: 1;
    min-width: 60px;
    height: 6px;
    appearance: none;
    border: 0;
    border-radius: 3px;
    overflow: hidden;
    background: var(--raised);
  }
  progress::-webkit-progress-bar {
    background: var(--raised);
  }
  progress::-webkit-progress-value {
    background: var(--accent);
    border-radius: 3px;
    transition: width 0.2s;
  }
  progress::-moz-progress-bar {
    background: var(--accent);
  }

  .strip {
    display: grid;
    grid-template-columns: 200px minmax(0, 1fr) 250px;
    gap: 0;
    background: var(--surface);
    border-bottom: 1px solid var(--line);
  }
  .strip > * {
    padding: 12px 14px;
  }
  .strip .time {
    padding: 4px 0 0;
    border-inline: 1px solid var(--line);
  }
  .figure {
    display: flex;
    align-items: baseline;
    gap: 7px;
  }
  .figure b {
    font-size: 27px;
    line-height: 1.1;
    font-weight: 680;
    letter-spacing: -0.03em;
  }
  .levels {
    margin: 5px 0 7px;
    display: grid;
    grid-template-columns: auto 1fr;
    gap: 1px 10px;
    font-size: 12px;
    justify-content: start;
  }
  .filters {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
    padding: 7px 14px;
    border-bottom: 1px solid var(--line);
  }
  .filters input[type='search'] {
    flex: 1 1 180px;
    max-width: 340px;
  }
  .filters .source {
    flex: 0 1 140px;
    width: 140px;
  }
  .filters label {
    display: flex;
    align-items: center;
    gap: 6px;
    color: var(--muted);
    font-size: 12px;
  }
  .period .panel {
    left: 0;
    right: auto;
    width: 300px;
  }
  .period label {
    justify-content: space-between;
    padding: 4px 11px;
    font-size: 13px;
  }
  .filters .shown {
    margin-left: auto;
    color: var(--muted);
    white-space: nowrap;
  }

  .lists {
    flex: 1;
    min-height: 0;
    display: grid;
    grid-template-columns: 300px minmax(0, 1fr);
    grid-template-rows: minmax(0, 1fr);
    position: relative;
  }
  .lists.open {
    grid-template-columns: 300px minmax(0, 1fr) 480px;
  }
  .pane {
    display: flex;
    flex-direction: column;
    min-height: 0;
    min-width: 0;
    background: var(--surface);
  }
  .pane + .pane {
    border-left: 1px solid var(--line);
  }
  .pane > * {
    flex: 1;
  }
  .pane > h2 {
    flex: none;
    padding: 7px 14px;
    border-bottom: 1px solid var(--line);
    display: flex;
    justify-content: space-between;
    min-height: 32px;
    font-size: 12px;
    color: var(--muted);
  }
  .tabs {
    display: none;
    gap: 6px;
    padding: 6px 14px;
    border-bottom: 1px solid var(--line);
  }
  .tabs button {
    flex: 1;
  }

  .empty {
    flex: 1;
    overflow: auto;
    display: grid;
    place-items: center;
    padding: 32px 20px 12vh;
  }
  .welcome {
    width: min(620px, 100%);
    text-align: center;
  }
  .welcome h1 {
    font-size: clamp(25px, 4.4cqw, 34px);
    line-height: 1.15;
    letter-spacing: -0.03em;
    font-weight: 700;
  }
  .welcome > p {
    margin: 12px auto 0;
    max-width: 480px;
    font-size: 15px;
    color: var(--muted);
    text-wrap: balance;
  }
  .target {
    margin: 26px 0 22px;
    padding: 34px 20px 30px;
    border: 1.5px dashed var(--edge);
    border-radius: 14px;
    background: var(--surface);
  }
  .target p {
    margin-bottom: 14px;
    font-size: 15px;
    font-weight: 600;
  }
  .target .choices {
    display: flex;
    flex-wrap: wrap;
    justify-content: center;
    gap: 10px;
  }
  .target button {
    min-height: 36px;
    padding: 5px 16px;
    font-size: 14px;
  }
  .promises {
    display: grid;
    grid-template-columns: repeat(3, 1fr);
    gap: 22px;
    text-align: left;
  }
  .promises h2 {
    margin-bottom: 2px;
  }
  .promises p {
    color: var(--muted);
    font-size: 12.5px;
  }
  .drop {
    position: absolute;
    inset: 8px;
    z-index: 40;
    display: grid;
    place-items: center;
    border: 2px dashed var(--accent);
    border-radius: 12px;
    background: color-mix(in srgb, var(--wash) 92%, transparent);
    color: var(--accent);
    font-size: 18px;
    font-weight: 650;
    pointer-events: none;
  }

  @container console (max-width: 1240px) {
    .lists.open {
      grid-template-columns: 280px minmax(0, 1fr);
    }
    .lists .detail {
      position: absolute;
      z-index: 10;
      inset: 0 0 0 auto;
      width: min(500px, 100%);
      box-shadow: -12px 0 34px rgb(0 0 0 / 0.16);
    }
  }
  @container console (max-width: 860px) {
    .strip {
      grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
    }
    .strip .time {
      grid-row: 2;
      grid-column: 1 / -1;
      border-inline: 0;
      border-top: 1px solid var(--line);
    }
    .tabs {
      display: flex;
    }
    .lists, .lists.open {
      grid-template-columns: minmax(0, 1fr);
    }
    .lists .pane.away {
      display: none;
    }
    .pane > h2 {
      display: none;
    }
    .pane + .pane {
      border-left: 0;
    }
    .lists {
      position: static;
    }
    .lists .detail {
      width: 100%;
    }
    .levels {
      grid-template-columns: auto auto auto auto;
    }
    .promises {
      grid-template-columns: 1fr;
      gap: 12px;
    }
    .filters input[type='search'] {
      max-width: none;
    }
    .filters .source {
      flex: 1 1 120px;
    }
    .filters .shown {
      margin-left: auto;
    }
    .wide {
      display: none;
    }
    .bar {
      flex-wrap: wrap;
    }
    .strip > * {
      padding: 9px 14px;
    }
  }
`;
