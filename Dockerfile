# The image contains only the program: no compiler, no test tools, no pip. The bot writes only to /data.
# For a reproducible image pass a digest: --build-arg PYTHON_IMAGE=python:3.13-slim@sha256:… (README, "In a container").
ARG PYTHON_IMAGE=python:3.13-slim
FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
# Libraries first, so that their layer is cached while only the program changes.
COPY requirements.lock requirements-run.lock ./
RUN python -m venv --without-pip /opt/seedream-bot \
    && python -m pip --python /opt/seedream-bot/bin/python install --require-hashes -r requirements-run.lock
# The build backend, also pinned by hash; needed only in this stage.
RUN sed -n '/^setuptools==/,/[^\\]$/p' requirements.lock > requirements-build.lock \
    && python -m pip install --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY adapters adapters
COPY sandbox sandbox
RUN python -m pip wheel --no-deps --no-build-isolation --wheel-dir /wheel . \
    && python -m pip --python /opt/seedream-bot/bin/python install --no-deps --no-index /wheel/*.whl

FROM ${PYTHON_IMAGE}
RUN groupadd --system --gid 10001 seedream \
    && useradd --system --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin seedream \
    && install -d -m 0700 -o 10001 -g 10001 /data
COPY --from=build /opt/seedream-bot /opt/seedream-bot
ENV PATH=/opt/seedream-bot/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATA_DIR=/data \
    LISTEN=0.0.0.0:8080
WORKDIR /data
USER 10001:10001
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import http.client, os, sys; web = http.client.HTTPConnection('127.0.0.1', int(os.environ['LISTEN'].rpartition(':')[2]), timeout=4); web.request('GET', '/healthz'); sys.exit(web.getresponse().status != 200)"]
ENTRYPOINT ["seedream-bot"]
CMD ["run"]
