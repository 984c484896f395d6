/** Inline in every page: its own address would be routed to legacy by the gateway's catch-all. */
export const STYLE = `
:root { --ink: #14213d; --soft: #5c6784; --line: #e3e8f2; --tint: #f5f7fc; --accent: #2454d6; color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--tint); font: 16px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
a { color: var(--accent); text-underline-offset: 3px; }
:focus-visible { outline: 3px solid #9db8ff; outline-offset: 2px; border-radius: 6px; }
.bar { background: #fff; border-bottom: 1px solid var(--line); }
.bar > div { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 24px; }
.bar > div, main, footer { max-width: 960px; margin: 0 auto; padding: 14px 24px; }
.brand { font-weight: 700; font-size: 18px; letter-spacing: -.02em; color: var(--ink); text-decoration: none; }
nav { display: flex; flex-wrap: wrap; gap: 4px; flex: 1; }
nav a { padding: 6px 12px; border-radius: 8px; text-decoration: none; color: var(--soft); font-weight: 500; }
nav a:hover { background: var(--tint); color: var(--ink); } nav a[aria-current] { background: #e8eeff; color: var(--accent); }
.who { display: flex; align-items: center; gap: 12px; color: var(--soft); font-size: 15px; } .who strong { color: var(--ink); }
main { padding-top: 32px; padding-bottom: 48px; }
h1 { font-size: 30px; line-height: 1.2; letter-spacing: -.02em; margin: 0 0 20px; }
.card { background: #fff; border: 1px solid var(--line); border-radius: 14px; padding: 6px 22px; margin: 0 0 20px; box-shadow: 0 1px 3px rgba(20,33,61,.05); overflow-x: auto; }
.card.text { padding: 18px 22px; } .card.text p { margin: 0 0 10px; } .card.text p:last-child { margin: 0; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 13px 8px; border-bottom: 1px solid var(--line); } tr:last-child > * { border-bottom: 0; }
th { color: var(--soft); font-weight: 500; font-size: 14px; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.state { display: inline-block; padding: 1px 11px; border-radius: 99px; background: #e6f5ec; color: #11693a; font-size: 14px; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(260px, 1fr)); gap: 16px; padding: 0; margin: 0; list-style: none; }
.grid li { background: #fff; border: 1px solid var(--line); border-radius: 14px; padding: 18px 20px; display: flex; flex-direction: column; }
.grid h2 { font-size: 18px; margin: 0 0 4px; } .grid p { margin: 0 0 14px; color: var(--soft); flex: 1; }
.grid form { display: flex; align-items: center; justify-content: space-between; }
button { font: inherit; font-weight: 600; font-size: 15px; padding: 7px 15px; border-radius: 9px; border: 1px solid var(--line); background: #fff; color: var(--ink); cursor: pointer; }
button:hover { border-color: var(--accent); color: var(--accent); }
button.primary { background: var(--accent); border-color: var(--accent); color: #fff; } button.primary:hover { background: #1b43b0; color: #fff; }
footer { color: var(--soft); font-size: 14px; border-top: 1px solid var(--line); } footer strong { color: var(--accent); }
@media (max-width: 640px) { .bar nav { order: 3; flex-basis: 100%; margin: 0 -12px; } .who { margin-left: auto; } }
`;
