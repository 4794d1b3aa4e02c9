/** The style sheet of all pages: dark and light by what the reader prefers, colours that the colour-blind can tell apart (Okabe and Ito). */
export const STYLE = `
:root { color-scheme: light dark;
  --page: #fff; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --raised: #f6f8fa; --link: #0550ae;
  --good: #116329; --bad: #b3261e; --busy: #0550ae; --wait-ink: #7a4b00; --idle: #57606a;
  --c-update: #56b4e9; --c-configure: #cc79a7; --c-build: #0072b2; --c-test: #009e73; --c-other: #999; --c-wait: #8a6d00; --c-wait-ground: #fff3c4; --c-failed: #d55e00; }
@media (prefers-color-scheme: dark) { :root {
  --page: #0d1117; --ink: #e6edf3; --soft: #9da7b1; --line: #3d444d; --raised: #161b22; --link: #79b8ff;
  --good: #6fdd8b; --bad: #ff8f87; --busy: #79b8ff; --wait-ink: #f0c674; --idle: #9da7b1;
  --c-update: #56b4e9; --c-configure: #cc79a7; --c-build: #3b8fd0; --c-test: #1fbf92; --c-other: #8b949e; --c-wait: #f0e442; --c-wait-ground: #3a3200; --c-failed: #ff8a3d; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; color: var(--ink); background: var(--page); }
a { color: var(--link); } a:focus-visible, summary:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--busy); outline-offset: 2px; }
.skip { position: absolute; left: -10000px; } .skip:focus { left: 8px; top: 8px; background: var(--page); padding: 8px; z-index: 1; }
header, main, footer { max-width: 1200px; margin: 0 auto; padding: 0 16px; }
header { padding-top: 12px; } footer { color: var(--soft); font-size: 14px; padding-bottom: 24px; }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 16px; list-style: none; padding: 0; margin: 0 0 8px; }
nav a { padding: 4px 0; display: inline-block; } nav a[aria-current] { font-weight: 600; text-decoration: none; color: var(--ink); border-bottom: 2px solid var(--ink); }
h1 { font-size: 24px; margin: 8px 0; } h2 { font-size: 19px; margin: 28px 0 8px; } h3 { font-size: 16px; margin: 16px 0 4px; }
.soft, .soft a { color: var(--soft); font-weight: 400; } .note { background: var(--raised); border: 1px solid var(--line); border-radius: 6px; padding: 8px 12px; margin: 8px 0; }
.note.bad { border-color: var(--bad); } code, pre { font: 14px/1.45 ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
pre { background: var(--raised); border: 1px solid var(--line); border-radius: 6px; padding: 8px 12px; overflow-x: auto; white-space: pre-wrap; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; } caption { text-align: left; color: var(--soft); font-size: 14px; padding: 4px 0; }
th, td { text-align: left; vertical-align: top; padding: 6px 10px 6px 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; } thead th { color: var(--soft); font-weight: 500; font-size: 14px; }
tbody th { font-weight: 600; }
.badge { font-weight: 600; white-space: nowrap; } .good { color: var(--good); } .bad, .dead { color: var(--bad); } .busy { color: var(--busy); } .wait { color: var(--wait-ink); } .idle { color: var(--idle); font-weight: 400; }
.timeline { width: 100%; min-width: 760px; height: auto; } svg text { fill: var(--ink); font-size: 13px; } svg text.soft, svg .soft { fill: var(--soft); font-size: 12px; } .tick { stroke: var(--line); } .run { fill: var(--soft); }
rect.update { fill: var(--c-update); } rect.configure { fill: var(--c-configure); } rect.build { fill: var(--c-build); } rect.test { fill: var(--c-test); } rect.other { fill: var(--c-other); }
rect.wait { fill: url(#waits); stroke: var(--c-wait); } .hatch { fill: var(--c-wait); } .hatch-ground { fill: var(--c-wait-ground); }
rect.failed { stroke: var(--c-failed); stroke-width: 2.5; } svg text.cross { fill: #fff; font-weight: 700; font-size: 12px; stroke: #000; stroke-width: 2.5px; paint-order: stroke; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; padding: 0; font-size: 14px; } .legend svg { vertical-align: -3px; }
.grid td, .grid th { padding: 4px 6px; text-align: center; border: 1px solid var(--line); } .grid tbody th { text-align: left; white-space: nowrap; }
.grid .passed { background: color-mix(in srgb, var(--c-test) 30%, var(--page)); } .grid .failed { background: color-mix(in srgb, var(--c-failed) 38%, var(--page)); } .grid .building { background: color-mix(in srgb, var(--c-build) 30%, var(--page)); }
mark.error { background: none; color: var(--bad); font-weight: 600; } mark.warning { background: none; color: var(--wait-ink); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 640px) { table:not(.grid) thead { position: absolute; left: -10000px; } table:not(.grid) tr { display: block; border-bottom: 1px solid var(--line); padding: 6px 0; } table:not(.grid) :is(th, td) { display: block; border: 0; padding: 1px 0; }
  table:not(.grid) td:not(:empty)::before { content: attr(data-name) ": "; color: var(--soft); } table:not(.grid) td:empty { display: none; } .badge { white-space: normal; } }
`;
