# imgpress engine: it decodes and compresses, and knows nothing worth taking. From the root of the repository:
#
#   docker build -f deploy/engine.Dockerfile -t imgpress-engine .

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
# libaom is C and C++, and on x86 assembly.
RUN apt-get update \
    && apt-get install -y --no-install-recommends cmake g++ nasm \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# The role alone, and every format that is on by default.
ARG FEATURES=engine,avif,jxl_input,oxipng,webp
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
    && cargo build --release --locked --package imgpress --no-default-features --features "$FEATURES"

FROM $RUNTIME
COPY --from=builder /src/target/release/imgpress /usr/local/bin/imgpress
ENV IMGPRESS_LISTEN=0.0.0.0:8000 IMGPRESS_LOG_FORMAT=json
WORKDIR /
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=5s --retries=3 CMD ["/usr/local/bin/imgpress", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/imgpress"]
CMD ["engine"]
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="imgpress engine" \
      org.opencontainers.image.description="Compresses images; no secret, no storage, no outgoing connection" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
