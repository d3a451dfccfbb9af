//! Finds the system's libheif.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if let Err(error) = pkg_config::Config::new().atleast_version("1.15").probe("libheif") {
        println!("cargo::error=libheif 1.15 or newer is needed for HEIC (Debian: libheif-dev): {error}");
    }
}
