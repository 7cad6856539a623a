/** The page's style: two columns, and one below 700 px. */
export const PAGE_STYLE = `:root {
  color-scheme: light dark;
  --ink: light-dark(#16202c, #e8edf2); --soft: light-dark(#5b6875, #9aa7b4);
  --paper: light-dark(#f4f6f8, #10161c); --card: light-dark(#ffffff, #19222b); --rule: light-dark(#d8dee4, #2c3843);
  --good: light-dark(#12713c, #5fd38d); --bad: light-dark(#b3261e, #ff8a80); --busy: light-dark(#1d5fa8, #7db8f5);
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1080px; padding: 16px; background: var(--paper); color: var(--ink);
  font: 16px/1.45 system-ui, sans-serif; }
header { display: flex; flex-wrap: wrap; gap: 4px 16px; align-items: baseline; }
h1 { font-size: 22px; margin: 0; }
h1 small, .by, #who { color: var(--soft); font-weight: 400; font-size: 15px; }
#who { margin: 0; flex: 1 1 auto; }
h2 { font-size: 16px; margin: 0 0 8px; display: flex; flex-wrap: wrap; gap: 0 8px; align-items: baseline; }
a { color: var(--busy); }
main { display: grid; grid-template-columns: 1fr 1fr; gap: 16px; margin: 16px 0; }
.card { background: var(--card); border: 2px solid var(--rule); border-radius: 10px; padding: 14px 16px; min-width: 0;
  min-height: 340px; display: flex; flex-direction: column; }
.card.wrong { border-color: var(--bad); }
.card.right { border-color: var(--good); }
.headline { margin: 0 0 8px; min-height: 30px; font-size: 20px; display: flex; gap: 10px; align-items: center; flex-wrap: wrap; }
.badge { font-size: 13px; font-weight: 600; padding: 2px 10px; border-radius: 999px; color: var(--card); background: var(--soft); }
.right .badge { background: var(--good); }
.wrong .badge { background: var(--bad); }
ol, ul { list-style: none; padding: 0; margin: 0 0 10px; }
.stages li { display: flex; gap: 8px; justify-content: space-between; padding: 5px 0; border-bottom: 1px solid var(--rule); }
.stages li::before { content: '○'; color: var(--soft); }
.stages li .name { flex: 1; }
.stages li .note { color: var(--soft); font-size: 14px; text-align: right; }
.stages .FINISHED::before { content: '●'; color: var(--good); }
.stages .INITIATED::before, .stages .IN_PROGRESS::before { content: '◐'; color: var(--busy); }
.stages .FAILED::before, .stages .AUTHORIZATION_FAILED::before { content: '●'; color: var(--bad); }
.accounts { min-height: 84px; }
.accounts li { font-size: 15px; padding: 2px 0; animation: arrive .5s; }
.accounts li span { color: var(--soft); }
@keyframes arrive { from { opacity: 0; transform: translateY(-6px); } }
@media (prefers-reduced-motion: reduce) { .accounts li { animation: none; } }
.accounts-count { margin: 0 0 10px; min-height: 84px; color: var(--soft); font-size: 15px; }
.line { margin: auto 0 0; font-size: 14px; color: var(--soft); }
#live.up { color: var(--good); }
#live.down { color: var(--bad); }
#acts { display: flex; flex-wrap: wrap; gap: 8px; margin: 0; position: sticky; bottom: 0; padding: 8px 0;
  background: var(--paper); }
button { font: inherit; padding: 9px 16px; border-radius: 8px; border: 1px solid var(--busy); background: var(--busy);
  color: var(--card); cursor: pointer; }
button.danger { background: var(--bad); border-color: var(--bad); }
button.plain { background: none; color: var(--ink); border-color: var(--rule); margin-left: auto; }
button:disabled { opacity: .45; cursor: default; }
#note { margin: 0 0 16px; color: var(--soft); font-size: 13px; }
button:focus-visible, a:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 14px; background: var(--card); }
th, td { text-align: left; padding: 5px 8px; border-bottom: 1px solid var(--rule); }
th { color: var(--soft); font-weight: 500; }
td:first-child, td:nth-child(3) { font-variant-numeric: tabular-nums; color: var(--soft); }
.fate-recorded { color: var(--good); }
.fate-repeated, .fate-late { color: var(--busy); }
.fate-lost { color: var(--bad); }
#waiting { color: var(--soft); font-weight: 400; font-size: 14px; }
@media (max-width: 700px) {
  body { padding: 12px; }
  main { grid-template-columns: 1fr; gap: 10px; }
  .card { min-height: 0; padding: 10px 12px; }
  .accounts-count { min-height: 0; }
  #acts { display: grid; grid-template-columns: 1fr 1fr; }
  button { padding: 8px 4px; font-size: 15px; }
  button.plain { margin: 0; }
  table { font-size: 13px; }
  th, td { padding: 5px 4px; }
}
`;
