# imgpress gateway: the public API, in front of an engine. From the root of the repository:
#
#   docker build -f deploy/gateway.Dockerfile -t imgpress-gateway .

# Any image with glibc 2.36 or newer and libgcc will do: nothing of it is run but the loader.
ARG RUNTIME=debian:bookworm-slim

FROM rust:1.95-bookworm AS manifests
COPY . /src
RUN /src/deploy/dummy-sources /src

FROM rust:1.95-bookworm AS builder
COPY deploy/ca-certificates /usr/local/share/ca-certificates
RUN for certificate in /usr/local/share/ca-certificates/*.crt; do \
      [ ! -e "$certificate" ] || cat "$certificate" >>/etc/ssl/certs/ca-certificates.crt; \
    done
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt CARGO_HTTP_CAINFO=/etc/ssl/certs/ca-certificates.crt
WORKDIR /src
# The role alone: no decoder and no codec.
ARG FEATURES=gateway,otel,redis
# As Cargo.toml has it; off, with as many units as there are cores, builds an image to try in a third of the time.
ARG CARGO_PROFILE_RELEASE_LTO=thin
ARG CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
ENV CARGO_PROFILE_RELEASE_STRIP=symbols
# The dependencies, in a layer of their own.
COPY --from=manifests /src /src
RUN cargo build --release --locked --package imgpress --no-default-features --features "$FEATURES"
RUN rm -r crates
COPY crates crates
COPY web web
# Later than the dummies that were built in their place.
RUN find crates -name '*.rs' -exec touch {} + \
    && cargo build --release --locked --package imgpress --no-default-features --features "$FEATURES" \
    && mkdir /data

FROM $RUNTIME
COPY --from=builder /src/target/release/imgpress /usr/local/bin/imgpress
# Whom it trusts when it calls a store.
COPY --from=builder /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
# A volume that is mounted here begins with this owner.
COPY --from=builder --chown=10001:10001 /data /var/lib/imgpress
ENV IMGPRESS_LISTEN=0.0.0.0:3000 IMGPRESS_DATA_DIR=/var/lib/imgpress IMGPRESS_LOG_FORMAT=json
WORKDIR /
USER 10001:10001
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=5s --retries=3 CMD ["/usr/local/bin/imgpress", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/imgpress"]
CMD ["gateway"]
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="imgpress gateway" \
      org.opencontainers.image.description="The public API of imgpress: keys, limits, uploads, storage" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
