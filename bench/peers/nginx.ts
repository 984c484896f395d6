/**
 * nginx with one worker. Argument: `pass-through`, or `auth-request`, which asks a small Node service for the token and the side of
 * each request before it forwards.
 */
import { tellParent } from "../processes/answer-parent.ts";
import { startChild } from "../processes/child.ts";
import { originPorts, type PeerReady } from "./peer-ready.ts";
import { runServer } from "./run-server.ts";

/** nginx closes a connection after 1,000 requests by default; none of the others does. */
const KEPT = "keepalive_requests 100000000;";

const upstream = (name: string, port: number) => `upstream ${name} { server 127.0.0.1:${port}; keepalive 64; ${KEPT} }`;

const REUSED = 'proxy_http_version 1.1; proxy_set_header Connection "";';

const PASS_THROUGH = `location / { ${REUSED} proxy_set_header Host $host; proxy_pass http://legacy; }`;

const AUTH_REQUEST = `
location = /_translate {
  internal; ${REUSED}
  proxy_pass_request_body off; proxy_set_header Content-Length "";
  proxy_pass http://translator/;
}
location / {
  auth_request /_translate;
  auth_request_set $side $upstream_http_x_side;
  auth_request_set $bearer $upstream_http_x_bearer;
  auth_request_set $kept_cookie $upstream_http_x_kept_cookie;
  ${REUSED}
  proxy_set_header Host $host;
  proxy_set_header Cookie $kept_cookie;
  proxy_set_header Authorization $bearer;
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Forwarded-Host $host;
  proxy_pass http://$side;
}`;

function configuration(port: number, folder: string, translator: number | undefined): string {
  const { legacy, modern } = originPorts();
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  return `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log warn;
events { worker_connections 16384; }
http {
  access_log off; keepalive_timeout 65s; ${KEPT}
  ${temporary.join(" ")}
  ${upstream("legacy", legacy)}
  ${upstream("modern", modern)}
  ${translator === undefined ? "" : upstream("translator", translator)}
  server {
    listen 127.0.0.1:${port} backlog=1024;
    ${translator === undefined ? PASS_THROUGH : AUTH_REQUEST}
  }
}`;
}

const translates = process.argv[2] === "auth-request";
const translator = translates
  ? await startChild<PeerReady>({ file: `${import.meta.dirname}/translator.ts` })
  : undefined;
const nginx = await runServer({
  command: "nginx",
  args: (configFile, folder) => ["-p", folder, "-c", configFile, "-e", `${folder}/error.log`],
  configuration: (port, folder) => configuration(port, folder, translator?.ready.port),
});
tellParent({
  port: nginx.port,
  pids: [nginx.pid, ...(translator?.ready.pids ?? [])],
  ...(translator?.ready.jwks === undefined ? {} : { jwks: translator.ready.jwks }),
} satisfies PeerReady);
