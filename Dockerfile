# The fonts and the world outline come from npm; nothing of Node.js stays in the image.
FROM node:20-bookworm-slim AS browser-files
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund --ignore-scripts

FROM python:3.11-slim-bookworm
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 DJANGO_SETTINGS_MODULE=config.settings.production
WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-cache-dir --compile --require-hashes -r requirements.lock
COPY --from=browser-files /app/node_modules node_modules
COPY . .
RUN python -m scripts.messages compile \
    && useradd --uid 10001 --no-create-home entrevilles \
    && mkdir /data && chown entrevilles /data
USER entrevilles
VOLUME /data
EXPOSE 8000
CMD ["daphne", "-b", "0.0.0.0", "-p", "8000", "--http-timeout", "60", "-v", "0", "config.asgi:application"]
