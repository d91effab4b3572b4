# One image for every part; its command says which. Without one it is the gateway, on port 8000.
#
#   docker build -t edna-amocrm-integration .
#   docker run -d --env-file .env -p 127.0.0.1:28000:8000 edna-amocrm-integration
#   docker run --rm --env-file .env edna-amocrm-integration edna-amocrm topics describe
#
# Linux on ARM: Faust has no ready-made wheel there and must not run without its C extension; add
# --platform linux/amd64.

# Dependencies change seldom and come first; --only-binary, as nothing here could compile.
FROM python:3.13-slim AS dependencies
RUN python -m venv --without-pip /opt/venv
COPY requirements/runtime.txt /tmp/runtime.txt
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m pip --python /opt/venv/bin/python --disable-pip-version-check --no-input install \
      --root-user-action ignore --require-hashes --only-binary :all: -r /tmp/runtime.txt
# What tells a number's town, carrier and time zone is a third of all and used by nothing here.
RUN cd /opt/venv/lib/python3.13/site-packages/phonenumbers && rm -r geodata carrierdata tzdata && \
    /opt/venv/bin/python -c "from faust.streams import _CStreamIterator as compiled; assert compiled"

# The root file system is read-only later: bytecode is made here, once, and never compared with its source.
# sitecustomize: signals have no default action for process 1, so SIGTERM would be lost until a part has its handler.
FROM python:3.13-slim AS code
WORKDIR /app
COPY bridge bridge
COPY gateway gateway
COPY streams streams
COPY sandbox sandbox
COPY ops ops
RUN mkdir bin && printf '#!/bin/sh\nexec python -m sandbox.container python -m ops "$@"\n' >bin/edna-amocrm && \
    chmod 755 bin/edna-amocrm && \
    printf '%s\n' 'import os, signal' \
      'if os.getpid() == 1:' \
      '    signal.signal(signal.SIGTERM, lambda *_: os._exit(143))' >sitecustomize.py && \
    python -m compileall -q --invalidation-mode unchecked-hash .

FROM python:3.13-slim
LABEL org.opencontainers.image.title="edna-amocrm" \
      org.opencontainers.image.description="A bridge on Kafka between edna Pulse and amoCRM chats" \
      org.opencontainers.image.licenses="MIT"
# A volume that is mounted on the spool's folder takes its owner from here.
RUN useradd --uid 10001 --home-dir /tmp --no-create-home --shell /usr/sbin/nologin bridge && \
    install -d -o bridge -g bridge -m 700 /var/lib/edna-amocrm/spool
ENV PATH=/app/bin:/opt/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LISTEN_HOST=0.0.0.0 \
    SPOOL_DIR=/var/lib/edna-amocrm/spool
COPY --from=dependencies /opt/venv /opt/venv
COPY --from=code /app /app
WORKDIR /app
USER 10001:10001
EXPOSE 8000
CMD ["python", "-m", "gateway", "--port", "8000"]
