# Askfirst in a container; docs/how-to/deploying.md says how to run it. BASE is an image of Debian's with Python 3.11 or newer.
ARG BASE=python:3.11-slim-bookworm

FROM $BASE AS builder
WORKDIR /opt/askfirst
COPY requirements-run.lock ./
RUN python3 -m venv --without-pip .venv \
  && pip --python .venv install --no-cache-dir --require-hashes --requirement requirements-run.lock
# the guides and app.yml are read from beside app.py, so the sources stay where they are
COPY . ./
RUN pip --python .venv install --no-cache-dir --no-build-isolation --no-deps --editable . \
  && pip --python .venv uninstall --yes setuptools \
  && .venv/bin/python -m compileall -q app.py api bot cli

FROM $BASE
# hadolint ignore=DL3008
RUN command -v git >/dev/null \
  || { apt-get update && apt-get install --yes --no-install-recommends git && rm -rf /var/lib/apt/lists/*; }
RUN echo 'askfirst:x:10000:10000::/var/lib/askfirst:/bin/sh' >>/etc/passwd \
  && mkdir -p /var/lib/askfirst && chmod 700 /var/lib/askfirst && chown 10000:10000 /var/lib/askfirst
COPY --from=builder /opt/askfirst /opt/askfirst
ENV PATH=/opt/askfirst/.venv/bin:$PATH ASKFIRST_HOME=/var/lib/askfirst HOME=/var/lib/askfirst
WORKDIR /var/lib/askfirst
VOLUME /var/lib/askfirst
USER 10000:10000
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["askfirst"]
CMD ["up", "--host", "0.0.0.0"]
