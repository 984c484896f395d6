import { html } from "../../demo/html.ts";

/** Inline, so that a page looks right whichever side the stylesheet's own address would be routed to. */
export const STYLE = html`<style>
body { margin: 0; background: #d9cfb8 repeating-linear-gradient(90deg, transparent 0 3px, rgba(255,255,255,.12) 3px 6px);
  color: #3b2f1e; font: 13px/1.55 Verdana, Geneva, "DejaVu Sans", sans-serif; }
a { color: #7a3b10; } a:hover { color: #b35413; }
a:focus-visible, button:focus-visible, input:focus-visible { outline: 2px dotted #7a3b10; outline-offset: 2px; }
.sheet { max-width: 860px; margin: 18px auto; background: #fffaf0; border: 1px solid #a8946a; box-shadow: 2px 3px 8px rgba(60,45,20,.35); }
header { padding: 16px 22px 14px; color: #fff6e0; background: #6b4423 linear-gradient(#8a5a2f, #5a3719); border-bottom: 3px solid #c8a04b; }
header p { margin: 0; font-style: italic; color: #f0dfb8; }
header .name { font: italic bold 30px/1.15 Georgia, "Times New Roman", serif; text-shadow: 1px 2px 2px #2c1808; }
header .name a { color: inherit; text-decoration: none; }
nav { background: #e9dcbc linear-gradient(#f6ecd2, #dcc898); border-bottom: 1px solid #a8946a; padding: 0 14px; overflow: hidden; }
nav ul { margin: 0; padding: 0; list-style: none; }
nav li { float: left; }
nav a { display: block; padding: 8px 11px; border-right: 1px solid #c9b582; font-weight: bold; font-size: 12px; text-decoration: none; }
nav a:hover, nav a[aria-current] { background: #fffaf0; }
.who { padding: 7px 22px; text-align: right; font-size: 12px; background: #f7efd9; border-bottom: 1px dotted #c9b582; }
.who form { display: inline; }
main { padding: 12px 22px 26px; min-height: 230px; }
h1 { font: bold 22px Georgia, "Times New Roman", serif; color: #6b4423; border-bottom: 1px solid #d8c797; padding-bottom: 4px; }
h2 { font: bold 16px Georgia, serif; color: #6b4423; margin-top: 26px; }
table { border-collapse: collapse; width: 100%; margin: 12px 0; background: #fff; }
caption { text-align: left; padding: 3px 0; font-style: italic; color: #75633f; }
th, td { border: 1px solid #cdbb8d; padding: 6px 9px; text-align: left; vertical-align: top; }
th { background: #efe3c3; } tr:nth-child(even) td { background: #fcf7e8; }
td.n, th.n { text-align: right; white-space: nowrap; }
button { font: bold 12px Verdana, Geneva, "DejaVu Sans", sans-serif; color: #4a2c10; padding: 4px 13px; cursor: pointer; border: 1px solid #8d7440;
  border-radius: 3px; background: #e8cf86 linear-gradient(#fbedb9, #d8b65a); }
button:hover { background: #f3dd9a; }
button.plain { border: 0; padding: 0; background: none; color: #7a3b10; text-decoration: underline; font-weight: normal; }
input { font: inherit; padding: 4px 6px; border: 1px solid #a8946a; background: #fffef8; }
input[type=number] { width: 4.2em; }
.box { background: #f7efd9; border: 1px solid #d8c797; padding: 10px 16px; margin: 14px 0; }
.form label { display: block; margin: 10px 0 2px; font-weight: bold; }
.form button { margin-top: 14px; }
.error { border-color: #b3462b; background: #fbe6dc; color: #7d230d; font-weight: bold; }
.ticker { font: 12px/1.5 "Courier New", "Liberation Mono", monospace; background: #33260f; color: #ffcf5a; padding: 6px 12px; min-height: 1.5em; }
footer { padding: 10px 22px 14px; border-top: 1px solid #d8c797; font-size: 11px; color: #75633f; background: #f7efd9; }
footer strong { color: #6b4423; }
</style>`;
