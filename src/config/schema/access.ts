import { z } from "zod";

/** What figway itself answers where a route's `auth` or `roles` are not met, and whom it believes a cookie from. */
export const accessSchema = z.strictObject({
  loginPath: z
    .string()
    .regex(/^\/(?![/\\])[^?#\\]*$/, "must be a path on this site, such as /login")
    .optional()
    .meta({
      description:
        "Where a browser that navigates to a route with `auth: required` is sent to log in (303). Default: none; it is answered with 401, as programs always are.",
    }),
  returnParameter: z
    .string()
    .min(1)
    .default("next")
    .meta({ description: "The query parameter of the login page that takes the path to come back to." }),
  trustedOrigins: z
    .array(z.string().regex(/^https?:\/\/[^/?#]+$/, "must be an origin, such as https://shop.example"))
    .default([])
    .meta({ description: "Other sites whose pages may send requests in the user's name (CSRF). Default: none." }),
});

/** What a developer is shown. */
export const developerSchema = z.strictObject({
  exposeDecisions: z.boolean().default(false).meta({
    description:
      "Adds X-Figway-Route, X-Figway-Side and X-Figway-Reason to every answer. For laptops; it tells outsiders how you migrate.",
  }),
});
