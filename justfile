# Shortcuts, for those who use just (https://just.systems).

# List the recipes.
default:
    @just --list

# Build and start: gateway and engine in one process.
run *arguments:
    ./run {{ arguments }}

# Everything that a change has to pass.
test:
    ./test

# Format the code.
fmt:
    cargo fmt --all

# Lints, the dependency rules, the documents and the scripts.
lint:
    cargo clippy --all-targets --locked -- -D warnings
    scripts/check-architecture
    scripts/check-docs
    shellcheck run test .ci/run fuzz/run deploy/test deploy/dummy-sources scripts/* examples/*.sh

# Build the crates' documentation and open it.
doc:
    cargo doc --no-deps --locked --open

# Fuzz each target for so many seconds (needs cargo-fuzz; see fuzz/README.md).
fuzz seconds="60":
    fuzz/run {{ seconds }}

# Check what is in deploy/: schemas, the dashboard and alerts against running services, a real nginx.
deploy-check:
    scripts/test-deploy

# Whether what is committed can be released (docs/RELEASING.md).
release-check *arguments:
    scripts/release-check {{ arguments }}
