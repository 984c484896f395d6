/** HAProxy on one thread. */
import { tellParent } from "../processes/answer-parent.ts";
import { originPorts, type PeerReady } from "./peer-ready.ts";
import { runServer } from "./run-server.ts";

const configuration = (port: number) => `
global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout connect 2s
  timeout client 65s
  timeout server 65s
  http-reuse always
frontend public
  bind 127.0.0.1:${port} backlog 1024
  default_backend legacy
backend legacy
  server legacy 127.0.0.1:${originPorts().legacy}
`;

const haproxy = await runServer({ command: "haproxy", args: (file) => ["-db", "-f", file], configuration });
tellParent({ port: haproxy.port, pids: [haproxy.pid] } satisfies PeerReady);
