/** Preset tabs slide in and, by a slip of GraphiQL's, away from under the first click: without sliding it counts. */
const STEADY_TABS = '.graphiql-tabs > .graphiql-tab { transform: none !important; }';

/** GraphiQL above, the log below it. */
const LAYOUT = `
html, body { height: 100%; margin: 0; }
#body { display: flex; flex-direction: column; height: 100vh; height: 100dvh; overflow: hidden; }
#root { position: relative; flex: 1 1 0; min-height: 0; height: auto; overflow: hidden; }
#root .graphiql-container { height: 100%; width: 100%; }
`;

const DARK = '--line: #38424f; --dim: #a3afbe; --back: #212a3b; --text: #e6ebf2; --accent: #8ec5ff;';

const LOG = `
#log { --line: #d5dbe3; --dim: #56616f; --back: #fff; --text: #1d2733; --accent: #1d5fa8;
  flex: none; display: flex; flex-direction: column; border-top: 1px solid var(--line); background: var(--back);
  color: var(--text); font: 13px/1.5 system-ui, sans-serif; }
body.graphiql-dark #log { ${DARK} }
@media (prefers-color-scheme: dark) { body:not(.graphiql-light) #log { ${DARK} } }
#log.open { height: 34%; }
#log header { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 10px; padding: 6px 12px; }
#log button { font: inherit; color: var(--text); background: transparent; border: 1px solid var(--line);
  border-radius: 4px; padding: 2px 10px; cursor: pointer; }
#log button:hover { border-color: var(--accent); }
#log button:focus-visible, #log summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
#log button:disabled { opacity: 0.6; }
#log-toggle { font-weight: 600; }
#log-toggle::before { content: '▸ '; }
#log.open #log-toggle::before { content: '▾ '; }
#log-state { flex: 1 1 220px; color: var(--dim); }
#log[data-state='live'] #log-state::before { content: '● '; color: #2e8b57; }
#log[data-state='waiting'] #log-state::before { content: '● '; color: #c77700; }
#log-entries { display: none; flex: 1; margin: 0; padding: 0; overflow: auto; list-style: none; border-top: 1px solid var(--line); }
#log.open #log-entries { display: block; }
#log-entries:empty::after { content: 'Nothing yet.'; display: block; padding: 8px 12px; color: var(--dim); }
#log-entries li { border-bottom: 1px solid var(--line); }
#log-entries summary, .log-note { display: flex; align-items: baseline; gap: 12px; padding: 3px 12px; }
#log-entries summary { cursor: pointer; }
.log-note { color: var(--dim); font-style: italic; }
.log-time { flex: none; color: var(--dim); font-variant-numeric: tabular-nums; }
.log-kind { flex: none; min-width: 10.5em; }
.log-what { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.log-note .log-what { white-space: normal; }
.log-cursor { flex: none; max-width: 14em; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--dim); }
.log-text { margin: 0; padding: 4px 12px 10px; overflow: auto; font: 12px/1.5 ui-monospace, monospace; }
#log .log-copy-one { float: right; margin: 2px 12px; }
`;

/** A telephone: the editors one below the other, and no columns that hide each other. */
const NARROW = `
@media (max-width: 700px) {
  .graphiql-container .graphiql-sidebar { width: 40px; padding: 4px; }
  .graphiql-container .graphiql-sessions { margin: 8px 6px 8px 0; }
  .graphiql-container #graphiql-session { flex-direction: column; padding: 0 4px 4px; overflow-y: auto; }
  .graphiql-container .graphiql-editors { flex: 1 0 260px !important; }
  .graphiql-container .graphiql-response { flex: 1 0 180px !important; }
  .graphiql-container .graphiql-horizontal-drag-bar { width: auto; height: 6px; }
  .graphiql-container .graphiql-logo { display: none; }
  #log.open { height: 44%; }
  #log header { padding: 4px 8px; }
  #log-entries summary { flex-wrap: wrap; gap: 0 10px; padding: 3px 8px; }
  .log-kind { min-width: 0; }
  .log-cursor { max-width: 100%; flex: 1; text-align: right; }
  .log-what { order: 1; flex: 1 1 100%; white-space: normal; }
}
`;

/** What stands after GraphiQL's own style. */
export const PAGE_STYLE = [STEADY_TABS, LAYOUT, LOG, NARROW].join('\n');
