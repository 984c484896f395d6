/** The routes.json of `figway init`: valid once its variables are set, and without effect until a flag is turned on. */
export const STARTER_CONFIG = `{
  // Editors complete and check this file with the schema. figway check says what is wrong with it.
  "$schema": "./node_modules/figway/routes.schema.json",
  "upstreams": {
    // The application that you have, with its sessions.
    "legacy": { "url": "\${LEGACY_URL:-http://127.0.0.1:4000}" },
    // Its successor, which takes tokens. "audience" is what it expects in them.
    "modern": { "url": "\${MODERN_URL:-http://127.0.0.1:5000}", "audience": "modern" }
  },
  "identity": {
    "session": {
      "kind": "express-session",
      "cookie": "connect.sid",
      "secrets": ["\${SESSION_SECRET}"],
      "store": "\${REDIS_URL}",
      "prefix": "sess:",
      // Where the user lies in the stored session (JSON Pointers); only what is named here leaves it.
      "subject": "/user/id",
      "claims": { "name": "/user/name", "roles": "/user/roles" }
    }
  },
  "flags": { "source": "file", "file": "flags.json" },
  "routes": [
    // Goes to modern where the flag is on, else to legacy.
    { "id": "example", "path": "/example/*", "methods": ["GET"], "flag": "example-modern", "fallback": "legacy" },
    { "id": "everything-else", "path": "/*", "to": "legacy" }
  ]
}
`;

/** The flags.json beside it. */
export const STARTER_FLAGS = `{
  // true, false, or rules such as { "percent": 25, "users": ["u1"] }
  "example-modern": false
}
`;
