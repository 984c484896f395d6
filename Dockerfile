# figway itself. Build from the repository root: docker build -t figway .
# The configuration is mounted at /config (routes.json, flags.json); /config/.figway keeps keys, overrides and the audit trail.
FROM node:26-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY tools/node/package.json tools/node/
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json routes.schema.json ./
COPY bin bin
COPY tools/build.ts tools/
COPY src src
RUN node tools/build.ts

FROM node:26-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY tools/node/package.json tools/node/
# The optional packages carry a Node for machines that lack this one; the image has it.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:26-slim
ENV NODE_ENV=production FIGWAY_CONFIG=/config/routes.json
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json routes.schema.json README.md CHANGELOG.md ./
COPY bin bin
RUN ln -s /app/bin/figway /usr/local/bin/figway && mkdir -p /config/.figway && chown -R node:node /config
USER node
EXPOSE 3000 3001
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=5 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.ADMIN_PORT || 3001}/readyz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["figway", "start"]
