/** The dashboard's skeleton: headings, landmarks and empty places, which assets/dashboard.js fills. No data, no inline script or style. */
export function dashboardPage(): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>figway</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/dashboard.css">
<script type="module" src="/assets/dashboard.js"></script>
</head>
<body>
<a class="skip" href="#routes-heading">Skip to the routes</a>
<header class="top">
  <h1><img src="/assets/icon.svg" alt="" width="28" height="28"> figway</h1>
  <p id="readiness" role="status"><span class="badge">loading</span></p>
  <p id="about"></p>
  <button type="button" id="sign-out" class="quiet" hidden>Sign out</button>
</header>
<noscript><p class="alert bad">This page needs JavaScript. Without it: <code>figway status</code>, <code>figway routes</code>, <code>figway rollback ROUTE</code>.</p></noscript>
${SIGN_IN}
<main id="dashboard" hidden>
  <section id="alerts" aria-label="Alerts" aria-live="polite"></section>
  <div class="columns">
    <section aria-labelledby="routes-heading">
      <div class="heading">
        <h2 id="routes-heading" tabindex="-1">Routes</h2>
        <p class="legend"><span class="side legacy">legacy</span><span class="side modern">modern</span><span class="note">the last five minutes</span></p>
      </div>
      <ul id="routes" class="routes"></ul>
    </section>
${LIVE_FEED}
  </div>
  <div class="columns">
${AUDIT_TRAIL}
${SYSTEM}
  </div>
</main>
${CHANGE_DIALOG}
</body>
</html>
`;
}

const SIGN_IN = `<form id="sign-in" class="panel sign-in" hidden>
  <h2>Sign in</h2>
  <p>This gateway wants its admin token, the value of <code>FIGWAY_ADMIN_TOKEN</code>. It is kept until this tab is closed.</p>
  <label for="token">Admin token</label>
  <input id="token" type="password" autocomplete="current-password" required>
  <p id="sign-in-error" class="error" role="alert"></p>
  <button type="submit" class="primary">Sign in</button>
</form>`;

const LIVE_FEED = `    <section class="panel feed" aria-labelledby="live-heading">
      <div class="heading">
        <h2 id="live-heading">Live</h2>
        <p id="live-state" class="note" role="status"></p>
        <button type="button" id="live-pause" aria-pressed="false">Pause</button>
      </div>
      <div class="filters">
        <label for="live-filter">Filter</label>
        <input id="live-filter" type="search" placeholder="path, route, user, reason, status" autocomplete="off" spellcheck="false">
        <label for="live-side">Side</label>
        <select id="live-side"><option value="">both</option><option>legacy</option><option>modern</option></select>
      </div>
      <ol id="live" class="live scroll" tabindex="0" aria-label="Requests as they are answered, the newest first"></ol>
    </section>`;

const SYSTEM = `    <section class="panel" aria-labelledby="system-heading">
      <h2 id="system-heading">System</h2>
      <dl id="system" class="system"></dl>
    </section>`;

const AUDIT_TRAIL = `    <section class="panel" aria-labelledby="audit-heading">
      <h2 id="audit-heading">Audit trail</h2>
      <div class="scroll" tabindex="0" role="region" aria-labelledby="audit-heading">
        <table class="audit">
          <thead><tr><th scope="col">When</th><th scope="col">Who</th><th scope="col">What</th><th scope="col">Before → after</th><th scope="col">Why</th></tr></thead>
          <tbody id="audit"></tbody>
        </table>
      </div>
    </section>`;

const CHANGE_DIALOG = `<dialog id="change" aria-labelledby="change-title">
  <form id="change-form" method="dialog">
    <h2 id="change-title"></h2>
    <p id="change-effect"></p>
    <label for="change-actor">Your name</label>
    <input id="change-actor" maxlength="200" required autocomplete="username">
    <label for="change-why">Why</label>
    <input id="change-why" maxlength="1000" autocomplete="off">
    <p class="note">Both go into the audit trail.</p>
    <p id="change-error" class="error" role="alert"></p>
    <div class="buttons">
      <button type="button" id="change-cancel">Cancel</button>
      <button type="submit" id="change-confirm" class="primary">Confirm</button>
    </div>
  </form>
</dialog>`;
