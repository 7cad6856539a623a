# The image of Callboard: docs/operations.md says how to run it. Node's version stands here alone; `docker build
# --build-arg NODE=26.10.0-bookworm-slim .` takes another one.
ARG NODE=24.21.0-bookworm-slim

# Joins src and its packages in dist, with every development dependency.
FROM node:${NODE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json LICENSE ./
COPY scripts ./scripts
COPY drizzle ./drizzle
COPY src ./src
RUN npm run build

# The packages that are not in the bundle. What the bundle holds, a scanner of the image finds in dist/callboard.cdx.json.
FROM node:${NODE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM node:${NODE}
LABEL org.opencontainers.image.title="Callboard" \
      org.opencontainers.image.description="A GraphQL gateway for open-banking callbacks" \
      org.opencontainers.image.version="0.2.0" \
      org.opencontainers.image.licenses="MIT"
# In production it needs credentials and DATABASE_URL, and names what is missing. With MODE=explore HOST has to be a
# loopback address.
ENV NODE_ENV=production MODE=production HOST=0.0.0.0 PORT=4000 DATA_DIR=/data
WORKDIR /app
# For PGlite: mount a volume there. It is not declared, so that gateways on PostgreSQL leave no empty volume behind.
RUN install -d -o 1000 -g 1000 /data
# Nothing in /app belongs to the user that runs it.
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
COPY drizzle ./drizzle
COPY scenarios ./scenarios
# The user `node` of the base image, by its number: Kubernetes' runAsNonRoot asks for one.
USER 1000:1000
EXPOSE 4000
STOPSIGNAL SIGTERM
# The process alone: a store that is away is no reason to restart it. A load balancer asks /readyz.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --start-interval=1s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# node itself is the process that gets the signal. Other subcommands: docker run … callboard migrate
ENTRYPOINT ["node", "dist/callboard.js"]
CMD ["start"]
