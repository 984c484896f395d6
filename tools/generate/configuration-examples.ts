/** An example for each section of docs/configuration.md; test/config/generated-files.test.ts loads every one of them. */
export const EXAMPLES: Readonly<Record<string, string>> = {
  listen: `"listen": {
  "host": "0.0.0.0",
  "port": 8080,
  // The balancer in front, and nobody else, may say who the client is.
  "trustedProxies": ["10.0.0.0/8"]
}`,
  admin: `"admin": { "host": "127.0.0.1", "port": 3001 }`,
  upstreams: `"upstreams": {
  "legacy": { "url": "\${LEGACY_URL:-http://127.0.0.1:4000}" },
  "modern": { "url": "\${MODERN_URL:-http://127.0.0.1:5000}", "audience": "shop-modern" },
  "search": { "url": "https://search.internal:8443", "firstByteTimeoutMs": 2000 }
}`,
  identity: `"identity": {
  "session": {
    "kind": "express-session",
    // During a rotation: the one that legacy signs with first, the one before it second.
    "secrets": ["\${SESSION_SECRET}", "\${SESSION_SECRET_BEFORE}"],
    "store": "\${REDIS_URL}",
    "subject": "/user/id",
    "claims": { "name": "/user/name", "roles": "/user/roles" }
  },
  "token": { "ttlSeconds": 60 }
}`,
  flags: `"flags": { "source": "unleash", "url": "http://unleash:4242/api", "token": "\${UNLEASH_TOKEN}" }`,
  access: `"access": { "loginPath": "/login", "returnParameter": "next" }`,
  developer: `"developer": { "exposeDecisions": true }`,
  routes: `"routes": [
  { "id": "orders", "path": "/orders/*", "methods": ["GET"], "flag": "orders-modern", "auth": "required", "fallback": "legacy" },
  { "id": "order", "path": "/orders/:id", "methods": ["GET"], "flag": "order-modern" },
  { "id": "reports", "path": "/admin/reports/*", "flag": "reports-modern", "roles": ["admin"] },
  { "id": "report", "path": "/index.php", "query": { "page": "report" }, "flag": "report-modern", "rewrite": "/report" },
  { "id": "search", "path": "/search", "to": "search" },
  { "id": "everything-else", "path": "/*", "to": "legacy" }
]`,
};
