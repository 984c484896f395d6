import type { Rule } from "./rule.ts";

/** The admin listener has a port of its own, and is never reachable through the public one. */
export const distinctListeners: Rule = ({ listen, admin }) => {
  if (listen === undefined || admin === undefined || listen.port === 0 || listen.port !== admin.port) return [];
  return [
    {
      path: ["admin", "port"],
      message: `The public and the admin listener are both on port ${admin.port}.`,
      remedy: "Give the admin listener another port (ADMIN_PORT, or `admin.port`).",
    },
  ];
};
