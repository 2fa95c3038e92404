# syntax=docker/dockerfile:1
# Two stages: the first has tools and caches, the second only what runs.

ARG BASE_IMAGE=python:3.11.14-slim-bookworm

FROM ${BASE_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 UV_COMPILE_BYTECODE=1 UV_NO_CACHE=1
WORKDIR /src
COPY tools.lock requirements.lock ./
RUN pip install --require-hashes --requirement tools.lock \
    && python -m venv --without-pip /opt/xenflow \
    && uv pip sync --python /opt/xenflow/bin/python --require-hashes requirements.lock
COPY . .
# The build backend is in tools.lock too, with its hash: this step downloads nothing.
RUN python -m hatchling build --target wheel --directory /dist \
    && uv pip install --python /opt/xenflow/bin/python --offline --no-deps /dist/*.whl

# hadolint ignore=DL3006
FROM ${BASE_IMAGE}
LABEL org.opencontainers.image.title="xenflow" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV HOME=/tmp PATH=/opt/xenflow/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
# The base image has no bytecode: without it, each command and health check compiles what it imports.
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin xenflow \
    && python -m compileall -q -x lib2to3 "$(python -c 'import os; print(os.path.dirname(os.__file__))')"
COPY --from=build /opt/xenflow /opt/xenflow
USER 10001:10001
WORKDIR /
# The health check differs from part to part: docker-compose.yml runs `xenflow-alive PART`.
ENTRYPOINT ["xenflow"]
CMD ["--help"]
